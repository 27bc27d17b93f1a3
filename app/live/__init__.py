"""Live statistics: what is taken now, counted in the store and brought into the bundle in use."""
