"""A file that grows frame by frame: under a name of its own until it is complete.

`x.mp4` is written as `x.part.mp4`. Whatever ends it early, that file stays, as far as it can be
played, and `Film.outcome` says what there is.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import av

from viz.export.codecs import (
    CODECS,
    Frame,
    PictureWriter,
    cut_to_fragments,
    playable_frames,
    repacked,
    writer_for,
)

if TYPE_CHECKING:
    from types import TracebackType


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has become of a film."""

    path: Path | None
    """Where it is; None: nothing was kept."""
    frames: int
    """That can be shown."""
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
        path: .mp4, .webm or .gif; without an ending a folder of PNG pictures. Its folder is made.
        fps: Frames a second, 1 … 240.
        session: Text of the session that the file is to carry; empty: none.
        still: The path is a single PNG picture.
        overwrite: Replace what is there; else that is an error.
        hurried: Encode faster, into a larger file.

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
    ) -> None:
        self.path = checked(path, still=still)
        if not 1 <= fps <= 240:
            raise ValueError(f"a film has 1 to 240 frames a second, got {fps}")
        self._overwrite = overwrite
        self._refuse_to_overwrite()
        path.parent.mkdir(parents=True, exist_ok=True)
        part = f"{path.stem}.part{path.suffix}" if path.suffix else f"{path.name}-part"
        self.draft = free_path(path.with_name(part))
        self._size: tuple[int, ...] | None = None
        self.frames = 0
        """Handed in so far."""
        self.outcome: Outcome | None = None
        """What has become of it; None while it is being written."""
        self._writer = writer_for(
            self.draft, fps=fps, session=session, still=still, hurried=hurried
        )

    def add(self, frame: Frame, at: int | None = None) -> None:
        """Write a frame, [height, width, 3 or 4] uint8; an odd last row or column is left out.

        Args:
            frame: The pixels.
            at: Its number, where some before it are left out: the one before is shown longer.

        Raises:
            ValueError: it is no frame, or not of the first one's size.
            OSError: it cannot be written.
        """
        if frame.ndim != 3 or frame.shape[2] not in (3, 4) or min(frame.shape[:2]) < 2:
            raise ValueError(f"a frame must be [height, width, 3 or 4], got {frame.shape}")
        if self._size is not None and frame.shape[:2] != self._size:
            raise ValueError(f"all frames must have the size {self._size}, got {frame.shape[:2]}")
        self._size = frame.shape[:2]
        height, width = (side // 2 * 2 for side in self._size)
        self._writer.add(frame[:height, :width, :3], at)
        self.frames += 1

    @property
    def bytes_written(self) -> int:
        """On the disk so far."""
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
            self._refuse_to_overwrite()
            if self.draft.is_dir() and self.path.is_dir():
                shutil.rmtree(self.path)
            self.draft.replace(self.path)
        except OSError:
            self.abandon()
            raise
        self.outcome = Outcome(self.path, self.frames, complete=True)

    def abandon(self) -> None:
        """End it early: what can be played stays under its draft's name."""
        with suppress(OSError, av.FFmpegError):  # what does not fit any more is lost
            self._writer.close()
        if self.draft.suffix.lower() == ".mp4" and self.draft.exists():
            cut_to_fragments(self.draft)
        shown = self._playable()
        if shown:
            self.outcome = Outcome(self.draft, shown, complete=False)
            return
        if self.draft.is_dir():
            shutil.rmtree(self.draft)
        self.draft.unlink(missing_ok=True)
        self.outcome = Outcome(None, 0, complete=False)

    def _playable(self) -> int:
        if self.draft.is_dir():
            return sum(1 for _ in self.draft.glob("*.png"))
        if not self.draft.exists() or self.draft.suffix.lower() not in CODECS:
            return 0
        return min(playable_frames(self.draft), self.frames)

    def _repack(self) -> None:
        """Make a complete MP4 one that every player can wind; without room for it, it stays."""
        if self.draft.suffix.lower() != ".mp4":
            return
        packed = free_path(self.draft.with_name(f".{self.draft.name}"))
        try:
            repacked(self.draft, packed)
            packed.replace(self.draft)
        except OSError:
            return  # a film of fragments is whole, too
        finally:
            packed.unlink(missing_ok=True)

    def _refuse_to_overwrite(self) -> None:
        if self.path.exists() and not self._overwrite:
            raise FileExistsError(f"{self.path} exists already; take another name or --overwrite")


def checked(path: Path, *, still: bool) -> Path:
    """The path, if something can be written with its ending.

    Raises:
        ValueError: nothing can.
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
    return path


def free_path(path: Path) -> Path:
    """The path, or with the first number behind its name that no file has yet."""
    numbered = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in count(2))
    return path if not path.exists() else next(one for one in numbered if not one.exists())
