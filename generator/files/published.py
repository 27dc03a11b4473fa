"""The networks that NVIDIA published, and a cache of those that were downloaded.

Nothing is downloaded unless the user asked for it and accepted the publisher's licence. The names
and addresses are those of the publisher's own documentation.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from generator.config import Kind
from generator.files.atomic_files import open_regular, write_atomically
from generator.files.errors import NetworkFileError
from systems.files import try_lock

DEFAULT_LIMIT_BYTES = 4 << 30
LICENCE = (
    "These networks are NVIDIA's, under the NVIDIA Source Code License: for non-commercial use "
    "only, research or evaluation. The pictures' data sets have licences of their own."
)
LICENCE_URL = "https://github.com/NVlabs/stylegan3/blob/main/LICENSE.txt"

_PUBLISHER = "https://api.ngc.nvidia.com/v2/models/nvidia/research/{family}/versions/1/files/{file}"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
_SETTINGS = "settings.json"
_ROOM_BYTES = 64 << 20
"""Bytes that a file may hold besides twice the estimate of its size."""


@dataclass(frozen=True)
class PublishedNetwork:
    """A file that can be downloaded.

    Raises:
        ValueError: the name would be no plain file name.
    """

    name: str
    kind: Kind
    data: str
    """Name of the data set that it was trained on."""
    resolution: int
    megabytes: int
    """About; computed from the number of parameters."""
    url: str
    """The publisher's address."""
    size_bytes: int | None = None
    """The file's exact size, where it is known."""
    sha256: str | None = None
    """The file's SHA-256 in hexadecimal, where it is known."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                f"a network's name has lower case letters and digits: {self.name!r:.60}"
            )

    @property
    def file_name(self) -> str:
        """Name of its file in the cache."""
        return f"{self.name}.pkl"

    @property
    def most_bytes(self) -> int:
        """Larger than the file can be, whatever a server says."""
        if self.size_bytes is not None:
            return self.size_bytes
        return 2 * self.megabytes * 10**6 + _ROOM_BYTES

    @property
    def names(self) -> tuple[str, ...]:
        """By which it may be called."""
        return self.name, self.file_name, self.url


def published() -> list[PublishedNetwork]:
    """All that can be downloaded, StyleGAN3 first."""
    return list(_PUBLISHED)


def is_published(name: str) -> bool:
    """Return whether this is the name or the address of a published network."""
    return any(name in network.names for network in _PUBLISHED)


def find_published(name: str) -> PublishedNetwork:
    """The published network of a name or of an address.

    Raises:
        NetworkFileError: there is none.
    """
    for network in _PUBLISHED:
        if name in network.names:
            return network
    raise NetworkFileError(
        f"no published network is called {name!r:.80}; `python -m generator list` shows them"
    )


class NetworkCache:
    """A folder of downloaded networks, bounded in size; those unused for longest go first.

    Args:
        folder: Made when something is put there; None for this user's cache folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = (
            folder or Path(platformdirs.user_cache_dir("alias-free-visualizer")) / "networks"
        )

    @property
    def limit_bytes(self) -> int:
        """Most bytes that the cache may hold."""
        try:
            limit = json.loads((self.folder / _SETTINGS).read_text())["limit_bytes"]
        except (OSError, ValueError, KeyError, TypeError):
            # Nobody has set a limit, or the file was damaged: the default is as good.
            return DEFAULT_LIMIT_BYTES
        return limit if type(limit) is int and limit >= 0 else DEFAULT_LIMIT_BYTES

    def set_limit(self, limit_bytes: int) -> None:
        """Bound the cache; what is over the bound is removed at once.

        Raises:
            ValueError: the bound is negative.
            OSError: the folder cannot be written.
        """
        if limit_bytes < 0:
            raise ValueError(f"the cache's limit must be 0 or more, got {limit_bytes}")
        self.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self.folder / _SETTINGS, json.dumps({"limit_bytes": limit_bytes}))
        self.make_room(0)

    def path(self, network: PublishedNetwork) -> Path:
        """Path that the file of a network has, or would have."""
        return self.folder / network.file_name

    def find(self, network: PublishedNetwork) -> Path | None:
        """The file of a network if it is here; counts as a use of it."""
        path = self.path(network)
        if not path.is_file():
            return None
        if not path.is_symlink():
            os.utime(path)
        return path

    def used_bytes(self) -> int:
        """Bytes of all networks here, unfinished downloads included."""
        return sum(size for _, size, _ in self._files())

    def check_fits(self, wanted_bytes: int) -> None:
        """Raise NetworkFileError where so many bytes fit into no room that could be made."""
        limit = self.limit_bytes
        if wanted_bytes > limit:
            raise NetworkFileError(
                f"{wanted_bytes >> 20} MiB do not fit in the cache of {limit >> 20} MiB; "
                "raise its limit"
            )

    def make_room(self, wanted_bytes: int, keep: Path | None = None) -> None:
        """Remove files, those unused for longest first, until this many bytes fit.

        A download that is under way keeps its file.

        Raises:
            NetworkFileError: they never will, the limit is too low.
        """
        self.check_fits(wanted_bytes)
        limit = self.limit_bytes
        files = sorted(self._files())
        used = sum(size for _, size, path in files if path != keep)
        for _, size, path in files:
            if used + wanted_bytes <= limit:
                break
            if path != keep and not _is_under_way(path):
                path.unlink(missing_ok=True)
                used -= size

    def remove(self, network: PublishedNetwork) -> None:
        """Delete the file of a network, and an unfinished download of it."""
        path = self.path(network)
        for file in (path, part_of(path), notes_of(path)):
            file.unlink(missing_ok=True)

    def _files(self) -> list[tuple[float, int, Path]]:
        """Time of the last use, size and path of every network here."""
        found = []
        if self.folder.is_dir():
            for path in self.folder.iterdir():
                if path.name.lower().endswith((".pkl", ".pkl.part")) and not path.is_symlink():
                    stat = path.stat()
                    found.append((stat.st_mtime, stat.st_size, path))
        return found


