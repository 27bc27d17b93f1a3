"""The steps of the offline recipe, called in order by models.cli: ingest, train, evaluate, promote, publish."""
