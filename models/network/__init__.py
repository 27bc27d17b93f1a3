"""Towers, experts, scorer: the network's layers, no optimiser inside."""
