"""Films and stills of scenes, with no window."""
