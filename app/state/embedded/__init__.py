"""A real Redis server (Valkey) that the service starts and owns."""
