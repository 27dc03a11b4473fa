"""Opening files and folders with the programs of the operating system."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class NoProgramError(RuntimeError):
    """Nothing here opens files; the message says what to do."""


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
            start_new_session=True,  # it outlives the window
        )
    except OSError as error:
        raise NoProgramError(f"{opener} does not start ({error.strerror})") from None
