"""The embedded Redis server (Valkey), a child process of the service."""
