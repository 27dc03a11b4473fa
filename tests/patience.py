"""How long tests wait for what must come."""

PATIENCE_S = 300.0
"""Only a program that is broken takes so long: starting PyTorch alone may take a minute where many
others want the processor."""
