"""The live item table: the bundle's items, and what was put or deleted since. Rows never move."""
