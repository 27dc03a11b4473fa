"""Looks into folders and reads files for a window on another machine."""

from __future__ import annotations

import hashlib
import os
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from generator.files.atomic_files import PART_SUFFIX, open_regular
from viz.protocol.worker_files import (
    MOST_ENTRIES,
    PART_BYTES,
    EntryKind,
    FilePart,
    FilePartTask,
    FolderContents,
    FolderEntry,
    FolderTask,
    PutPartTask,
)
from viz.render.jobs.runner import Progress, steps
from viz.storage.sources import NETWORK_SUFFIXES, is_run_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from viz.render.renderer import Renderer

ENTRIES_PER_STEP = 50
"""A picture waits no longer than these take: runs among them are looked for inside."""


@steps.register(FolderTask)
def _(task: FolderTask, _renderer: Renderer) -> Iterator[Progress]:
    folder = Path(task.path).expanduser().resolve()
    try:
        shown = (path for path in folder.iterdir() if not path.name.startswith("."))
        found = list(islice(shown, MOST_ENTRIES + 1))
    except OSError as error:
        raise ValueError(f"{folder} cannot be looked into: {error.strerror}") from None
    entries = []
    for path in found[:MOST_ENTRIES]:
        entries.append(_entry(path))
        if len(entries) % ENTRIES_PER_STEP == 0:
            yield Progress(len(entries), len(found))
    entries.sort(key=lambda one: (one.kind not in ("folder", "run"), one.name.lower()))
    parent = "" if folder.parent == folder else str(folder.parent)
    is_cut = len(found) > MOST_ENTRIES
    yield Progress(1, 1, FolderContents(str(folder), parent, tuple(entries), is_cut))


@steps.register(FilePartTask)
def _(task: FilePartTask, _renderer: Renderer) -> Iterator[Progress]:
    with open_regular(Path(task.path), "rb") as file:
        facts = os.fstat(file.fileno())
        file.seek(task.start)
        data = file.read(PART_BYTES)
    yield Progress(1, 1, FilePart(data, facts.st_size, facts.st_mtime_ns))


@steps.register(PutPartTask)
def _(task: PutPartTask, _renderer: Renderer) -> Iterator[Progress]:
    path = Path(task.path)
    if path.exists() or path.is_symlink():
        raise ValueError(f"{path} is there already; send it under another name")
    growing = path.with_name(f".{path.name}{PART_SUFFIX}")
    with open_regular(growing, "ab" if task.start else "wb") as file:
        if os.fstat(file.fileno()).st_size != task.start:
            raise ValueError(f"a part of {path.name} is missing; send it again")
        file.write(task.data)
    if task.start + len(task.data) >= task.size:
        if _digest(growing) != task.sha256:
            growing.unlink()
            raise ValueError(f"{path.name} has not come as it was sent; send it again")
        growing.rename(path)
    yield Progress(1, 1)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with open_regular(path, "rb") as file:
        while data := file.read(PART_BYTES):
            digest.update(data)
    return digest.hexdigest()


def _entry(path: Path) -> FolderEntry:
    kind: EntryKind = "file"
    size = 0
    try:
        if path.is_dir():
            kind = "run" if is_run_folder(path) else "folder"
        else:
            size = path.stat().st_size
            kind = "network" if path.suffix.lower() in NETWORK_SUFFIXES else "file"
    except OSError:
        pass  # a link to nowhere
    return FolderEntry(path.name, kind, size)
