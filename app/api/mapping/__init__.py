"""Wire types <-> domain types, checked against the bundle."""
