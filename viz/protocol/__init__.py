"""What is asked of the worker and what it answers: frozen plain data."""
