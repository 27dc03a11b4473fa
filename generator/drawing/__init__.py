"""Pictures larger than one pass, streamed to files."""
