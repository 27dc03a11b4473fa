"""The render worker: a process of its own, and the window's end of the line to it."""
