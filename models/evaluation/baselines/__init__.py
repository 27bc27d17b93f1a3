"""Recommendation baselines, each tuned on the validation split as the network is."""
