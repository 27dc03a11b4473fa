"""Commands: open, save, start, lay out, quit."""
