"""Check that Dear PyGui can open a window here: without one it would abort the process."""

import ctypes
import os
import sys

_REMEDY = (
    "TensorBoard reads the same folders in a browser (tensorboard --logdir runs), ssh -X forwards "
    "a display"
)


def why_no_window() -> str:
    """Say what keeps the monitor's window from opening, and what else there is; empty: nothing."""
    if sys.platform != "linux":
        return ""
    if not os.environ.get("DISPLAY"):
        where = " (Wayland alone does not do: start Xwayland)" * bool(
            os.environ.get("WAYLAND_DISPLAY")
        )
        return f"there is no X display for the monitor's window{where}; {_REMEDY}"
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        return "the monitor's window needs libX11.so.6 (Debian: apt-get install libx11-6)"
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XOpenDisplay.argtypes = [ctypes.c_char_p]
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    connection = x11.XOpenDisplay(None)
    if not connection:
        return f"the display {os.environ['DISPLAY']} does not answer; {_REMEDY}"
    x11.XCloseDisplay(connection)
    return ""
