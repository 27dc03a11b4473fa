"""Pictures on the system's clipboard, through the system's own programs.

GLFW and Dear ImGui know text only.
"""

from __future__ import annotations

import io
import shutil
import subprocess

import numpy as np
from PIL import Image

PROGRAMS = (
    ("wl-copy", "--type", "image/png"),
    ("xclip", "-selection", "clipboard", "-t", "image/png", "-i"),
)
PATIENCE_S = 5.0


class NoClipboard(RuntimeError):
    """The picture cannot be put there; the message says what to do."""


def copy_picture(pixels: np.ndarray) -> None:
    """Put a picture on the clipboard.

    Args:
        pixels: [height, width, 3 or 4] uint8.

    Raises:
        NoClipboard: no program for it is installed, or it refused.
    """
    command = next((one for one in PROGRAMS if shutil.which(one[0])), None)
    if command is None:
        raise NoClipboard("install wl-clipboard or xclip to copy pictures")
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, "PNG")
    try:
        subprocess.run(
            command,
            input=encoded.getvalue(),
            check=True,
            timeout=PATIENCE_S,
            stdout=subprocess.DEVNULL,  # the program stays as long as it owns the clipboard
            stderr=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NoClipboard(f"{command[0]} refused the picture ({error})") from None
