"""The pictures in the middle."""
