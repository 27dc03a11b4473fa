"""Files that are made to cost time or memory, or to raise errors of unusual kinds."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest

from generator.drawing.png_writer import PngWriter
from viz.state.app_state import AppState
from viz.storage.film_metadata import FILM_SUFFIXES, SESSION_KEY
from viz.storage.latents import read_latents
from viz.storage.png_text import MOST_CHUNKS, SIGNATURE, text_of_png
from viz.storage.session import session_text
from viz.storage.session_files import read_session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_MB = 100
"""Memory that reading a hostile file may take."""
HEADER = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)


@pytest.fixture(autouse=True)
def _bounded_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST_MB * 1e6


def chunk(kind: bytes, data: bytes) -> bytes:
    head = struct.pack(">I", len(data)) + kind + data
    return head + struct.pack(">I", zlib.crc32(kind + data))


def write_png(path: Path, *chunks: bytes) -> None:
    whole = [SIGNATURE, chunk(b"IHDR", HEADER), *chunks, chunk(b"IEND", b"")]
    path.write_bytes(b"".join(whole))


def test_texts_of_every_kind_are_found_wherever_they_stand(tmp_path: Path) -> None:
    path, key = tmp_path / "a.png", SESSION_KEY.encode()
    pixels = chunk(b"IDAT", zlib.compress(bytes(8 * 25)))
    for text in (
        chunk(b"tEXt", key + b"\0" + "gr\xf6\xdfe".encode("latin-1")),
        chunk(b"zTXt", key + b"\0\0" + zlib.compress("gr\xf6\xdfe".encode("latin-1"))),
        chunk(b"iTXt", key + b"\0\0\0en\0key\0" + "gr\xf6\xdfe".encode()),
        chunk(b"iTXt", key + b"\0\1\0\0\0" + zlib.compress("gr\xf6\xdfe".encode())),
    ):
        other = chunk(b"tEXt", b"Title\0nothing")
        for order in ((other, text, pixels), (pixels, other, text)):
            write_png(path, *order)
            assert text_of_png(path, SESSION_KEY, 100) == "gr\xf6\xdfe"
            assert text_of_png(path, "Title", 100) == "nothing"
            assert text_of_png(path, "Titl", 100) is None
    with PngWriter(tmp_path / "b.png", 2, 2, texts={SESSION_KEY: session_text(AppState())}) as file:
        file.write(np.zeros((2, 2, 3), np.uint8))
    assert read_session(tmp_path / "b.png").state == AppState()


@pytest.mark.parametrize(
    "data",
    [b"\0\2\0\0\0abc", b"\0\1\0abc", b"\0\1\0\0\0abc", b"\0\0\0\0\0\xff", b"\0", b"\0\1"],
)
def test_damaged_texts_are_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    write_png(path, chunk(b"iTXt", SESSION_KEY.encode() + data))
    with pytest.raises(ValueError, match="damaged"):
        read_session(path)


def test_pictures_that_break_off_carry_no_session(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    write_png(
        path, chunk(b"tEXt", SESSION_KEY.encode() + b"\0" + session_text(AppState()).encode())
    )
    whole = path.read_bytes()
    for length in range(0, len(whole) - 20, 97):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError):
            read_session(path)


@pytest.mark.parametrize(("part", "count"), [(b"[", 60 << 20), (b"[],", 5 << 20)])
def test_a_large_text_is_not_read(part: bytes, count: int, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    tracemalloc.stop()  # making it takes more memory than reading it may
    write_png(path, chunk(b"iTXt", SESSION_KEY.encode() + b"\0\0\0\0\0" + part * count))
    tracemalloc.start()
    with pytest.raises(ValueError, match="too large"):
        read_session(path)


def test_endless_chunks_are_given_up(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    write_png(path, chunk(b"tEXt", b"a\0b") * (MOST_CHUNKS + 1))
    with pytest.raises(ValueError, match="chunks"):
        read_session(path)


def test_a_profile_behind_the_pixels_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    write_png(path, chunk(b"IDAT", zlib.compress(bytes(8 * 25))), chunk(b"iCCP", b""))
    with pytest.raises(ValueError, match="carries no session"):
        read_session(path)


@pytest.mark.parametrize("suffix", FILM_SUFFIXES)
@pytest.mark.parametrize(
    "head", [b"GIF89a", b"\0\0\0\x18ftypisom\0\0\2\0isomiso2mp41", b"\x1a\x45\xdf\xa3\x80"]
)
def test_gigabytes_of_nothing_are_no_film(head: bytes, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    with path.open("wb") as file:
        file.write(head)
        file.truncate(6 << 30)
    with pytest.raises(ValueError, match=r"a\.\w+ (carries no session|is no)"):
        read_session(path)


def write_array(path: Path, name: str, header: bytes) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        member = b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header
        archive.writestr(f"{name}.npy", member)


@pytest.mark.parametrize("name", ["z", "session"])
@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': (), 'fortran_order': False, 'shape': (1,)} \n",
        b"{'descr': [()], 'fortran_order': False, 'shape': (1,)} \n",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (1e999,)} \n",
        b"-" * 9910,
        b"(" * 9910,
        b"{**{}}",
        b"\xff\xfe",
        b"",
    ],
)
def test_headers_of_arrays_that_break_their_reader(
    name: str, header: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "a.npz"
    write_array(path, name, header)
    with pytest.raises(ValueError):
        read_latents(path) if name == "z" else read_session(path)
    for member in (b"", b"\x93NUM", b"\x93NUMPY\1\0", b"\x93NUMPY\3\0\0\0"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{name}.npy", member)
        with pytest.raises(ValueError):
            read_latents(path) if name == "z" else read_session(path)


def test_archives_of_very_many_files_are_not_opened(tmp_path: Path) -> None:
    path, made = tmp_path / "a.npz", io.BytesIO()
    entry = zipfile.ZipInfo("a" * 40)
    tracemalloc.stop()  # writing such a file takes more memory than reading it may
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(entry, b"")
        archive.filelist *= 70_000
    path.write_bytes(made.getvalue())
    tracemalloc.start()
    with pytest.raises(ValueError, match="too many arrays"):
        read_latents(path)
    with pytest.raises(ValueError, match="too many arrays"):
        read_session(path)
