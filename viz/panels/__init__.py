"""Panels of the window: each draws one part of the state, and changes nothing else."""
