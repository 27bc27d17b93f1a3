"""HTTP: routes, typed bodies and answers, mapping between the wire and the pipeline."""
