"""Kinds of network files, told by the ends of their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

FileKind = Literal["safetensors", "pickle", "torch", "other"]

_KINDS: dict[str, FileKind] = {
    ".safetensors": "safetensors",
    ".pkl": "pickle",
    ".pt": "torch",
    ".pth": "torch",
    ".ckpt": "torch",
}


def kind_of(path: Path) -> FileKind:
    """Tell the kind of a file by the end of its name, in small or capital letters."""
    return _KINDS.get(path.suffix.lower(), "other")
