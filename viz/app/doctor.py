"""`doctor`: tries every part of the program, one by one, and says what each needs."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from generator.version import VERSION
from viz.app.diagnose import report
from viz.storage.log_files import cache_folder, log_folder
from viz.storage.preferences import config_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIZE = (960, 600)
LARGEST_ERROR = 5e-6
"""Of a kernel in float32, relative to the largest value: rounding of some hundred products."""
LEAST_FREE_BYTES = 1 << 30


def examine() -> int:
    """Print the report of the machine and what every part says when it is tried.

    Returns:
        The process's exit code: 0 if all parts work, else 1.
    """
    print(f"Alias-Free Visualizer {VERSION}\n")
    for line in report():
        print(line, flush=True)
    print(f"caches       {', '.join(caches()) or 'none'} in {cache_folder()}")
    print(f"logs         {log_folder()}\n")
    failed = [name for name, check in PARTS.items() if not _works(name, check)]
    if failed:
        print(f"\nDoes not work: {', '.join(failed)}. To ask for help, paste all of the above.")
    else:
        print("\nEverything works.")
    return int(bool(failed))


def _works(name: str, check: Callable[[Path], str]) -> bool:
    """Try a part and print a line about it."""
    begun = time.perf_counter()
    print(f"{name:<12} ", end="", flush=True)
    with tempfile.TemporaryDirectory(prefix="doctor-", ignore_cleanup_errors=True) as folder:
        try:
            found = check(Path(folder))
        except Exception as error:  # noqa: BLE001 - whatever it is, the report tells it
            print(f"FAILED: {type(error).__name__}: {' '.join(str(error).split())}", flush=True)
            return False
    print(f"ok, {found} ({time.perf_counter() - begun:.1f} s)", flush=True)
    return True


def _window(_folder: Path) -> str:
    from gui_utils.window import Window
    from viz.app.display import why_no_window

    window = Window("doctor", (64, 64), offscreen=bool(why_no_window()))
    try:
        drawn_by = window.renderer
    finally:
        window.close()
    reason = why_no_window()
    return f"{drawn_by}{f'; offscreen alone: {reason}' if reason else ''}"


def _kernels(_folder: Path) -> str:
    import torch

    from ops.cpu import build, prebuilt
    from ops.selftest import cases, check

    for case in cases(32, 20):
        for direction, outcome in check(case, torch.float32, torch.device("cpu"), repeats=1):
            if not outcome.error < LARGEST_ERROR:
                raise ArithmeticError(f"{case.name} {direction} is off by {outcome.error:.1e}")
    found = prebuilt.find(build.source_digest())
    return f"prebuilt ({found.stem.partition('-')[0]})" if found else "compiled here"


def _worker(folder: Path) -> str:
    from viz.app.main import run
    from viz.app.options import Options

    picture = folder / "window.png"
    code = run(Options(fresh=True, offscreen=True, screenshot=picture, size=SIZE))
    if code or not picture.is_file():
        raise OSError("no picture was drawn")
    return "the window with its networks was drawn"


def _video(folder: Path) -> str:
    import numpy as np

    from viz.export.clip import write_clip
    from viz.export.codecs import count_frames

    frames = [np.full((64, 64, 3), 20 * i, np.uint8) for i in range(10)]
    path = folder / "film.mp4"
    write_clip(path, iter(frames), fps=25)
    if (found := count_frames(path)) != len(frames):
        raise OSError(f"of {len(frames)} frames, {found} can be played")
    return "an MP4 was written and read"


def _files(_folder: Path) -> str:
    from ops.cache import private_folder

    for place in (private_folder("doctor"), config_folder()):
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"written")
        free = shutil.disk_usage(place).free
        if free < LEAST_FREE_BYTES:
            raise OSError(f"{place} has {free / 1e6:.0f} MB left: free some space")
    private_folder("doctor").rmdir()
    return f"{config_folder()} can be written"


PARTS: dict[str, Callable[[Path], str]] = {
    "window": _window,
    "kernels": _kernels,
    "worker": _worker,
    "video": _video,
    "files": _files,
}
"""Each returns what it found, or raises what is wrong."""


def caches() -> Iterator[str]:
    """Name every cache with its size."""
    base = cache_folder()
    for path in sorted(base.iterdir()) if base.is_dir() else ():
        files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
        yield f"{path.name} {sum(one.stat().st_size for one in files) / 1e6:.1f} MB"


def clear_caches() -> int:
    """Delete the caches: kernels, downloaded networks, what was computed once.

    Returns:
        The process's exit code.
    """
    base = cache_folder()
    if base.is_symlink():
        raise ValueError(f"{base} is a link: delete what it leads to yourself")
    for line in caches():
        print(f"removed {line}")
    if base.is_dir():
        shutil.rmtree(base)
    return 0


def main(arguments: list[str]) -> int:
    """Run `doctor`, or with `--clear-caches` delete the caches.

    Raises:
        ValueError: there is another argument.
    """
    if arguments == ["--clear-caches"]:
        return clear_caches()
    if arguments:
        raise ValueError(f"doctor takes --clear-caches or nothing, got {arguments[0]}")
    if sys.stdout is None:
        raise ValueError("doctor prints its report: start it in a terminal")
    return examine()
