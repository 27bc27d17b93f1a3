"""Export: fits on the validation split, golden requests, index, and publication of the bundle."""
