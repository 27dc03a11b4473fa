"""Files that open as networks, and files that a session names and nobody here has vouched for."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from generator.files.published import is_published
from generator.files.run_folders import snapshots
from viz.state.paths import owner_of
from viz.storage import bundled
from viz.storage.average_sources import file_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from viz.state.app_state import AppState
    from viz.storage.session import Session

NETWORK_SUFFIXES = (".safetensors", ".pkl", ".pt", ".pth", ".ckpt")
FILE_FIELDS = ("lab.file", "spectrum.data", "training.data", "training.init_from")
"""Fields of the state, besides networks, that name files."""


def is_network(path: Path) -> bool:
    """Return whether a path could be opened as a network: a file by its ending, or a run folder."""
    return path.suffix.lower() in NETWORK_SUFFIXES or is_run_folder(path)


def is_run_folder(path: Path) -> bool:
    """Return whether a folder holds snapshots of a training run, ours or in NVIDIA's layout."""
    try:
        return path.is_dir() and bool(snapshots(path))
    except OSError:
        return False


def unfamiliar_sources(state: AppState, path: Path, known: Sequence[str]) -> tuple[str, ...]:
    """List the networks and files that a session names and nobody here has vouched for.

    Addresses, and paths that start where the program happens to run, are never taken for files
    beside the session.

    Args:
        state: The session's.
        path: The file it came in: what lies in the same folder, or below, came with it.
        known: Sources opened before.
    """
    folder = path.resolve().parent
    named = (*(network.source for network in state.networks), *_files_of(state).values())
    return tuple(
        dict.fromkeys(
            source
            for source in named
            if not _comes_with_us(source)
            and not _is_downloaded(source)
            and source not in known
            and file_of(source) not in known
            and not _lies_in(file_of(source), folder)
        )
    )


def leave_out(state: AppState, sources: Collection[str]) -> None:
    """Take networks and files out of a state, in place; it may have no network afterwards."""
    state.networks = [one for one in state.networks if one.source not in sources]
    for path, file in _files_of(state).items():
        if file in sources:
            _set_file(state, path, "")


def without_traps(session: Session) -> Session:
    """Leave out files that no session may have opened, whatever the user answers.

    These are files of other machines, whose mere opening tells them who is here, and whole disks,
    which would be searched for pictures.
    """
    trapped = {path: file for path, file in _files_of(session.state).items() if _is_trap(file)}
    for path in trapped:
        _set_file(session.state, path, "")
    told = (f"left out {file!r:.80}: no session opens that" for file in trapped.values())
    return replace(session, messages=(*session.messages, *told))


def _files_of(state: AppState) -> dict[str, str]:
    """Map the fields that name files other than networks to these files, where there are any."""
    found = {path: owner_of(state, path) for path in FILE_FIELDS}
    files = {path: getattr(*place) for path, place in found.items() if place is not None}
    return {path: file for path, file in files.items() if file}


def _set_file(state: AppState, path: str, file: str) -> None:
    place = owner_of(state, path)
    if place is not None:
        setattr(*place, file)


def _is_trap(file: str) -> bool:
    return _is_remote(file) or is_whole_disk(Path(file))


def is_whole_disk(path: Path) -> bool:
    """Return whether a path is the root of a file system."""
    whole = Path(os.path.normpath(path))
    return whole.is_absolute() and len(whole.parts) == 1


def _is_remote(source: str) -> bool:
    r"""Return whether a source lies on another machine, as in `\\host\share` or `//host/share`."""
    return len(source) > 1 and source[0] in "\\/" and source[1] in "\\/"


def _comes_with_us(source: str) -> bool:
    """Return whether a source is a bundled network, whose name alone does as a start of weights."""
    return source.startswith(bundled.PREFIX) or f"{bundled.PREFIX}{source}" in bundled.sources()


def _is_downloaded(source: str) -> bool:
    """Return whether a source names a file in the user's own cache; naming it downloads nothing."""
    return source.startswith(bundled.LIBRARY) and is_published(source.removeprefix(bundled.LIBRARY))


def _lies_in(source: str, folder: Path) -> bool:
    """Return whether a source is a whole path to something in a folder, links followed."""
    if _is_remote(source):
        return False  # following its links would call the other machine
    try:
        path = Path(source).expanduser()
        return path.is_absolute() and path.resolve().is_relative_to(folder)
    except (OSError, RuntimeError, ValueError):  # no such home, a loop of links, a null byte
        return False
