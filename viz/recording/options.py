"""Words of the command line, as in `radius=0.5,period=240`, and the settings they stand for."""

from __future__ import annotations

import math
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
from viz.state.inputs import MAX_LAYERS, SEEDS_PER_ROW, ClassWeight, LatentState
from viz.state.ranges import limits
from viz.state.set_motion import set_shift, set_turn, set_walk

if TYPE_CHECKING:
    from viz.state.app_state import AppState, Easing

MOST_SEEDS = 4096
"""Seeds that a list may have: as many as a session keeps."""

MOST_SHIFT = 2.0
"""Farthest end of a shift, in picture widths."""

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
    """Take the class of the command line: `3`, `3:0.7,5:0.2,8:0.1` or `seed`.

    Raises:
        ValueError: the text is nothing of the kind, or there is no such class among `c_dim`.
    """
    label = parse_label(text, c_dim)
    latent.class_from_seed = label is None
    latent.class_index, latent.other_class, latent.class_blend = 0, -1, 0.0
    latent.class_weights = []
    if label is None:
        return
    classes = label.nonzero()[:, 0].tolist()
    latent.class_index = classes[0]
    if len(classes) > 1 or label[classes[0]] != 1:
        latent.class_weights = [ClassWeight(one, label[one].item()) for one in classes]


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
    if count > frames:
        raise ValueError(f"{option}: a period lasts one frame at least, got {period:g}")
    if round(count) < 1 or abs(count - round(count)) > 1e-6:
        closing = max(1, round(count)) * max(1, round(period))
        raise ValueError(
            f"{option}: {frames} frames hold no whole number of periods of {period:g}, so the film "
            f"would not close; take --frames {closing}"
        )
    return round(count)


def set_motion(
    state: AppState, *, walk: str | None, shift: str | None, turn: str | None, easing: Easing
) -> None:
    """Let a state move as the command line says, in periods of its recording's length or parts.

    Raises:
        ValueError: one of the texts cannot be understood, or a value is out of range.
    """
    state.easing = easing
    if walk is not None:
        names = {"radius": float, "period": float, "waves": int, "seed": int}
        given, period_s = _given(state, walk, names, "--walk")
        for name, value in given.items():
            in_range(f"--walk: {name}", value, LatentState, f"walk_{name}")
        set_walk(state, period_s, **given)
    if shift is not None:
        names = {"x": float, "y": float, "period": float, "path": str}
        given, period_s = _given(state, shift, names, "--shift")
        if given.get("path", "line") not in ("line", "circle"):
            raise ValueError(f"--shift: path is line or circle, got {given['path']!r}")
        for name in ("x", "y"):
            check_number(f"--shift: {name}", given.get(name, 0.0), -MOST_SHIFT, MOST_SHIFT)
        set_shift(state, period_s, **given)
    if turn is not None:
        given, period_s = _given(state, turn, {"degrees": float, "period": float}, "--turn")
        degrees = check_number("--turn: degrees", given.get("degrees", 360.0), -360.0, 360.0)
        set_turn(state, period_s, math.radians(degrees), all_round=abs(degrees) == 360)


def _given(
    state: AppState, text: str, names: dict[str, type], option: str
) -> tuple[dict[str, Any], float]:
    """Read an option of the motion, and the seconds that a round of it takes."""
    given, recording = pairs(text, names, option), state.recording
    count = rounds(given.pop("period", None), recording.frames, option)
    return given, recording.frames / count / recording.fps


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
