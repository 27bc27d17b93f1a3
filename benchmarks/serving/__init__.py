"""The benchmark of serving: Chorus beside a floor and a naive design, on pinned cores, in turns."""
