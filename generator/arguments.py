"""Numbers and short lists of the command lines, checked in one way by every program."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_SEED = 2**32 - 1
MAX_SEEDS = 100_000
"""Most seeds of one list."""
PSI_RANGE = (-1.0, 2.0)


def check_whole(option: str, value: int, low: int, high: int) -> int:
    """Return a whole number of an option, if it is within its range.

    Args:
        option: What the message calls it.
        value: From the command line.
        low, high: The closed range.

    Raises:
        ValueError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{option} must be a whole number, got {value!s:.40}")
    if not low <= value <= high:
        raise ValueError(f"{option} must be {low:,} to {high:,}, got {_short(value)}")
    return value


def check_number(option: str, value: float, low: float, high: float) -> float:
    """Return a number of an option, if it is finite and within its range.

    Raises:
        ValueError: it is not.
    """
    if not math.isfinite(value) or not low <= value <= high:
        raise ValueError(f"{option} must be {low:g} to {high:g}, got {value:g}")
    return value


def check_seed(value: int, option: str = "--seed") -> int:
    """Return a seed, if it is 0 to 2³² − 1."""
    if not 0 <= value <= MAX_SEED:
        raise ValueError(f"{option} must be 0 to {MAX_SEED}, got {_short(value)}")
    return value


def check_psi(value: float, option: str = "--psi") -> float:
    """Return a truncation, if it is within `PSI_RANGE`."""
    return check_number(option, value, *PSI_RANGE)


def parse_seeds(text: str, option: str = "--seeds") -> list[int]:
    """Read whole numbers and ranges: "1,5,20-22" is [1, 5, 20, 21, 22].

    Raises:
        ValueError: the text is no such list, a number is no seed, or there are too many.
    """
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = (word.strip() for word in part.partition("-"))
        if not _is_whole(first) or (dash and not _is_whole(last)):
            raise ValueError(f"{option} takes seeds like 0-15 or 1,5,20-29, got {text!r:.60}")
        low = check_seed(int(first), option)
        high = check_seed(int(last), option) if dash else low
        if high < low:
            raise ValueError(f"{option}: the range {part.strip()} ends before it begins")
        if len(seeds) + high - low >= MAX_SEEDS:
            raise ValueError(f"{option}: more than {MAX_SEEDS:,} seeds")
        seeds.extend(range(low, high + 1))
    return seeds


def parse_pairs(text: str, known: Mapping[str, type], option: str) -> dict[str, Any]:
    """Read values by name: "x=0.25,degrees=30" is {"x": 0.25, "degrees": 30.0}.

    Args:
        text: From the command line.
        known: Names and the types of their values.
        option: What the message calls it.

    Raises:
        ValueError: a name is unknown or comes twice, or a value is of another type or not finite.
    """
    found: dict[str, Any] = {}
    for part in text.split(","):
        name, equals, value = (word.strip() for word in part.partition("="))
        if name not in known or not equals:
            names = ", ".join(f"{one}=…" for one in known)
            raise ValueError(f"{option} takes any of {names}, comma-separated; got {part!r:.40}")
        if name in found:
            raise ValueError(f"{option}: {name} comes twice")
        try:
            found[name] = known[name](value)
        except ValueError:
            raise ValueError(f"{option}: {name} must be a number, got {value!r:.40}") from None
        if known[name] is float and not math.isfinite(found[name]):
            raise ValueError(f"{option}: {name} must be a finite number, got {value!r:.40}")
    return found


def _is_whole(text: str) -> bool:
    """Return whether a text is a whole number with no more digits than a seed may have."""
    return text.isascii() and text.isdecimal() and len(text) <= 20


def _short(value: int) -> str:
    return str(value) if abs(value) < 10**30 else "a number of more than 30 digits"
