"""Pictures in a folder or a zip, by name, with the labels beside them; read without PyTorch."""

import functools
import io
import json
import lzma
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from PIL import Image

from generator.files.atomic_files import open_regular
from generator.files.pictures import COLOURS, MODES, Decoded, decode, opened_picture

PICTURE_SUFFIXES = frozenset(
    ".png .jpg .jpeg .jpe .jfif .webp .avif .bmp .tif .tiff .gif".split()  # noqa: SIM905
)

_UNPACKING = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError)
"""Errors of a damaged archive."""
_LARGEST_BYTES = 512 << 20
"""Most bytes of a file, unpacked."""
_TABLE_BYTES, _TABLE_BYTES_EACH = 16 << 20, 8 << 10
"""Most bytes of `dataset.json`, and as many more for each picture."""
_TABLE_ENTRIES, _TABLE_ENTRIES_EACH = 1_000_000, 4
"""Most lists and objects in it, likewise."""
_ASK_EVERY = 256
"""Files after which somebody is asked whether to go on."""
LARGEST_LABEL = 1 << 16
"""Most classes, or numbers of a vector, that a network takes."""

PREVIEW_ENDING = "-preview.png"
"""Ending of the picture that `prepare` makes beside a data set."""

Label = int | list[float]


class PictureSource:
    """The pictures of a folder or a zip, by name, in sorted order.

    Attributes:
        names: The pictures, with `/` between folders.
        unused: Files and folders that are passed over, and why.
        complete: False if the search of a folder was ended early.
    """

    def __init__(
        self,
        path: Path,
        archive: zipfile.ZipFile | None,
        goes_on: Callable[[int], bool] = lambda _count: True,
    ) -> None:
        self.complete = True
        self.path = path
        self._archive = archive
        self.unused: list[tuple[str, str]] = []
        if archive is None:
            found, self.unused, self.complete = _files_below(path, goes_on)
            self._members = {name: name for name in sorted(found)}
        else:
            # Some programs write the separator of Windows into archives.
            slashed = ((name.replace("\\", "/"), name) for name in sorted(archive.namelist()))
            self._members = {name: stored for name, stored in slashed if not name.endswith("/")}
        self._root, has_table = self._find_table()
        self._table = f"{self._root}dataset.json" if has_table else None
        self.names = []
        for name in self._members:
            if name == self._table or _is_hidden(name):
                continue
            reason = self._why_not(name)
            if reason:
                self.unused.append((name, reason))
            else:
                self.names.append(name)

    def _find_table(self) -> tuple[str, bool]:
        """Find `dataset.json`: in the outermost folder, or in one that all pictures share."""
        pictures = [name for name in self._members if _is_picture(name) and not _is_hidden(name)]
        for folder in ("", *outer_folders(pictures)):
            if f"{folder}dataset.json" in self._members:
                return folder, True
        return "", False

    def _why_not(self, name: str) -> str:
        """Say why a file is no picture to learn from; empty where it is one."""
        if not _is_picture(name):
            return "no picture of a kind that is read"
        data_set = name.removesuffix(PREVIEW_ENDING) + ".zip"
        if name.endswith(PREVIEW_ENDING) and data_set in self._members:
            return f"the preview of {data_set}"
        return ""

    @classmethod
    @contextmanager
    def open(
        cls, path: Path, goes_on: Callable[[int], bool] = lambda _count: True
    ) -> Iterator["PictureSource"]:
        """Open a folder or zip for the time of a `with` block.

        Args:
            path: The folder or zip.
            goes_on: Called now and then with the number of files found so far; returns False to
                end the search.

        Raises:
            ValueError: There is no such folder, or the file is no zip.
        """
        if path.is_dir():
            yield cls(path, None, goes_on)
            return
        if not path.exists():
            raise ValueError(f"there is no folder or zip {path}")
        try:
            file = open_regular(path, "rb")
        except OSError as error:
            raise ValueError(f"{path} cannot be read: {error.strerror}") from None
        with file:
            try:
                archive = zipfile.ZipFile(file)
            # A foreign or damaged file surfaces as whatever the reader stumbled on, a version that
            # it does not know as NotImplementedError.
            except Exception as error:  # noqa: BLE001
                if isinstance(error, zipfile.BadZipFile):
                    raise ValueError(f"{path} is neither a folder nor a whole zip file") from None
                raise ValueError(f"{path} cannot be read: {_first_line(error)}") from None
            with archive:
                yield cls(path, archive)

    def _bytes(self, name: str, most: int = _LARGEST_BYTES) -> bytes:
        with self._stream(name) as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise ValueError(f"{name} in {self.path} has more than {most >> 20} MB; remove it")
        return data

    @contextmanager
    def _stream(self, name: str) -> Iterator[IO[bytes]]:
        stored = self._members[name]
        try:
            with (
                self._archive.open(stored) if self._archive else (self.path / stored).open("rb")
            ) as file:
                yield file
        # zipfile reports an unknown compression or a password as a RuntimeError.
        except (*_UNPACKING, RuntimeError, OSError) as error:
            raise ValueError(f"{name} in {self.path} cannot be read: {error}") from None

    def size(self, name: str) -> tuple[int, int]:
        """Read width and height of a picture as it is stored; only its header is looked at."""
        with (
            self._stream(name) as file,
            opened_picture(file, f"{name} in {self.path}", _UNPACKING) as picture,
        ):
            return picture.size

    def read(self, name: str) -> Image.Image:
        """Read a picture as `decode` does, with the channels of the data set."""
        return self.decode(name, self.channels).image

    def decode(self, name: str, channels: int = COLOURS) -> Decoded:
        """Read a picture in the colours of sRGB, and what it was before.

        Args:
            name: Which.
            channels: 1 for grey, 3 for colours, 4 for colours and opacity.

        Raises:
            ValueError: It cannot be read, or is too large; the message names it.
        """
        return decode(io.BytesIO(self._bytes(name)), f"{name} in {self.path}", channels)

    def labels(self) -> dict[str, Label] | None:
        """Read the labels of `dataset.json`, one for every picture; None without that file.

        Returns:
            Classes from 0, or vectors of one length.

        Raises:
            ValueError: The file is no such table, or a picture has no label.
        """
        if self._table is None:
            return None
        where = f"{self._table} in {self.path}"
        entries = self._stored_table.get("labels")
        if entries is None:
            return None
        pairs = entries.items() if isinstance(entries, dict) else entries
        try:
            labels = {str(name).replace("\\", "/"): label for name, label in pairs}
        except (TypeError, ValueError) as error:
            raise ValueError(
                f'{where} must be {{"labels": [["path", label], ...]}}: {error}'
            ) from None
        found = {}
        for name in self.names:
            inner = name.removeprefix(self._root)
            if inner not in labels:
                raise ValueError(f"{where} has no label for {inner}")
            found[name] = labels[inner]
        return _checked_labels(found, self.path)

    @functools.cached_property
    def channels(self) -> int:
        """Channels of the data set, as `prepare` notes them in `dataset.json`; 3 where it does not.

        Raises:
            ValueError: The note is no such number.
        """
        if self._table is None:
            return COLOURS
        channels = self._stored_table.get("channels", COLOURS)
        if type(channels) is not int or channels not in MODES:
            raise ValueError(
                f"channels in {self._table} in {self.path} must be 1, 3 or 4, got {channels!r:.40}"
            )
        return channels

    def class_names(self) -> tuple[str, ...]:
        """Read the names of the classes, as `prepare` writes them; empty where they have none."""
        if self._table is None:
            return ()
        names = self._stored_table.get("classes")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            return ()
        return tuple(names)

    @functools.cached_property
    def _stored_table(self) -> dict[str, Any]:
        """Read `dataset.json` within bounds: a small zip can unpack to gigabytes."""
        assert self._table is not None, "asked for where there is one"
        pictures = len(self.names)
        text = self._bytes(self._table, _TABLE_BYTES + _TABLE_BYTES_EACH * pictures)
        if text.count(b"[") + text.count(b"{") > _TABLE_ENTRIES + _TABLE_ENTRIES_EACH * pictures:
            raise ValueError(f"{self._table} in {self.path} has far more entries than pictures")
        try:
            table = json.loads(text)
            if isinstance(table, dict) and table.keys() & {"labels", "channels"}:
                return table
            reason = "there is no such list"
        except (ValueError, RecursionError) as error:
            reason = str(error)
        raise ValueError(
            f'{self._table} in {self.path} must be {{"labels": [["path", label], ...]}}: {reason}'
        )


