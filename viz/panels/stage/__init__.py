"""The stage: the pictures in the middle of the window."""
