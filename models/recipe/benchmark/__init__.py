"""`chorus benchmark`: one protocol for Chorus and every baseline on a public data set."""
