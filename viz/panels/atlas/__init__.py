"""The atlas on the stage."""
