"""Quality of generated pictures, beside those of a data set: features, distances, and a table."""
