"""The loop that exports, learns, compares, publishes and reloads by itself"""
