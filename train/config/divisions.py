"""Ways to divide a training among the cores of a machine, and how fast each was; plain data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from train.words import counted

_RATE = re.compile(r"(?:(\d+) processes of )?(\d+) threads?: (\d+(?:\.\d+)?) images/s")


@dataclass(frozen=True)
class Division:
    """How a training uses the cores of a machine."""

    processes: int
    """Processes that share every batch."""
    threads: int
    """Threads of each."""

    def __str__(self) -> str:
        own = counted(self.threads, "thread")
        return own if self.processes == 1 else f"{self.processes} processes of {own}"


def possible_divisions(batch: int, cores: int) -> list[Division]:
    """List the ways to use the cores that can pay off, the fewest processes first.

    Args:
        batch: Pictures of a step.
        cores: Cores this process may use.
    """
    shared = [
        Division(count, cores // count)
        for count in range(1, cores + 1)
        if cores % count == 0 and batch % count == 0
    ]
    half = [Division(1, cores // 2)] if cores > 1 else []
    return [*half, *shared]


def rates_text(rates: Mapping[Division, float]) -> str:
    """Write how fast each division was, in pictures a second."""
    return "; ".join(f"{division}: {rate:.1f} images/s" for division, rate in rates.items())


def rates_of(text: str) -> dict[Division, float]:
    """Read what `rates_text` has written, wherever it stands in a text."""
    return {
        Division(int(match[1] or 1), int(match[2])): float(match[3])
        for match in _RATE.finditer(text)
    }
