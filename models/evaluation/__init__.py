"""How good the network is: pure metrics, honest baselines, the report, the promotion gate."""
