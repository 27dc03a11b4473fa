"""Data sets: read, prepared and fetched."""
