"""The job file: its sections, the YAML reader, label expressions and errors."""