def part_of(path: Path) -> Path:
    """Path of an unfinished download of a file."""
    return path.with_name(path.name + ".part")


def notes_of(path: Path) -> Path:
    """Path of the note about the version of an unfinished download."""
    return path.with_name(path.name + ".json")


def _is_under_way(path: Path) -> bool:
    """Return whether some program writes this file now."""
    if path.suffix != ".part":
        return False
    try:
        with open_regular(path, "r+b") as file:
            return not try_lock(file)
    except (OSError, ValueError):
        return False


def _table() -> tuple[PublishedNetwork, ...]:
    rows: list[tuple[Kind, str, str, int, int]] = []
    sizes: dict[Kind, dict[int, int]] = {
        "stylegan3-t": {1024: 297, 512: 318, 256: 285},
        "stylegan3-r": {1024: 239, 512: 252, 256: 224},
        "stylegan2": {1024: 385, 512: 367, 256: 298, 32: 261},
    }
    kinds: tuple[Kind, ...] = ("stylegan3-t", "stylegan3-r", "stylegan2")
    shared = [
        ("ffhq", "FFHQ", 1024),
        ("ffhqu", "FFHQ-U", 1024),
        ("ffhqu", "FFHQ-U", 256),
        ("metfaces", "MetFaces", 1024),
        ("metfacesu", "MetFaces-U", 1024),
        ("afhqv2", "AFHQv2", 512),
    ]
    for kind in kinds:
        rows += [(kind, short, data, size, sizes[kind][size]) for short, data, size in shared]
    for short, data, size in (
        ("ffhq", "FFHQ", 512),
        ("ffhq", "FFHQ", 256),
        ("afhqcat", "AFHQ Cat", 512),
        ("afhqdog", "AFHQ Dog", 512),
        ("afhqwild", "AFHQ Wild", 512),
        ("brecahad", "BreCaHAD", 512),
        ("celebahq", "CelebA-HQ", 256),
        ("lsundog", "LSUN Dog", 256),
        ("cifar10", "CIFAR-10", 32),
    ):
        rows.append(("stylegan2", short, data, size, sizes["stylegan2"][size]))
    networks = []
    for kind, short, data, size, megabytes in rows:
        name = f"{kind}-{short}-{size}x{size}"
        family = "stylegan2" if kind == "stylegan2" else "stylegan3"
        url = _PUBLISHER.format(family=family, file=f"{name}.pkl")
        networks.append(PublishedNetwork(name, kind, data, size, megabytes, url))
    return tuple(networks)


_PUBLISHED = _table()
