"""Flights over the atlas: the timeline's path through places, magnifications and turns.

The keyframes' places in latent space, truncation and times are those of the timeline; here is what
it means for where one looks. Pure: the same for the window, frame by frame, and for films.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from viz.state.app_state import AppState, AtlasState, KeyframeState, TimelineState
from viz.state.inputs import SEEDS_PER_ROW
from viz.state.ranges import limits
from viz.state.timeline import angle_at, eased_position_s, plays, weighted_frames

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Waypoint:
    """A place on the plane, as a command line names it."""

    x: float
    """Position in picture widths right of the trained picture's middle."""
    y: float
    """Downwards."""
    picture_px: float
    """Width of a picture on the screen, pixels."""
    degrees: float
    """The plane turned, anticlockwise."""
    seed: int


def atlas_at(timeline: TimelineState, position_s: float, atlas: AtlasState) -> AtlasState:
    """Return the view at a point of the path; `atlas` itself without keyframes.

    Magnifications are blended by their logarithms: the flight rises and falls evenly.
    """
    weighted = weighted_frames(timeline, position_s)
    if not weighted:
        return atlas

    def blend(name: str) -> float:
        return sum(weight * getattr(frame, name) for frame, weight in weighted)

    def within(name: str, value: float) -> float:
        low, high = limits(AtlasState, name)
        return min(max(value, low), high)

    log_px = sum(weight * math.log(frame.picture_px) for frame, weight in weighted)
    return replace(
        atlas,
        x=within("x", blend("place_x")),
        y=within("y", blend("place_y")),
        angle_rad=within("angle_rad", angle_at(timeline, position_s, "plane_rad")),
        picture_px=within("picture_px", math.exp(log_px)),
    )


def atlas_shown(state: AppState) -> AtlasState:
    """Return the present view: the path's while it is followed, else the one set by hand."""
    timeline = state.timeline
    if plays(timeline) and timeline.moves_atlas:
        return atlas_at(timeline, eased_position_s(state), state.atlas)
    return state.atlas


def take_over(state: AppState) -> None:
    """Leave a path that flies over the atlas, and go on by hand from where it is."""
    if state.timeline.on and state.timeline.moves_atlas:
        state.atlas = atlas_shown(state)
        state.timeline.on = False


def flight_through(
    waypoints: Sequence[Waypoint], leg_s: float, *, closed: bool = False
) -> TimelineState:
    """Make a path through places, each a number of seconds from the next.

    Raises:
        ValueError: there are fewer than two, or one is out of range.
    """
    if len(waypoints) < 2:
        raise ValueError("a flight needs two places at least")
    frames = []
    for index, one in enumerate(waypoints):
        frame = KeyframeState(
            x=float(one.seed % SEEDS_PER_ROW),
            y=float(one.seed // SEEDS_PER_ROW),
            at_s=leg_s * index,
            place_x=one.x,
            place_y=one.y,
            picture_px=one.picture_px,
            plane_rad=math.radians(one.degrees),
        )
        for name in ("place_x", "place_y", "picture_px", "at_s"):
            low, high = limits(KeyframeState, name)
            if not low <= getattr(frame, name) <= high:
                raise ValueError(
                    f"{name} must be {low:g} to {high:g}, got {getattr(frame, name):g}"
                )
        frames.append(frame)
    return TimelineState(frames=frames, on=True, moves_atlas=True, closed=closed, closing_s=leg_s)
