"""What has a verb: open, save, start, lay out, quit."""