def outer_folders(names: Sequence[str]) -> list[str]:
    """List the folders that all names lie in, the outermost first, each ending in `/`."""
    shared: list[str] = []
    if names:
        for parts in zip(*(PurePosixPath(name).parts[:-1] for name in names), strict=False):
            if len(set(parts)) > 1:
                break
            shared.append((shared[-1] if shared else "") + parts[0] + "/")
    return shared


def escaped(name: str) -> str:
    """Write a file name that is not UTF-8 as text: bytes that are no characters become `%FF`."""
    return "".join(
        f"%{ord(one) - 0xDC00:02X}" if 0xDC80 <= ord(one) <= 0xDCFF else one for one in name
    )


def _checked_labels(labels: dict[str, Any], path: Path) -> dict[str, Label]:
    """Make sure that all labels are classes, or all are vectors of one length.

    Whole numbers that a program has written as 1.0 are classes.
    """
    classes = {name: _as_class(label) for name, label in labels.items()}
    if all(label is not None for label in classes.values()):
        return {name: label for name, label in classes.items() if label is not None}
    lengths = {len(label) if isinstance(label, list) else 0 for label in labels.values()}
    numbers = lengths != {0} and all(
        _is_finite(value) for label in labels.values() if isinstance(label, list) for value in label
    )
    if len(lengths) != 1 or not numbers or max(lengths) > LARGEST_LABEL:
        raise ValueError(
            f"labels in {path} must be all whole numbers from 0 to {LARGEST_LABEL - 1}, or "
            "all vectors of one length, of finite numbers"
        )
    return labels


