"""Writes data sets: zips of PNGs of one size.

The PNGs are stored without a second compression, and a zip appears under its name only when it is
complete.
"""

import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from generator.files.atomic_files import replacing
from generator.files.pictures import COLOURS
from train.data.picture_source import Label


@dataclass(frozen=True)
class Written:
    """A data set that was written: its file and how many pictures it holds."""

    path: Path
    pictures: int


def write_zip(
    path: Path,
    pictures: Iterable[tuple[str, bytes]],
    labels: Mapping[str, Label] | None = None,
    class_names: Sequence[str] = (),
    channels: int = COLOURS,
) -> Written:
    """Write a data set; `path` is replaced only when all of it has been written.

    Args:
        path: The zip to write; its folder is made when missing.
        pictures: Names inside the zip, ending in `.png`, and the files.
        labels: A class or a vector for every name; None for pictures without.
        class_names: Names of the classes, to be kept beside them.
        channels: Of the pictures; noted beside them where they are no colours.

    Raises:
        ValueError: There is no picture.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    names = []
    with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, png in pictures:
            archive.writestr(zipfile.ZipInfo(name), png)
            names.append(name)
        if not names:
            raise ValueError(f"no picture is left to write to {path}")
        table: dict[str, object] = {}
        if labels is not None:
            table["labels"] = [[name, labels[name]] for name in names]
            if class_names:
                table["classes"] = list(class_names)
        if channels != COLOURS:
            table["channels"] = channels
        if table:
            archive.writestr(zipfile.ZipInfo("dataset.json"), json.dumps(table))
    return Written(path, len(names))


def png_bytes(picture: Image.Image) -> bytes:
    """Encode a picture as a PNG file."""
    png = io.BytesIO()
    picture.save(png, format="png", compress_level=4, icc_profile=None)
    return png.getvalue()


def shrink(picture: Image.Image, width: int, height: int) -> Image.Image:
    """Resize a picture, by Lanczos."""
    return picture.resize((width, height), Image.Resampling.LANCZOS)
