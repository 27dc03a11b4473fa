"""Other layouts that data sets are published in: CIFAR's binary records and MNIST's idx files.

Both are read as plain bytes. CIFAR's archive for Python is a pickle, which could run anything, and
LSUN's databases need a library of their own: these are refused with the way round.
"""

import gzip
import re
import struct
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from PIL import Image

from generator.files.pictures import COLOURS, Decoded, with_channels
from train.data.picture_source import Label, PictureSource

Part = Literal["train", "test"]

_CIFAR_PX = 32
_CIFAR_TRAIN = re.compile(r"(data_batch_\d+|train)\.bin")
_CIFAR_TEST = re.compile(r"(test_batch|test)\.bin")
_CIFAR_PICKLES = re.compile(r"data_batch_1|cifar-100-python/train")
_IDX_PICTURES = re.compile(r"(?P<part>.*?)-images[-.]idx3-ubyte(\.gz)?")
_MOST_BYTES = 1 << 34
_NO_PICTURES_HERE = (
    "unpack it and name the folder, or name a zip; of CIFAR the binary version is read "
    "(cifar-10-binary.tar.gz, cifar-100-binary.tar.gz)"
)


class Pictures(Protocol):
    """Pictures by name, wherever they lie."""

    names: list[str]
    unused: list[tuple[str, str]]
    """Other files that lie there, and why they are passed over."""

    def size(self, name: str) -> tuple[int, int]:
        """Read width and height of a picture as it is stored."""

    def decode(self, name: str, channels: int = COLOURS) -> Decoded:
        """Read a picture with so many channels, and what it was before."""

    def labels(self) -> dict[str, Label] | None:
        """Read a label for every picture, or None."""

    def class_names(self) -> tuple[str, ...]:
        """Read the names of the classes; empty where they have none."""


class ArrayPictures:
    """Pictures that came in one piece.

    Args:
        pixels: [N, r, r, 3] or [N, r, r] uint8.
        classes: [N] whole numbers.
    """

    def __init__(self, pixels: np.ndarray, classes: np.ndarray | None) -> None:
        self._pixels = pixels
        self._classes = classes
        self.unused: list[tuple[str, str]] = []
        digits = len(str(len(pixels) - 1))
        self.names = [f"{index:0{digits}d}.png" for index in range(len(pixels))]

    def size(self, name: str) -> tuple[int, int]:
        """Return width and height of every picture."""
        height, width = self._pixels.shape[1:3]
        return width, height

    def decode(self, name: str, channels: int = COLOURS) -> Decoded:
        """Read a picture, and what it was before."""
        picture = Image.fromarray(self._pixels[int(name.removesuffix(".png"))])
        return Decoded(with_channels(picture, channels), picture.mode)

    def labels(self) -> dict[str, Label] | None:
        """Return the class of every picture."""
        if self._classes is None:
            return None
        return dict(zip(self.names, self._classes.tolist(), strict=True))

    def class_names(self) -> tuple[str, ...]:
        """Give no names: the files have none."""
        return ()


@contextmanager
def open_pictures(path: Path, part: Part = "train") -> Iterator[Pictures]:
    """Open a folder, a zip, a CIFAR archive (binary version) or idx files, for a `with` block.

    Args:
        path: CIFAR: the `.tar.gz`, or its folder. MNIST: its folder, or the file of the pictures;
            the classes are read from the file beside it.
        part: Which pictures of CIFAR and MNIST.

    Raises:
        ValueError: Nothing of the kind is there, or it is damaged; the message says what to do.
    """
    if path.name.endswith(".mdb") or (path / "data.mdb").is_file():
        folder = path.parent if path.name.endswith(".mdb") else path
        raise ValueError(
            f"{folder} is an LMDB database, as LSUN comes: export its pictures with the tool of "
            f"github.com/fyu/lsun (python3 data.py export {folder} --out_dir FOLDER), then prepare "
            "that folder"
        )
    if _IDX_PICTURES.fullmatch(path.name):
        yield _idx(path)
    elif path.is_dir():
        names = sorted(file.name for file in path.iterdir())
        wanted = _idx_of_part(names, part)
        if any(_CIFAR_TRAIN.fullmatch(name) for name in names):
            yield _cifar_folder(path, part)
        elif "data_batch_1" in names:
            raise _pickled(path)
        elif wanted is not None:
            yield _idx(path / wanted)
        else:
            with PictureSource.open(path) as source:
                yield source
    elif path.is_file() and tarfile.is_tarfile(path):
        yield _cifar_archive(path, part)
    else:
        with PictureSource.open(path) as source:
            yield source


