"""Copying pictures to the clipboard with the programs of the operating system.

GLFW and Dear ImGui can copy only text. On Linux the picture goes through a pipe; on macOS and
Windows a script in the system's own language reads it from a file.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    import numpy as np

PIPED = (
    ("wl-copy", "--type", "image/png"),
    ("xclip", "-selection", "clipboard", "-t", "image/png", "-i"),
)
TIMEOUT_S = 10.0

_APPLE_SCRIPT = (
    "on run argv",
    "set the clipboard to (read (POSIX file (item 1 of argv)) as «class PNGf»)",
    "end run",
)
_POWER_SHELL = (
    "Add-Type -AssemblyName System.Windows.Forms, System.Drawing; "
    "$picture = [System.Drawing.Image]::FromFile($env:PICTURE_TO_COPY); "
    "[System.Windows.Forms.Clipboard]::SetImage($picture)"
)


class NoClipboardError(RuntimeError):
    """A picture could not be copied; the message says what to do."""


def copy_picture(pixels: np.ndarray) -> None:
    """Copy a picture to the clipboard.

    Args:
        pixels: [height, width, 3 or 4] uint8.

    Raises:
        NoClipboardError: No suitable program is installed, or it failed.
    """
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, "PNG")
    if sys.platform in ("darwin", "win32"):
        _copy_file(encoded.getvalue())
        return
    command = next((one for one in PIPED if shutil.which(one[0])), None)
    if command is None:
        raise NoClipboardError("install wl-clipboard or xclip to copy pictures")
    _run(command, {}, encoded.getvalue())


def _copy_file(png: bytes) -> None:
    """Copy through a file: the scripts of macOS and Windows cannot read a picture from a pipe."""
    with tempfile.TemporaryDirectory(prefix="copied-picture-") as folder:
        path = Path(folder) / "picture.png"
        path.write_bytes(png)
        if sys.platform == "darwin":
            script = [part for line in _APPLE_SCRIPT for part in ("-e", line)]
            _run(("osascript", *script, str(path)), {}, None)
        else:
            # An environment variable needs no quoting, unlike a path inside the script.
            shell = ("powershell", "-NoProfile", "-NonInteractive", "-Sta", "-Command")
            _run((*shell, _POWER_SHELL), {"PICTURE_TO_COPY": str(path)}, None)


def _run(command: tuple[str, ...], environment: dict[str, str], stdin: bytes | None) -> None:
    try:
        subprocess.run(
            command,
            input=stdin,
            check=True,
            timeout=TIMEOUT_S,
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,  # the program keeps running as long as it owns the clipboard
            stderr=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NoClipboardError(f"{command[0]} refused the picture ({error})") from None
