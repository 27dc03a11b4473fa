"""The program: one loop from the state to the worker, to the panels, and back."""
