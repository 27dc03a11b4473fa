"""How good generated pictures are, beside those of a data set: features, distances, and a table."""
