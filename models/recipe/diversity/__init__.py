"""The command `chorus diversity`: what diversity costs on the test part, and how near greedy lists are to the best."""
