"""Who may call: API keys with roles, limits of requests and pairs, and the audit of what was done"""
