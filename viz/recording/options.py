"""Words of the command line, as in `radius=0.5,period=240`, and the settings they stand for."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from generator.commands.pictures import parse_seeds
from viz.protocol.slit_scan import COLUMN, ROW, Line
from viz.state.flight import Waypoint
from viz.state.inputs import SEED_COUNT, SEEDS_PER_ROW
from viz.state.ranges import limits
from viz.state.recording import RecordedMotion

if TYPE_CHECKING:
    from viz.state.inputs import LatentState

MOST_SEEDS = 4096
"""Seeds that a list may have: as many as a session keeps."""

Number = TypeVar("Number", int, float)


def in_range(option: str, value: Number, owner: type, name: str) -> Number:
    """A number of the command line, if it fits the field of the state that takes it.

    Args:
        option: What the message calls it.
        value: The number; not a number (NaN) fits nowhere.
        owner, name: The field.

    Raises:
        ValueError: it is out of the field's range.
    """
    return _between(option, value, *limits(owner, name))


def _between(option: str, value: Number, low: float, high: float) -> Number:
    if not low <= value <= high:
        raise ValueError(f"{option} must be {low:.10g} to {high:.10g}, got {value:.10g}")
    return value


def seeds_from(text: str, option: str, highest: int = SEED_COUNT - 1) -> list[int]:
    """Whole numbers and ranges like `0-15` or `1,5,20-29`.

    Raises:
        ValueError: the text is nothing of the kind, or has numbers that are too high, or too many.
    """
    try:
        seeds = parse_seeds(text)
    except ValueError as error:
        raise ValueError(f"{option}: {error}") from None
    _between(option, max(seeds), 0, highest)
    if len(seeds) > MOST_SEEDS:
        raise ValueError(f"{option} takes at most {MOST_SEEDS} numbers, got {len(seeds)}")
    return seeds


def set_seed(latent: LatentState, seed: int) -> None:
    """Go to a seed of the command line.

    Raises:
        ValueError: there is no such seed.
    """
    _between("--seed", seed, 0, SEED_COUNT - 1)
    latent.y, latent.x = map(float, divmod(seed, SEEDS_PER_ROW))


def set_classes(latent: LatentState, text: str | None) -> None:
    """Take the class of the command line: `3`, `3:0.7,5:0.3` or `seed`; None: class 0.

    Raises:
        ValueError: the text is nothing of the kind.
    """
    latent.class_from_seed = text == "seed"
    latent.class_index, latent.other_class, latent.class_blend = 0, -1, 0.0
    if text is None or latent.class_from_seed:
        return
    found: dict[int, float] = {}
    for part in text.split(","):
        index, colon, weight = (one.strip() for one in part.partition(":"))
        try:
            if not (index.isascii() and index.isdecimal()):
                raise ValueError("no class")
            found[int(index)] = float(weight) if colon else 1.0
        except ValueError:
            raise ValueError(
                f"--label is the number of a class, two as in 3:0.7,5:0.3, or seed; got {text!r}"
            ) from None
    if len(found) > 2 or not all(math.isfinite(one) and one > 0 for one in found.values()):
        raise ValueError(f"--label takes one or two classes of weights above 0, got {text!r}")
    classes = list(found)
    in_range("--label", max(classes), type(latent), "class_index")
    latent.class_index = classes[0]
    if len(classes) > 1:
        latent.other_class = classes[1]
        latent.class_blend = found[classes[1]] / sum(found.values())


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
        _between("a place's seed", seed, 0, SEED_COUNT - 1)
        last = Waypoint(x, y, picture_px, degrees, round(seed))
        places.append(last)
    return places
