"""What can be opened as a network, and which networks of a session nobody here has vouched for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from generator.files.published import is_published
from generator.files.run_folders import snapshots
from viz.storage import bundled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viz.state.app_state import AppState

NETWORK_SUFFIXES = (".safetensors", ".pkl")


def is_network(path: Path) -> bool:
    """Whether a path could be opened as a network: a file by its ending, or a run folder."""
    return path.suffix in NETWORK_SUFFIXES or is_run_folder(path)


def is_run_folder(path: Path) -> bool:
    """Whether a folder holds snapshots of a training run, ours or in NVIDIA's layout."""
    try:
        return path.is_dir() and bool(snapshots(path))
    except OSError:
        return False


def unfamiliar_sources(state: AppState, path: Path, known: Sequence[str]) -> tuple[str, ...]:
    """The networks of a session that nobody here has vouched for.

    Addresses, and paths that start where the program happens to run, are never taken for files
    beside the session.

    Args:
        state: The session's.
        path: The file it came in: what lies in the same folder, or below, came with it.
        known: Sources opened before.
    """
    folder = path.resolve().parent
    return tuple(
        network.source
        for network in state.networks
        if not network.source.startswith(bundled.PREFIX)
        and not _is_downloaded(network.source)
        and network.source not in known
        and not _lies_in(network.source, folder)
    )


def _is_downloaded(source: str) -> bool:
    """Whether a source names a file in the user's own cache; nothing is downloaded by naming it."""
    return source.startswith(bundled.LIBRARY) and is_published(source.removeprefix(bundled.LIBRARY))


def _lies_in(source: str, folder: Path) -> bool:
    """Whether a source is a whole path to something in a folder, links followed."""
    try:
        path = Path(source).expanduser()
        return path.is_absolute() and path.resolve().is_relative_to(folder)
    except (OSError, RuntimeError, ValueError):  # no such home, a loop of links, a null byte
        return False
