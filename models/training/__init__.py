"""Training: the corpus, batches, losses, optimiser, the loop with early stopping, checkpoints."""
