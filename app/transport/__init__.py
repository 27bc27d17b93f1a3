"""HTTP connections: what a peer may send, and for how long, before a request exists."""
