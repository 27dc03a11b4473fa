"""Requests to the worker and its answers: frozen plain data."""
