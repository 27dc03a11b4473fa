"""Menu bar, status bar, palette, overlays and the dockspace that contains all panels."""
