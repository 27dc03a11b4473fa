"""The Training tab and the form for a new training run."""
