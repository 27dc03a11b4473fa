"""Options of the command line."""

from __future__ import annotations

import argparse
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from viz.wire.address import SCHEME, Address, parse_address


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options that the visualizer starts with."""

    networks: tuple[str, ...] = ()
    """Files, run folders or `bundled:NAME`; none: the bundled ones."""
    session: Path | None = None
    """Session file to open."""
    trust: bool = False
    """Read the networks that the session names, wherever they lie, without asking."""
    fresh: bool = False
    """Start as the first time: no session, layout or look of earlier runs."""
    offscreen: bool = False
    """Draw without any display."""
    screenshot: Path | None = None
    """Write the settled window to this PNG, and end."""
    clip: Path | None = None
    """Write a few seconds of the window to this MP4, and end."""
    clip_seconds: float = 4.0
    size: tuple[int, int] = (1600, 900)
    """Window size in pixels."""
    device: str = "auto"
    theme: Literal["dark", "light"] | None = None
    """None: as the session says."""
    worker: str = ""
    """Command that starts the worker elsewhere, or the address that one listens on; empty: it is a
    process of this machine."""


LONGEST_CLIP_S = 3600.0


def window_size(text: str) -> tuple[int, int]:
    """Parse a size like `1600x900` to two numbers.

    Raises:
        argparse.ArgumentTypeError: it is not of that form, or out of range.
    """
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError(f"a size looks like 1600x900, got {text!r}")
    if not all(320 <= int(side) <= 7680 for side in (width, height)):
        raise argparse.ArgumentTypeError(f"a size must be 320 to 7680 pixels a side, got {text}")
    return int(width), int(height)


def clip_seconds(text: str) -> float:
    """Parse the length of a clip.

    Raises:
        argparse.ArgumentTypeError: it is no number, or out of range.
    """
    try:
        seconds = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"seconds are a number, got {text!r}") from None
    if not 0 < seconds <= LONGEST_CLIP_S:
        raise argparse.ArgumentTypeError(
            f"a clip must be longer than 0 and at most {LONGEST_CLIP_S:.0f} s, got {text}"
        )
    return seconds


def device_name(text: str) -> str:
    """Parse a device's name; a missing device is noticed when it is used.

    Raises:
        argparse.ArgumentTypeError: no device is ever called that.
    """
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d{1,3})?", text):
        raise argparse.ArgumentTypeError(
            f"a device is auto, cpu, cuda, cuda:N or mps, got {text!r}"
        )
    return text


def worker_command(text: str) -> str:
    """Parse the command that starts a worker, or the address that one listens on.

    Raises:
        argparse.ArgumentTypeError: it is neither.
    """
    if text.startswith(SCHEME):
        return str(listening_address(text))
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"the command cannot be read: {error}") from None
    if not words:
        raise argparse.ArgumentTypeError("the command is empty")
    return text


def listening_address(text: str) -> Address:
    """Parse an address of this machine, `127.0.0.1:PORT`.

    Raises:
        argparse.ArgumentTypeError: it is none, or one that others can reach.
    """
    try:
        return parse_address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def screenshot_path(text: str) -> Path:
    """Parse the path of a screenshot, which ends in .png.

    Raises:
        argparse.ArgumentTypeError: it ends otherwise.
    """
    return _ending(text, "screenshot", ".png")


def clip_path(text: str) -> Path:
    """Parse the path of a clip, which ends in .mp4.

    Raises:
        argparse.ArgumentTypeError: it ends otherwise.
    """
    return _ending(text, "clip", ".mp4")


def _ending(text: str, what: str, suffix: str) -> Path:
    path = Path(text)
    if path.suffix.lower() != suffix:
        raise argparse.ArgumentTypeError(f"a {what} must end in {suffix}, got {text}")
    return path