def _is_finite(value: object) -> bool:
    # JSON's true is an int to Python.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e38


def _as_class(label: object) -> int | None:
    if not isinstance(label, int | float) or isinstance(label, bool):
        return None
    return int(label) if 0 <= label < LARGEST_LABEL and label == int(label) else None


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _is_hidden(name: str) -> bool:
    """Return True for the name of a hidden file or of one of macOS's side files."""
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)


def _is_picture(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in PICTURE_SUFFIXES


def _files_below(
    folder: Path, goes_on: Callable[[int], bool]
) -> tuple[list[str], list[tuple[str, str]], bool]:
    """List the files of a folder and of those in it, what is passed over and why, and if all is.

    Linked folders are not followed: they can lead out of the folder, or into it again.
    """
    files: list[str] = []
    unused: list[tuple[str, str]] = []

    def cannot(error: OSError) -> None:
        name = Path(error.filename).relative_to(folder).as_posix()
        unused.append((name, f"cannot be read: {error.strerror}"))

    complete = True
    for current, folders, names in os.walk(folder, onerror=cannot):
        complete = goes_on(len(files))
        inside = Path(current).relative_to(folder)
        for name in folders:
            if (Path(current) / name).is_symlink():
                where = os.path.realpath(Path(current) / name)
                reason = f"a link to the folder {where}; prepare that, or copy its pictures here"
                unused.append(((inside / name).as_posix(), reason))
        for index, name in enumerate(names):
            complete = complete and (index % _ASK_EVERY > 0 or goes_on(len(files)))
            if not complete:
                break
            path = Path(current) / name
            if path.is_file():
                files.append((inside / name).as_posix())
            else:
                reason = "a link that leads nowhere" if path.is_symlink() else "no file"
                unused.append(((inside / name).as_posix(), reason))
        if not complete:
            break
    shown = [(name, reason) for name, reason in unused if not _is_hidden(name)]
    return files, shown, complete