def _cifar_archive(path: Path, part: Part) -> ArrayPictures:
    blocks: dict[str, bytes] = {}
    pattern = _CIFAR_TRAIN if part == "train" else _CIFAR_TEST
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                if _CIFAR_PICKLES.search(member.name) and not member.name.endswith(".bin"):
                    raise _pickled(path)
                if pattern.fullmatch(Path(member.name).name) and member.isfile():
                    if member.size > _MOST_BYTES:
                        raise ValueError(f"{member.name} in {path} is no file of CIFAR: too large")
                    file = archive.extractfile(member)
                    blocks[member.name] = file.read() if file else b""
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise ValueError(f"{path} is not a whole archive: {error}") from None
    if not blocks:
        raise ValueError(f"{path} holds no pictures that can be read here; {_NO_PICTURES_HERE}")
    return _cifar(blocks, path)


def _cifar_folder(path: Path, part: Part) -> ArrayPictures:
    pattern = _CIFAR_TRAIN if part == "train" else _CIFAR_TEST
    files = [file for file in path.iterdir() if pattern.fullmatch(file.name)]
    if not files:
        raise ValueError(f"{path} holds no {part} pictures of CIFAR")
    return _cifar({file.name: file.read_bytes() for file in files}, path)


def _cifar(blocks: dict[str, bytes], path: Path) -> ArrayPictures:
    """Read records of one class (CIFAR-10), or a coarse and a fine one (CIFAR-100), and 3planes."""
    pixels, classes = [], []
    for name in sorted(blocks):
        class_bytes = 1 if "_batch" in Path(name).name else 2
        record = class_bytes + 3 * _CIFAR_PX**2
        if not blocks[name] or len(blocks[name]) % record:
            raise ValueError(f"{name} in {path} is not whole: no multiple of {record} bytes")
        rows = np.frombuffer(blocks[name], np.uint8).reshape(-1, record)
        classes.append(rows[:, class_bytes - 1])
        planes = rows[:, class_bytes:].reshape(-1, 3, _CIFAR_PX, _CIFAR_PX)
        pixels.append(planes.transpose(0, 2, 3, 1))
    return ArrayPictures(np.concatenate(pixels), np.concatenate(classes))


def _pickled(path: Path) -> ValueError:
    return ValueError(
        f"{path} is CIFAR's archive for Python, a pickle that could run anything and is not "
        "opened; download the binary version (cifar-10-binary.tar.gz, cifar-100-binary.tar.gz)"
    )


def _idx_of_part(names: list[str], part: Part) -> str | None:
    for name in names:
        match = _IDX_PICTURES.fullmatch(name)
        if match and (match["part"] == "train") == (part == "train"):
            return name
    return None


def _idx(path: Path) -> ArrayPictures:
    """Read MNIST's 28 pixels, with a black border like their background: a power of two."""
    pixels = _idx_array(path, dimensions=3)
    missing = (-pixels.shape[1] % 32, -pixels.shape[2] % 32)
    if max(missing) <= 4:
        low, high = missing[0] // 2, missing[1] // 2
        border = ((0, 0), (low, missing[0] - low), (high, missing[1] - high))
        pixels = np.pad(pixels, border)
    beside = path.name.replace("-images", "-labels").replace("idx3", "idx1")
    unpacked = beside.removesuffix(".gz")
    for name in (beside, unpacked, unpacked + ".gz"):
        if (path.parent / name).is_file():
            classes = _idx_array(path.parent / name, dimensions=1)
            if len(classes) != len(pixels):
                raise ValueError(
                    f"{name} has {len(classes)} classes for the {len(pixels)} pictures of {path}"
                )
            return ArrayPictures(pixels, classes)
    return ArrayPictures(pixels, None)


def _idx_array(path: Path, *, dimensions: int) -> np.ndarray:
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            head = file.read(4 + 4 * dimensions)
            if len(head) != 4 + 4 * dimensions or head[:4] != bytes((0, 0, 8, dimensions)):
                raise ValueError(f"{path} is no idx file of bytes in {dimensions} dimensions")
            shape = struct.unpack(f">{dimensions}I", head[4:])
            count = int(np.prod([float(side) for side in shape]))
            if not 0 < count <= _MOST_BYTES:
                raise ValueError(f"{path} claims to hold {count} bytes")
            data = file.read(count)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    if len(data) != count:
        raise ValueError(f"{path} is not whole: {len(data)} of {count} bytes")
    return np.frombuffer(data, np.uint8).reshape(shape)
