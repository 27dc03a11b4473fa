"""A file that grows frame by frame: under a name of its own until it is complete.

`x.mp4` is written as `x.part.mp4`. Whatever ends it early, that file stays, as far as it can be
played, and `Film.outcome` says what there is.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from errno import EIO
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING

from viz.export.codecs import (
    CODECS,
    FRAGMENTED,
    Frame,
    PictureWriter,
    count_frames,
    cut_to_fragments,
    encoder_options,
    is_numbered,
    playable_frames,
    repacked,
    writer_for,
)

if TYPE_CHECKING:
    from types import TracebackType

    from viz.state.recording import Quality


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of writing a film."""

    path: Path | None
    """Path of the file or folder; None if nothing was kept."""
    frames: int
    """Number of frames that can be played."""
    complete: bool

    def __str__(self) -> str:
        if self.path is None:
            return "nothing was kept"
        if self.complete:
            return f"wrote {self.path}"
        return f"{self.path} holds the first {self.frames} frames"


class Film:
    """Writes frames to a film, a folder of pictures or a picture, depending on the path's ending.

    As a context manager it is completed at the end of the block, or left as far as it got when the
    block is left early.

    Args:
        path: .mp4, .webm, .mov or .gif; without an ending a folder of PNG pictures. The folder
            around it is made.
        fps: Frames a second, 1 … 240.
        session: Text of the session that the file is to carry; empty: none.
        still: The path is a single PNG picture.
        overwrite: Replace the file, or the folder of pictures of a film, that is there; else that
            is an error.
        hurried: Encode faster, into a larger file.
        quality: How closely an MP4 or WebM film follows its frames.

    Raises:
        ValueError: nothing is known to write with that ending.
        OSError: it cannot be written there, or exists.
    """

    def __init__(
        self,
        path: Path,
        *,
        fps: int = 30,
        session: str = "",
        still: bool = False,
        overwrite: bool = False,
        hurried: bool = False,
        quality: Quality = "good",
    ) -> None:
        self.path = checked(path, still=still, overwrite=overwrite)
        if not 1 <= fps <= 240:
            raise ValueError(f"a film has 1 to 240 frames a second, got {fps}")
        self._still = still
        self._overwrite = overwrite
        self._size: tuple[int, ...] | None = None
        self.frames = 0
        """Number of frames added so far."""
        self.outcome: Outcome | None = None
        """Outcome of the film; None while it is being written."""
        options = encoder_options(path, quality, hurried=hurried)
        part = f"{path.stem}.part{path.suffix}" if path.suffix else f"{path.name}-part"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.draft = free_path(path.with_name(part))
            self._writer = writer_for(
                self.draft, fps=fps, session=session, still=still, options=options
            )
        except OSError as error:
            raise OSError(f"{path} cannot be written: {error.strerror or error}") from error

    def add(self, frame: Frame, at: int | None = None) -> None:
        """Write a frame, [height, width, 3 or 4] uint8; an odd last row or column is left out.

        PNG pictures, WebM and QuickTime films keep the opacity of frames that have one.

        Args:
            frame: The pixels.
            at: Its number, where some before it are left out: the one before is shown longer.

        Raises:
            ValueError: it is no frame, or not of the first one's size.
            OSError: it cannot be written.
        """
        if frame.ndim != 3 or frame.shape[2] not in (3, 4) or min(frame.shape[:2]) < 2:
            raise ValueError(f"a frame must be [height, width, 3 or 4], got {frame.shape}")
        if self._size is not None and frame.shape != self._size:
            raise ValueError(f"all frames must have the size {self._size}, got {frame.shape}")
        self._size = frame.shape
        height, width = (side // 2 * 2 for side in frame.shape[:2])
        self._writer.add(frame[:height, :width], at)
        self.frames += 1

    @property
    def bytes_written(self) -> int:
        """Number of bytes on the disk so far."""
        if isinstance(self._writer, PictureWriter):
            return self._writer.bytes_written
        return self.draft.stat().st_size if self.draft.exists() else 0

    def __enter__(self) -> Film:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.abandon()
        else:
            self.finish()

    def finish(self) -> None:
        """Complete the file and give it its name.

        Raises:
            ValueError: there is no frame in it.
            OSError: it cannot be completed; then what there is stays as after `abandon`.
        """
        if not self.frames:
            self.abandon()
            raise ValueError("a clip needs at least one frame")
        try:
            self._writer.close()
            self._repack()
            self._check_whole()
            checked(self.path, still=self._still, overwrite=self._overwrite)
            if self.path.is_dir():
                for picture in self.path.iterdir():
                    picture.unlink()
                self.path.rmdir()
            self.draft.replace(self.path)
        except BaseException:
            self.abandon()
            raise
        self.outcome = Outcome(self.path, self.frames, complete=True)

    def abandon(self) -> None:
        """End it early: what can be played stays under its draft's name."""
        with suppress(OSError):  # what does not fit any more is lost
            self._writer.close()
        if self.draft.suffix.lower() in FRAGMENTED and self.draft.exists():
            cut_to_fragments(self.draft)
        shown = self._playable()
        if shown:
            self.outcome = Outcome(self.draft, shown, complete=False)
            return
        with suppress(OSError):
            if self.draft.is_dir():
                self.draft.rmdir()
            else:
                self.draft.unlink(missing_ok=True)
        self.outcome = Outcome(None, 0, complete=False)

    def _playable(self) -> int:
        if self.draft.is_dir():
            return sum(map(is_numbered, self.draft.iterdir()))
        if not self.draft.exists() or self.draft.suffix.lower() not in CODECS:
            return 0
        return min(playable_frames(self.draft), self.frames)

    def _repack(self) -> None:
        """Make a film of fragments one that every player can wind; without room, it stays."""
        if self.draft.suffix.lower() not in FRAGMENTED:
            return
        packed = free_path(self.draft.with_name(f".{self.draft.name}"))
        try:
            repacked(self.draft, packed)
            if count_frames(packed) == self.frames:
                packed.replace(self.draft)
        except OSError:
            return  # a film of fragments is whole, too
        finally:
            packed.unlink(missing_ok=True)

    def _check_whole(self) -> None:
        """Compare what can be played with what was handed in, whatever lost it.

        Raises:
            OSError: frames are missing.
        """
        if self.draft.suffix.lower() not in CODECS:
            return  # pictures are complete one by one
        found = count_frames(self.draft)
        if found < self.frames:
            raise OSError(EIO, f"only {found} of {self.frames} frames were written")


def checked(path: Path, *, still: bool, overwrite: bool = True) -> Path:
    """The path, if its ending is known and what is there may be replaced.

    Args:
        path: A film's, a folder's or a picture's.
        still: It is a single picture.
        overwrite: Whether a file, or a folder with nothing but the pictures of a film, that is
            there may be replaced.

    Raises:
        ValueError: nothing is known to write with that ending.
        OSError: something is there that is not to be replaced.
    """
    suffix = path.suffix.lower()
    if still and suffix != ".png":
        raise ValueError(f"a picture must end in .png, got {path.name}")
    if not still and suffix and suffix not in CODECS:
        endings = ", ".join(CODECS)
        raise ValueError(
            f"a film ends in {endings}, or has no ending for a folder of PNG pictures, "
            f"got {path.name}"
        )
    if path.exists() or path.is_symlink():
        if not overwrite:
            raise FileExistsError(f"{path} exists already; take another name or --overwrite")
        _refuse_foreign(path, is_folder=not suffix)
    return path


def _refuse_foreign(path: Path, *, is_folder: bool) -> None:
    """Raise an OSError where replacing a path would take more away than a recording of before."""
    if path.is_dir() and not is_folder:
        raise IsADirectoryError(f"{path} is a folder; take another name")
    if is_folder and (path.is_symlink() or not path.is_dir()):
        raise NotADirectoryError(f"{path} is no folder; take another name")
    if not is_folder:
        return
    others = (one for one in path.iterdir() if not is_numbered(one) or not one.is_file())
    names = ", ".join(one.name for one in islice(others, 3))
    if names:
        raise FileExistsError(
            f"{path} holds more than the pictures of a film ({names}); take another name"
        )


def free_path(path: Path) -> Path:
    """The path, or with the first number behind its name that no file has yet."""
    numbered = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in count(2))
    return path if not path.exists() else next(one for one in numbered if not one.exists())
