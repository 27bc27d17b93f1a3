"""Text encoders behind one protocol, negation, and text preferences. Imports no other package of the project."""
