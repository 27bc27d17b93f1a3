"""Experiments: which user gets which variant, what each variant brought, and how sure the difference is"""
