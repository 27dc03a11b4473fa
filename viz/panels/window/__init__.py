"""Menu, status, palette, overlays and the dockspace that holds all panels."""
