"""What a file is that holds no network, told by its first bytes, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_BEGINNING_BYTES = 4096
_SESSION = "opened in the window, where it carries a session"
_PICTURE = "made part of a data set (python -m train prepare), and opened in the signal lab"


@dataclass(frozen=True)
class Identified:
    """A file that is no network."""

    what: str
    uses: str
    """What this program can do with it, to go after `can be`."""


_BEGINNINGS: tuple[tuple[bytes, Identified], ...] = (
    (b"\x89PNG\r\n\x1a\n", Identified("a PNG picture", f"{_SESSION}; {_PICTURE}")),
    (b"\xff\xd8\xff", Identified("a JPEG picture", _PICTURE)),
    (b"GIF8", Identified("a GIF film or picture", _SESSION)),
    (b"\x1a\x45\xdf\xa3", Identified("a WebM film", _SESSION)),
    (
        b"\x93NUMPY",
        Identified("a NumPy array", "opened in the window, where it is a latent"),
    ),
    (b"%PDF", Identified("a PDF document", "used for nothing here")),
)
_ONNX = Identified(
    "an ONNX network", "drawn by onnxruntime and others; it is written here, not read"
)
_ARRAYS = Identified(
    "an archive of NumPy arrays", "opened in the window, where it holds a latent or a session"
)
_ZIP = Identified("a zip", "trained on, where it holds pictures (python -m train prepare)")
_JSON = Identified("JSON text", _SESSION)


def identified(path: Path) -> Identified | None:
    """Tell what a file is; None where that is unknown.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        beginning = file.read(_BEGINNING_BYTES)
    for start, found in _BEGINNINGS:
        if beginning.startswith(start):
            return found
    if beginning.startswith(b"PK\x03\x04"):
        return _ARRAYS if path.suffix.lower() == ".npz" else _ZIP
    if beginning[4:8] == b"ftyp":
        return Identified("an MP4 film", _SESSION)
    if beginning[:4] == b"RIFF" and beginning[8:12] == b"WEBP":
        return Identified("a WebP picture", _PICTURE)
    if path.suffix.lower() == ".onnx":
        return _ONNX
    return _JSON if beginning.lstrip()[:1] in (b"{", b"[") else None
