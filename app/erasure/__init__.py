"""Erasures of users: receipts, the first bundle without a user, and the check of a bundle"""
