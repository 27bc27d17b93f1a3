"""The job file: sections, YAML reading, label expressions, errors."""
