"""Averages of a run's weights as sources of networks: `average:0.0800:/path/of/run`."""

from __future__ import annotations

import math
from dataclasses import dataclass

from train.config.training import LONGEST, SHORTEST

PREFIX = "average:"


@dataclass(frozen=True)
class AverageSource:
    """A run, and the length of the average of its weights."""

    run: str
    """Its folder."""
    length: float
    """As a share of the training, within what `train.averages` takes."""

    def __str__(self) -> str:
        return f"{PREFIX}{self.length:.4f}:{self.run}"


def average_of(source: str) -> AverageSource | None:
    """Read a source; None if it is none of an average. A length out of range is clamped."""
    if not source.startswith(PREFIX):
        return None
    text, _, run = source.removeprefix(PREFIX).partition(":")
    try:
        length = float(text)
    except ValueError:
        return None
    if not run or not math.isfinite(length):
        return None
    return AverageSource(run, min(max(length, SHORTEST), LONGEST))


def file_of(source: str) -> str:
    """Return the file or folder that a source is read from; of other sources all of it."""
    average = average_of(source)
    return source if average is None else average.run


def family_of(source: str) -> str:
    """Name what stays the same while the length of an average is chosen."""
    average = average_of(source)
    return source if average is None else f"{PREFIX}{average.run}"
