"""User state: the store's protocols, and stores in Redis and in memory."""
