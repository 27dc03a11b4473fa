"""What the line to a worker elsewhere carries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Traffic:
    """Bytes and times of a line so far."""

    received_bytes: int
    sent_bytes: int
    round_trip_s: float | None
    """Shortest of the last pings; None before the first answer."""
    bytes_per_s: float | None
    """What the line was last seen to carry towards the other end; None: not known yet."""
