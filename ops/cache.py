"""Folders for compiled kernels in the user's cache.

What lies there is loaded into the program, so nobody but the user may have put it there.
"""

import stat
from pathlib import Path

import platformdirs

from systems.files import is_own

OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


def private_folder(name: str) -> Path:
    """Return a folder of the user's cache that nobody else can write, made if it is missing.

    Raises:
        OSError: It cannot be made, or belongs to somebody else.
    """
    base = Path(platformdirs.user_cache_dir("alias-free-visualizer"))
    for folder in (base, base / name):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        status = folder.stat()
        if not is_own(status):
            raise PermissionError(f"{folder} belongs to another user")
        if status.st_mode & OTHERS_MAY_WRITE:
            folder.chmod(status.st_mode & 0o777 & ~OTHERS_MAY_WRITE)
    return base / name
