"""Words of the command line, as in `radius=0.5,period=240`, and the settings they stand for."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from generator.arguments import (
    check_number,
    check_seed,
    check_whole,
    parse_pairs,
    parse_seeds,
)
from generator.labels import parse_label
from viz.protocol.slit_scan import COLUMN, ROW, Line
from viz.state.flight import Waypoint
from viz.state.inputs import MAX_LAYERS, SEEDS_PER_ROW
from viz.state.ranges import limits
from viz.state.recording import RecordedMotion

if TYPE_CHECKING:
    from viz.state.inputs import LatentState

MOST_SEEDS = 4096
"""Seeds that a list may have: as many as a session keeps."""

Number = TypeVar("Number", int, float)


def in_range(option: str, value: Number, owner: type, name: str) -> Number:
    """Return a number of the command line, if it fits the field of the state that takes it.

    Args:
        option: What the message calls it.
        value: The number.
        owner, name: The field.

    Raises:
        ValueError: it is out of the field's range.
    """
    low, high = limits(owner, name)
    if isinstance(value, int):
        check_whole(option, value, round(low), round(high))
    else:
        check_number(option, value, low, high)
    return value


def seeds_from(text: str, option: str) -> list[int]:
    """Read seeds like `0-15` or `1,5,20-29`.

    Raises:
        ValueError: the text is no such list, a number is no seed, or there are too many.
    """
    seeds = parse_seeds(text, option)
    if len(seeds) > MOST_SEEDS:
        raise ValueError(f"{option} takes at most {MOST_SEEDS} seeds, got {len(seeds)}")
    return seeds


def layers_from(text: str) -> list[int]:
    """Read indices into ws like `0-3` or `4,5,9`.

    Raises:
        ValueError: the text is no such list, or no network has so many layers.
    """
    layers = parse_seeds(text, "--layers")
    check_whole("--layers", max(layers), 0, MAX_LAYERS - 1)
    return layers


def set_seed(latent: LatentState, seed: int) -> None:
    """Go to a seed of the command line.

    Raises:
        ValueError: there is no such seed.
    """
    latent.y, latent.x = map(float, divmod(check_seed(seed), SEEDS_PER_ROW))


def set_classes(latent: LatentState, text: str, c_dim: int) -> None:
    """Take the class of the command line: `3`, `3:0.7,5:0.3` or `seed`.

    Raises:
        ValueError: the text is nothing of the kind, or there is no such class among `c_dim`.
    """
    label = parse_label(text, c_dim)
    latent.class_from_seed = label is None
    latent.class_index, latent.other_class, latent.class_blend = 0, -1, 0.0
    if label is None:
        return
    classes = label.nonzero()[:, 0].tolist()
    if len(classes) > 2 or abs(label.sum().item() - 1) > 1e-4:
        raise ValueError(f"--label takes one class, or two whose weights sum to 1; got {text!r}")
    latent.class_index = classes[0]
    if len(classes) > 1:
        latent.other_class, latent.class_blend = classes[1], label[classes[1]].item()


def pairs(text: str, known: dict[str, type], option: str) -> dict[str, Any]:
    """`name=value,name=value` as a dictionary; `on` alone is an empty one.

    Args:
        text: From the command line.
        known: Names and the types of their values.
        option: What the message calls it.

    Raises:
        ValueError: an unknown name, or a value that is none.
    """
    return {} if text == "on" else parse_pairs(text, known, option)


def rounds(period: float | None, frames: int, option: str) -> int:
    """Return the number of rounds of a period, in frames, in a recording.

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
        check_seed(round(seed), "a place's seed")
        last = Waypoint(x, y, picture_px, degrees, round(seed))
        places.append(last)
    return places
