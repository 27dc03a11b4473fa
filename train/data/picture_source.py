"""Pictures in a folder or a zip, by name, with the labels beside them; read without PyTorch."""

import io
import json
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp"})

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
"""Whatever a file is called, Pillow tries no others: some of them start other programs."""
_LARGEST_BYTES = 512 << 20
"""Of a file, unpacked."""

Label = int | list[float]


class PictureSource:
    """The pictures of a folder or a zip, by name, in sorted order."""

    def __init__(self, path: Path, archive: zipfile.ZipFile | None) -> None:
        self.path = path
        self._archive = archive
        self._members = sorted(archive.namelist() if archive else _files_below(path))
        self.names = [name for name in self._members if _is_picture(PurePosixPath(name))]

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator["PictureSource"]:
        """Open a folder or zip for the time of a `with` block.

        Raises:
            ValueError: There is no such folder, or the file is no zip.
        """
        if path.is_dir():
            yield cls(path, None)
        elif not path.exists():
            raise ValueError(f"there is no folder or zip {path}")
        else:
            try:
                archive = zipfile.ZipFile(path)
            except zipfile.BadZipFile:
                raise ValueError(f"{path} is neither a folder nor a whole zip file") from None
            with archive:
                yield cls(path, archive)

    def _bytes(self, name: str) -> bytes:
        with self._stream(name) as file:
            data = file.read(_LARGEST_BYTES + 1)
        if len(data) > _LARGEST_BYTES:
            raise ValueError(
                f"{name} in {self.path} has more than {_LARGEST_BYTES >> 20} MB; remove it"
            )
        return data

    @contextmanager
    def _stream(self, name: str) -> Iterator[IO[bytes]]:
        try:
            with (
                self._archive.open(name) if self._archive else (self.path / name).open("rb") as file
            ):
                yield file
        # zipfile reports an unknown compression or a password as a RuntimeError.
        except (
            zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, OSError
        ) as error:  # fmt: skip
            raise ValueError(f"{name} in {self.path} cannot be read: {error}") from None

    def size(self, name: str) -> tuple[int, int]:
        """Width and height of a picture as it is stored; no more than its header is read."""
        with self._stream(name) as file, self._decoding(name, file) as picture:
            return picture.size

    def read(self, name: str) -> Image.Image:
        """A picture, RGB, upright as its camera noted it, on white where it is transparent."""
        return self.read_with_mode(name)[0]

    def read_with_mode(self, name: str) -> tuple[Image.Image, str]:
        """The same, and what it was before: a mode of Pillow, RGBA where it is transparent."""
        with self._decoding(name, io.BytesIO(self._bytes(name))) as picture:
            mode = (
                "RGBA" if picture.mode == "RGB" and picture.has_transparency_data else picture.mode
            )
            return _flat(eight_bit(ImageOps.exif_transpose(picture))), mode

    @contextmanager
    def _decoding(self, name: str, file: IO[bytes]) -> Iterator[Image.Image]:
        try:
            with Image.open(file, formats=_FORMATS) as picture:
                yield picture
        except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError):
            raise ValueError(
                f"{name} in {self.path} is not a whole picture; remove or replace it"
            ) from None

    def labels(self) -> dict[str, Label] | None:
        """The labels of `dataset.json`, one for every picture; None without that file.

        Raises:
            ValueError: The file is no such table, or a picture has no label.
        """
        if "dataset.json" not in self._members:
            return None
        where = f"dataset.json in {self.path}"
        try:
            table = json.loads(self._bytes("dataset.json"))["labels"]
            if table is None:
                return None
            labels = {str(name): label for name, label in table}
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise ValueError(
                f'{where} must be {{"labels": [["path", label], ...]}}: {error}'
            ) from None
        for name in self.names:
            if name not in labels:
                raise ValueError(f"{where} has no label for {name}")
        return {name: labels[name] for name in self.names}


def _is_picture(path: PurePosixPath) -> bool:
    """Whether it is a picture by its name; hidden files and macOS's side files are none."""
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return not hidden and path.suffix.lower() in PICTURE_SUFFIXES


def eight_bit(picture: Image.Image) -> Image.Image:
    """A grey picture of 16 bits scaled to 8, where Pillow's conversion would clip it to white."""
    if not picture.mode.startswith("I"):
        return picture
    return Image.fromarray(np.round(np.asarray(picture) / 257).astype(np.uint8))


def _flat(picture: Image.Image) -> Image.Image:
    """RGB; what is transparent shows white, not whatever colour lies beneath."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    sheet = Image.new("RGBA", picture.size, "white")
    sheet.alpha_composite(picture.convert("RGBA"))
    return sheet.convert("RGB")


def _files_below(folder: Path) -> list[str]:
    return [file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()]
