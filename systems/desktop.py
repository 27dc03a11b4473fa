"""The desktop: displays, the programs that open files, the clipboard, the key of shortcuts."""

from __future__ import annotations

import ctypes
import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from systems.processes import apart, environment_of_others

if TYPE_CHECKING:
    import numpy as np

PIPED = (
    ("wl-copy", "--type", "image/png"),
    ("xclip", "-selection", "clipboard", "-t", "image/png", "-i"),
)
"""Programs of Linux that copy what they are piped."""
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


class NoProgramError(RuntimeError):
    """Nothing here opens files; the message says what to do."""


class NoClipboardError(RuntimeError):
    """A picture could not be copied; the message says what to do."""


def has_command_key() -> bool:
    """Return whether shortcuts are made with ⌘, where other systems have Ctrl."""
    return sys.platform == "darwin"


def display() -> str:
    """Name the display that windows go to; empty if there is none.

    Only on Linux it has a name and can be missing.
    """
    for variable in ("WAYLAND_DISPLAY", "DISPLAY"):
        if os.environ.get(variable):
            return f"{variable}={os.environ[variable]}"
    return "" if sys.platform == "linux" else sys.platform


def why_no_x_window() -> str:
    """Say what keeps a program that knows only X from opening a window; empty if nothing does."""
    if sys.platform != "linux":
        return ""
    if not os.environ.get("DISPLAY"):
        wayland = " (Wayland alone does not do: start Xwayland)"
        return f"there is no X display{wayland * bool(os.environ.get('WAYLAND_DISPLAY'))}"
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        return "libX11.so.6 is missing (Debian: apt-get install libx11-6)"
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XOpenDisplay.argtypes = [ctypes.c_char_p]
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    connection = x11.XOpenDisplay(None)
    if not connection:
        return f"the display {os.environ['DISPLAY']} does not answer"
    x11.XCloseDisplay(connection)
    return ""


def prepare_opengl() -> None:
    """Choose how OpenGL's functions are found; to be called before PyOpenGL is imported.

    EGL finds them under X11, under Wayland and without a display.
    """
    if sys.platform == "linux":
        os.environ.setdefault("PYOPENGL_PLATFORM", "egl")


def open_with_system(path: Path) -> None:
    """Open a file or folder as a double click on the desktop does, without waiting for it.

    That is the file manager for a folder, and for a file the program that its kind belongs to:
    Explorer's choice on Windows, `open` on macOS, `xdg-open` elsewhere.

    Raises:
        NoProgramError: There is no desktop, or nothing that opens files.
    """
    whole = str(path.absolute())
    if sys.platform == "win32":
        try:
            os.startfile(whole)
        except OSError as error:  # nothing belongs to this kind of file
            raise NoProgramError(f"Windows does not open it ({error.strerror})") from None
        return
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    if shutil.which(opener) is None:
        advice = "" if sys.platform == "darwin" else "; install xdg-utils"
        raise NoProgramError(f"there is no {opener} here{advice}")
    try:
        subprocess.Popen(
            [opener, whole],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment_of_others(),
            **apart(),  # it outlives the window
        )
    except OSError as error:
        raise NoProgramError(f"{opener} does not start ({error.strerror})") from None


def copy_picture(pixels: np.ndarray) -> None:
    """Copy a picture to the clipboard: GLFW and Dear ImGui can copy only text.

    On Linux it goes through a pipe; on macOS and Windows a script in the system's own language
    reads it from a file.

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
            env={**environment_of_others(), **environment},
            stdout=subprocess.DEVNULL,  # the program keeps running as long as it owns the clipboard
            stderr=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NoClipboardError(f"{command[0]} refused the picture ({error})") from None
