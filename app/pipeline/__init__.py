"""The request pipeline: encode, filter, retrieve, score, re-rank, explain."""
