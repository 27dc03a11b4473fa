"""Request → result, with no window: the renderer, and the process it runs in."""
