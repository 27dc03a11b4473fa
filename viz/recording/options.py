"""Words of the command line, as in `radius=0.5,period=240`, and the settings they stand for."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

from viz.protocol.slit_scan import COLUMN, ROW, Line
from viz.state.app_state import KeyframeState, TimelineState
from viz.state.flight import Waypoint
from viz.state.ranges import limits
from viz.state.recording import RecordedMotion

KEYFRAME_S = 2.0


def pairs(text: str, known: dict[str, type], option: str) -> dict[str, Any]:
    """`name=value,name=value` as a dictionary; `on` alone is an empty one.

    Args:
        text: From the command line.
        known: Names and the types of their values.
        option: What the message calls it.

    Raises:
        ValueError: an unknown name, or a value that is none.
    """
    found: dict[str, Any] = {}
    if text == "on":
        return found
    for part in text.split(","):
        name, equals, value = (one.strip() for one in part.partition("="))
        if name not in known or not equals:
            names = ", ".join(f"{one}=…" for one in known)
            raise ValueError(
                f"{option} takes `on` or any of {names}, comma-separated; got {part!r}"
            )
        try:
            found[name] = known[name](value)
        except ValueError:
            raise ValueError(f"{option}: {name} must be a number, got {value!r}") from None
        if known[name] is float and not math.isfinite(found[name]):
            raise ValueError(f"{option}: {name} must be a finite number, got {value!r}")
    return found


def rounds(period: float | None, frames: int, option: str) -> int:
    """How many rounds of a period, in frames, a recording has.

    Raises:
        ValueError: no whole number of them, so the recording would not close.
    """
    if period is None:
        return 1
    count = frames / period if period > 0 else 0.0
    if round(count) < 1 or abs(count - round(count)) > 1e-6:
        closing = max(1, round(count)) * max(1, round(period))
        raise ValueError(
            f"{option}: {frames} frames hold no whole number of periods of {period:g}, so the film "
            f"would not close; take --frames {closing}"
        )
    return round(count)


def motion_from(
    *, walk: str | None, shift: str | None, turn: str | None, easing: str, frames: int
) -> RecordedMotion:
    """The motion of the command line.

    Raises:
        ValueError: one of the texts cannot be understood, or a value is out of range.
    """
    motion = RecordedMotion(
        walk=walk is not None, easing="smooth" if easing == "smooth" else "steady"
    )
    if walk is not None:
        given = pairs(walk, {"radius": float, "period": float, "waves": int, "seed": int}, "--walk")
        _take(motion, "walk", given, frames, "--walk")
    if shift is not None:
        given = pairs(shift, {"x": float, "y": float, "period": float, "path": str}, "--shift")
        motion.shift = True
        _take(motion, "shift", given, frames, "--shift")
    if turn is not None:
        given = pairs(turn, {"degrees": float, "period": float}, "--turn")
        motion.turn = True
        degrees = given.pop("degrees", 360.0)
        motion.turn_path = "round" if abs(degrees) == 360 else "swing"
        motion.turn_angle_rad = math.radians(degrees)
        _take(motion, "turn", given, frames, "--turn")
    _check(motion)
    return motion


def _take(
    motion: RecordedMotion, part: str, given: dict[str, Any], frames: int, option: str
) -> None:
    setattr(motion, f"{part}_rounds", rounds(given.pop("period", None), frames, option))
    for name, value in given.items():
        setattr(motion, f"{part}_{name}", value)


def _check(motion: RecordedMotion) -> None:
    if motion.shift_path not in ("line", "circle"):
        raise ValueError(f"--shift: path is line or circle, got {motion.shift_path!r}")
    for field in fields(motion):
        value, (low, high) = getattr(motion, field.name), limits(motion, field.name)
        if isinstance(value, int | float) and not low <= value <= high:
            raise ValueError(f"{field.name} must be {low:g} to {high:g}, got {value:g}")


def line_from(text: str) -> Line:
    """`column`, `row`, or a line as `x0,y0,x1,y1` in fractions of the picture.

    Raises:
        ValueError: it is none of these.
    """
    named = {"column": COLUMN, "row": ROW}
    if text in named:
        return named[text]
    try:
        x0, y0, x1, y1 = (float(part) for part in text.split(","))
    except ValueError:
        raise ValueError(
            f"a line is column, row or x0,y0,x1,y1 in fractions of the picture, got {text!r}"
        ) from None
    if not all(0 <= part <= 1 for part in (x0, y0, x1, y1)):
        raise ValueError(f"a line lies within the picture, 0 to 1, got {text}")
    return x0, y0, x1, y1


def timeline_through(seeds: list[int]) -> TimelineState:
    """A closed path through seeds, each as far from the next."""
    frames = [KeyframeState(float(seed), 0.0, KEYFRAME_S * i) for i, seed in enumerate(seeds)]
    return TimelineState(frames=frames, closed=True, closing_s=KEYFRAME_S)


def waypoints_from(text: str) -> list[Waypoint]:
    """Places on the atlas of a text such as `0,0 3,-1,512 5,2,256,90,17`.

    What is left out is as at the place before.

    Raises:
        ValueError: the text is nothing of the kind.
    """
    last = Waypoint(0.0, 0.0, 256.0, 0.0, 0)
    places: list[Waypoint] = []
    for part in text.split():
        given = part.split(",")
        defaults = [last.x, last.y, last.picture_px, last.degrees, float(last.seed)]
        try:
            numbers = [float(one) for one in given]
        except ValueError:
            numbers = []
        if not 2 <= len(numbers) <= len(defaults) or not all(map(math.isfinite, numbers)):
            raise ValueError(
                f'places look like "0,0 3,-1,512 5,2,256,90,17" (x,y,pixels,degrees,seed), '
                f"got {part!r:.40}"
            )
        x, y, picture_px, degrees, seed = numbers + defaults[len(numbers) :]
        last = Waypoint(x, y, picture_px, degrees, round(seed))
        places.append(last)
    return places
