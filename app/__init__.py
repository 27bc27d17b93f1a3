"""The online service: HTTP API, request pipeline, loaded bundle and user state."""
