"""The signal lab's panel."""
