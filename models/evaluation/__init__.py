"""Evaluation of the network: ranking and prediction metrics, baselines, the report, the promotion gate."""
