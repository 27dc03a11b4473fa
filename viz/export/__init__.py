"""Pictures and films to files."""
