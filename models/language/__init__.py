"""Text to vectors: the language model behind one small protocol. Imports no other room."""
