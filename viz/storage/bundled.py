"""The networks that come with the program, found without importing torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import generator
from viz.storage.average_sources import AverageSource, average_of

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIX = "bundled:"
LIBRARY = "library:"
"""Before the name of a published network that lies in the cache of downloads."""
SETS = ("relief-128-", "relief-")
"""Beginnings of the names of networks with pictures of one size, the largest first."""
STARTING_SEED = 7
"""Seed at which each of them draws land, with a coast and ridges to watch."""


def folder() -> Path:
    """Return the folder of the bundled networks; it may be empty or missing."""
    return Path(generator.__path__[0]) / "pretrained"


def sources() -> list[str]:
    """List every bundled network as `bundled:NAME`, sorted by name."""
    return [PREFIX + path.stem for path in sorted(folder().glob("*.safetensors"))]


def of_kinds(kinds: Sequence[str]) -> list[str]:
    """Find bundled networks of some kinds with pictures of one size, the largest there are.

    Args:
        kinds: Ends of their names, as in `stylegan3-r`.

    Returns:
        Their sources, in this order; none, where there is no whole set.
    """
    found = set(sources())
    sets = ([f"{PREFIX}{beginning}{kind}" for kind in kinds] for beginning in SETS)
    return next((own for own in sets if found.issuperset(own)), [])


def starting_pair() -> list[str]:
    """Return the networks of a first start: StyleGAN2 beside StyleGAN3, as far as they exist."""
    found = sources()
    for beginning in SETS:
        for partner in ("stylegan3-r", "stylegan3-t"):
            pair = [f"{PREFIX}{beginning}{kind}" for kind in ("stylegan2", partner)]
            if set(pair) <= set(found):
                return pair
    return found[:2]


def resolve(source: str) -> Path:
    """Find the path of a source: `bundled:NAME` in the program's own folder, else the path itself.

    What follows `library:` is left as it is, a name that `generator.network_file` knows.

    Raises:
        ValueError: no bundled network has that name.
    """
    if source.startswith(LIBRARY):
        return Path(source.removeprefix(LIBRARY))
    if not source.startswith(PREFIX):
        return Path(source).expanduser()
    path = folder() / f"{source.removeprefix(PREFIX)}.safetensors"
    if not path.is_file():
        known = ", ".join(s.removeprefix(PREFIX) for s in sources()) or "none"
        raise ValueError(
            f"no bundled network called {source.removeprefix(PREFIX)!r}; there are: {known}"
        )
    return path


def from_anywhere(source: str) -> str:
    """Make a source independent of the folder that the program is started in."""
    if source.startswith((PREFIX, LIBRARY, "http://", "https://")):
        return source
    if (average := average_of(source)) is not None:
        return str(AverageSource(from_anywhere(average.run), average.length))
    return str(Path(source).expanduser().absolute())


def label(source: str) -> str:
    """Make a short name for a source: its file or folder name without the ending."""
    if (average := average_of(source)) is not None:
        return f"{label(average.run)}, average {100 * average.length:.1f} %"
    return Path(source.removeprefix(PREFIX).removeprefix(LIBRARY)).stem or source
