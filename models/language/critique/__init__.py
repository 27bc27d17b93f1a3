"""Critiques of an answer: which shown items are praised or refused, and what is asked for instead"""
