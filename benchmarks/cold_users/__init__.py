"""The benchmark of cold users: lists for users whom the training left out, by what the service is told of them."""
