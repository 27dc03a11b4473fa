"""Trainings as the window sees them: what is set for a new one, and the runs there are."""
