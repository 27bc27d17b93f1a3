"""Files -> validated interactions -> a temporal split."""
