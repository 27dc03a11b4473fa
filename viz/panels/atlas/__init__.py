"""The atlas, drawn on the stage."""
