"""Log files: one for the window, one for the worker."""

from __future__ import annotations

import faulthandler
import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Literal

import platformdirs

APP = "alias-free-visualizer"
MOST_BYTES = 1 << 20
OLDER_FILES = 3

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def log_folder() -> Path:
    """Return the folder of the log files."""
    return Path(platformdirs.user_log_dir(APP, appauthor=False))


def cache_folder() -> Path:
    """Return the folder of kernels and downloaded networks."""
    return Path(platformdirs.user_cache_dir(APP))


def keep_log(process: Literal["window", "worker"], folder: Path) -> None:
    """Write everything from INFO up to `folder`/PROCESS.log, warnings to the terminal as well.

    The file goes on with a fresh one at a megabyte, and three older ones stay. A crash below Python
    leaves its trace in `folder`/PROCESS-crash.log. A disk that does not let us costs the files
    alone.
    """
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setLevel(logging.WARNING)
    root.addHandler(terminal)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = RotatingFileHandler(
            folder / f"{process}.log",
            maxBytes=MOST_BYTES,
            backupCount=OLDER_FILES,
            encoding="utf-8",
        )
    except OSError as error:
        root.warning("no log is kept: %s", error)
        return
    file.setFormatter(logging.Formatter(_FORMAT))
    root.addHandler(file)
    faulthandler.enable((folder / f"{process}-crash.log").open("a", encoding="utf-8"))
