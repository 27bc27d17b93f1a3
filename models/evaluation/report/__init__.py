"""The evaluation report: its JSON schema, and its output on the console and as HTML."""
