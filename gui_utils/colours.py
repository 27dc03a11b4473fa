"""Colours that films share with the dark theme, as hexadecimal text; needs no window."""

from __future__ import annotations

SERIES = ("5aaef0", "f0a03c", "55bd8c", "dd7fc2")
"""Blue, orange, green, magenta on dark grey; safe for colour-blind eyes."""
STAGE = "1a1a1a"
"""Background behind pictures."""
TEXT = "e2e2e2"
DIM = "a2a2a2"
