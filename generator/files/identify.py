"""What a file is that holds no network, and what can be done with it.

Its first bytes tell the format; of arrays their headers are read, of zips the list of members.
"""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from dataclasses import dataclass
from tokenize import TokenError
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

_BEGINNING_BYTES = 4096
_SESSION = "opened in the window, where it carries a session"
_PREPARED = "trained on (python -m train prepare)"
_PICTURE = f"part of a data set to be {_PREPARED}, and opened in the signal lab"
_LATENTS = ("ws", "w_plus", "dlatents", "w", "z")
_PICTURE_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".avif", ".gif", ".bmp", ".tif", ".tiff")
_MOST_FILES = 100_000
"""Files of a folder that are counted."""
_NAMED = 4
"""Arrays of an archive that are named."""
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    LookupError,
    OverflowError,
    RuntimeError,  # a password, an unknown compression, a header that is nested too deeply
    SystemError,  # numbers in an array of text that are no letters
)


@dataclass(frozen=True)
class Identified:
    """A file that is no network."""

    what: str
    uses: str
    """What this program can do with it, to go after `can be`."""


_NOTHING = "used for nothing here"
_BEGINNINGS: tuple[tuple[bytes, Identified], ...] = (
    (b"\x89PNG\r\n\x1a\n", Identified("a PNG picture", f"{_SESSION}; {_PICTURE}")),
    (b"\xff\xd8\xff", Identified("a JPEG picture", _PICTURE)),
    (b"GIF8", Identified("a GIF film or picture", _SESSION)),
    (b"\x1a\x45\xdf\xa3", Identified("a WebM film", _SESSION)),
    (b"%PDF", Identified("a PDF document", _NOTHING)),
)
_ONNX = Identified(
    "an ONNX network", "drawn by onnxruntime and others; it is written here, not read"
)
_PAGE = Identified("a page that draws a network", "opened in a browser; written here, not read")
_JSON = Identified("JSON text", _SESSION)


def identified(path: Path) -> Identified | None:
    """Tell what a file, or a folder of pictures, is; None where that is unknown.

    Raises:
        OSError: it cannot be read.
    """
    if path.is_dir():
        return _folder(path)
    with path.open("rb") as file:
        beginning = file.read(_BEGINNING_BYTES)
    for start, found in _BEGINNINGS:
        if beginning.startswith(start):
            return found
    if beginning.startswith(b"\x93NUMPY"):
        return _array(beginning, path.stem.lower())
    if beginning.startswith(b"PK\x03\x04"):
        return _archive(path)
    if beginning[4:8] == b"ftyp":
        film = "a QuickTime film" if beginning[8:12] == b"qt  " else "an MP4 film"
        return Identified(film, _SESSION)
    if beginning[:4] == b"RIFF" and beginning[8:12] == b"WEBP":
        return Identified("a WebP picture", _PICTURE)
    if path.suffix.lower() == ".onnx":
        return _ONNX
    if beginning.startswith(b"<!doctype html") and b"ONNX Runtime" in beginning:
        return _PAGE
    return _JSON if beginning.lstrip()[:1] in (b"{", b"[") else None


def _folder(path: Path) -> Identified | None:
    if any(path.glob("network-*")):
        return None
    files = (
        one.suffix.lower() for one, _ in zip(path.rglob("*"), range(_MOST_FILES), strict=False)
    )
    count = sum(ending in _PICTURE_ENDINGS for ending in files)
    return Identified(f"a folder with {_counted(count)}", _PREPARED) if count else None


def _array(beginning: bytes, stem: str) -> Identified:
    header = _header(beginning)
    if header is None:
        return Identified("a NumPy array, damaged or of an unusual kind", _NOTHING)
    dtype, shape = header
    rows = list(shape)
    while len(rows) > 1 and rows[0] == 1:
        rows.pop(0)
    uses = _NOTHING
    if dtype.kind == "f" and 1 <= len(rows) <= 3:
        kinds = ("a latent w", "a latent with a w for each layer", "favourites")
        uses = f"opened in the window as {kinds[len(rows) - 1]}, where a network has its sizes"
        if len(rows) == 1 and any(word in stem for word in ("boundary", "direction")):
            uses = "opened in the window as a direction in w"
    return Identified(f"a NumPy array, {_described(header)}", uses)


def _archive(path: Path) -> Identified:
    arrays = path.suffix.lower() == ".npz"
    try:
        with zipfile.ZipFile(path) as archive:
            names = [one for one in archive.namelist() if not one.startswith("__MACOSX")]
            if not arrays:
                return _zip(names)
            found = {}
            known = {f"{one}.npy": place for place, one in enumerate(("session", *_LATENTS))}
            for name in sorted(names, key=lambda one: known.get(one, len(known)))[:_NAMED]:
                with archive.open(name) as member:
                    header = _header(member.read(_BEGINNING_BYTES))
                found[name.removesuffix(".npy")] = header
    except (ValueError, *_DAMAGED):
        return Identified("an archive that is damaged", _NOTHING)
    told = ", ".join(
        name if header is None else f"{name:.40} {_described(header)}"
        for name, header in found.items()
    )
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    uses = _NOTHING
    if "session" in found:
        uses = "opened in the window as a session"
    elif any(
        header and header[0].kind == "f" and header[1]
        for name, header in found.items()
        if name in _LATENTS
    ):
        uses = "opened in the window as a latent, where a network has its sizes"
    return Identified(f"an archive of NumPy arrays: {told}{more}", uses)


def _zip(names: list[str]) -> Identified:
    count = sum(name.lower().endswith(_PICTURE_ENDINGS) for name in names)
    if not count:
        return Identified("a zip without pictures", _NOTHING)
    labels = any(name.rpartition("/")[2] == "dataset.json" for name in names)
    told = f"a zip with {_counted(count)}" + (" and dataset.json" if labels else "")
    return Identified(told, _PREPARED)


def _header(beginning: bytes) -> tuple[np.dtype[Any], tuple[int, ...]] | None:
    """Number type and shape that a NumPy file begins with; None where it is none."""
    file = io.BytesIO(beginning)
    readers = {(1, 0): np.lib.format.read_array_header_1_0}
    readers[2, 0] = np.lib.format.read_array_header_2_0
    try:
        shape, _fortran, dtype = readers[np.lib.format.read_magic(file)](file)
    except (SyntaxError, TokenError, TypeError, ValueError, AttributeError, *_DAMAGED):
        return None
    plain = all(type(length) is int and length >= 0 for length in shape)
    return (dtype, shape) if plain and dtype.kind in "fiub" else None


def _described(header: tuple[np.dtype[Any], tuple[int, ...]]) -> str:
    return f"{header[0]} {list(header[1])}"


def _counted(count: int) -> str:
    return "1 picture" if count == 1 else f"{count:,} pictures"
