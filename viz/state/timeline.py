"""A smooth path through stored places in latent space.

Between keyframes runs a cubic Hermite spline whose speed at each keyframe is that from the one
before to the one after (Catmull-Rom, for any spacing in time), unless a keyframe's pace says
otherwise. Its points are weighted sums of the keyframes' w, so they mean the same to every network;
weights may be negative and sum to 1.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

from viz.state.app_state import AppState, KeyframeState, Pace, TimelineState
from viz.state.easing import easing_of
from viz.state.inputs import SEEDS_PER_ROW, Favourite, TransformState, blended_seeds
from viz.state.ranges import limits

if TYPE_CHECKING:
    from collections.abc import Sequence

KEYFRAME_S = 2.0
"""Seconds between keyframes to which nobody gives a time."""


def in_order(frames: list[KeyframeState]) -> list[KeyframeState]:
    """Sort the keyframes by time."""
    return sorted(frames, key=lambda frame: frame.at_s)


def length_s(timeline: TimelineState) -> float:
    """Sum the seconds from the first keyframe to the last; closed, on to the first again."""
    if len(timeline.frames) < 2:
        return 0.0
    frames = in_order(timeline.frames)
    return frames[-1].at_s - frames[0].at_s + (timeline.closing_s if timeline.closed else 0.0)


def plays(timeline: TimelineState) -> bool:
    """Return whether the path leads anywhere."""
    return timeline.on and length_s(timeline) > 0


def timeline_through(seeds: Sequence[int], whole_s: float) -> TimelineState:
    """Make a closed path through seeds, each as far from the next, to be followed.

    Args:
        seeds: Each a keyframe.
        whole_s: Seconds for all of it.
    """
    frames, each_s = [], whole_s / len(seeds)
    for index, seed in enumerate(seeds):
        row, column = divmod(seed, SEEDS_PER_ROW)
        frames.append(KeyframeState(float(column), float(row), each_s * index))
    return TimelineState(frames=frames, on=True, closed=True, closing_s=each_s)


def advance_timeline(timeline: TimelineState, seconds: float) -> TimelineState:
    """Move the playhead on by `seconds`; at the end it begins again."""
    length = length_s(timeline)
    if not timeline.on or length <= 0:
        return timeline
    return replace(timeline, position_s=(timeline.position_s + seconds) % length)


def eased_position_s(state: AppState) -> float:
    """Return where the playhead is by the state's easing, in seconds after the first keyframe."""
    position_s, length = state.timeline.position_s, length_s(state.timeline)
    if state.easing == "steady" or length <= 0:
        return position_s
    return easing_of(min(position_s / length, 1.0), state.easing) * length


def seeds_at(timeline: TimelineState, position_s: float) -> tuple[tuple[int, float], ...]:
    """Return the seeds of a point of the path, with weights that sum to 1; empty without keyframes.

    Args:
        timeline: The keyframes.
        position_s: Seconds after the first keyframe; beyond the ends the ends.
    """
    merged: dict[int, float] = {}
    for frame, weight in weighted_frames(timeline, position_s):
        for seed, share in blended_seeds(frame.x, frame.y):
            merged[seed] = merged.get(seed, 0.0) + weight * share
    return tuple(sorted((seed, weight) for seed, weight in merged.items() if weight))


def transform_at(
    timeline: TimelineState, position_s: float, transform: TransformState
) -> TransformState:
    """Return the transform with the path's shift, turn, scale and shear in place of its own.

    Scales are blended by their logarithms; an orbit and a spin of the transform stay.
    """
    weighted = weighted_frames(timeline, position_s)
    if not weighted:
        return transform

    def blend(name: str) -> float:
        return sum(weight * getattr(frame, name) for frame, weight in weighted)

    log_scale = sum(weight * math.log(frame.scale) for frame, weight in weighted)
    low, high = limits(TransformState, "scale")
    return replace(
        transform,
        x=blend("shift_x"),
        y=blend("shift_y"),
        angle_rad=angle_at(timeline, position_s, "angle_rad"),
        shear=blend("shear"),
        scale=min(max(math.exp(log_scale), low), high),
    )


def angle_at(timeline: TimelineState, position_s: float, name: str) -> float:
    """Return an angle at a point of the path, in radians; 0 without keyframes.

    Between angles of −180° to 180°, as hands set them, it goes the short way round; one beyond
    that is reached by as many turns as it says.

    Args:
        timeline: The keyframes.
        position_s: Seconds after the first keyframe; beyond the ends the ends.
        name: The keyframes' field.
    """
    angles = [getattr(frame, name) for frame in in_order(timeline.frames)]
    parts = _parts(in_order(timeline.frames), timeline, position_s)
    if not parts:
        return 0.0
    start = parts[0][0]

    def along(place: int) -> float:
        """Sum the angle over a number of keyframes of the path, from `start` on, without a jump."""
        legs = range(start, place) if place > start else range(place, start)
        turned = sum(
            _turn(angles[one % len(angles)], angles[(one + 1) % len(angles)]) for one in legs
        )
        return angles[start % len(angles)] + math.copysign(1, place - start) * turned

    return sum(weight * along(place) for place, weight in parts)


def _turn(before: float, after: float) -> float:
    """Turn from one keyframe's angle to the next's."""
    by_hand = max(abs(before), abs(after)) <= math.pi + 1e-6
    return math.remainder(after - before, 2 * math.pi) if by_hand else after - before


def psi_at(timeline: TimelineState, position_s: float) -> float:
    """Return the truncation of a point of the path; 1 without keyframes."""
    weighted = weighted_frames(timeline, position_s)
    return sum(weight * frame.psi for frame, weight in weighted) if weighted else 1.0


def keyframe(state: AppState, at_s: float) -> KeyframeState:
    """Make a keyframe of the present inputs of the locked networks."""
    latent, transform = state.latent, state.transform
    return KeyframeState(
        x=latent.x,
        y=latent.y,
        at_s=at_s,
        shift_x=transform.x,
        shift_y=transform.y,
        angle_rad=transform.angle_rad,
        scale=transform.scale,
        shear=transform.shear,
        psi=state.truncation.psi,
        place_x=state.atlas.x,
        place_y=state.atlas.y,
        picture_px=state.atlas.picture_px,
        plane_rad=state.atlas.angle_rad,
    )


def keyframe_of(state: AppState, place: Favourite, at_s: float | None = None) -> KeyframeState:
    """Make a keyframe of a favourite's place; without a time, two seconds after the last one."""
    if at_s is None:
        last = max((frame.at_s for frame in state.timeline.frames), default=-KEYFRAME_S)
        at_s = last + KEYFRAME_S
    low, high = limits(KeyframeState, "at_s")
    frame = keyframe(state, min(max(at_s, low), high))
    return replace(frame, x=place.x, y=place.y, psi=place.psi)


def go_to(state: AppState, frame: KeyframeState) -> None:
    """Stand where a keyframe stands, with what the path sets besides, and leave the path."""
    timeline, transform = state.timeline, state.transform
    state.latent.x, state.latent.y, state.latent.given = frame.x, frame.y, None
    if timeline.moves_transform:
        transform.x, transform.y = frame.shift_x, frame.shift_y
        transform.angle_rad, transform.scale = frame.angle_rad, frame.scale
        transform.shear = frame.shear
    if timeline.moves_truncation:
        state.truncation.psi = frame.psi
    if timeline.moves_atlas:
        state.atlas.x, state.atlas.y = frame.place_x, frame.place_y
        state.atlas.picture_px, state.atlas.angle_rad = frame.picture_px, frame.plane_rad
    timeline.on = False


def take_over(state: AppState) -> None:
    """Leave a path that sets the transform, and go on by hand from where it is."""
    timeline = state.timeline
    if plays(timeline) and timeline.moves_transform:
        state.transform = transform_at(timeline, eased_position_s(state), state.transform)
        timeline.on = False


def weighted_frames(
    timeline: TimelineState, position_s: float
) -> list[tuple[KeyframeState, float]]:
    """Return the keyframes a point of the path is made of, with weights that sum to 1."""
    frames = in_order(timeline.frames)
    weights: dict[int, float] = {}
    for place, weight in _parts(frames, timeline, position_s):
        index = place % len(frames)
        weights[index] = weights.get(index, 0.0) + weight
    return [(frames[index], weight) for index, weight in weights.items()]


def eased(pace: Pace, u: float) -> float:
    """Return how much of the way is done after a share `u` of its time, both 0 to 1."""
    match pace:
        case "soft":
            return u * u * (3 - 2 * u)
        case "start":
            return u * u * (2 - u)
        case "end":
            return 1 - (1 - u) ** 2 * (1 + u)
        case "hold":
            return 1.0 if u >= 1 else 0.0
        case _:
            return u


def snapped(at_s: float, zero_s: float, reach_s: float) -> float:
    """Round a time to half a second from another one, if it is no further away than `reach_s`."""
    near = zero_s + round(2 * (at_s - zero_s)) / 2
    return near if abs(at_s - near) <= reach_s else at_s


def _parts(
    frames: list[KeyframeState], timeline: TimelineState, position_s: float
) -> list[tuple[int, float]]:
    """Return the keyframes a point is made of, by their place on the path, with their weights.

    Places of a closed path count on past its end, and below 0 before its beginning. The first is
    that of the keyframe before the point.
    """
    count = len(frames)
    if count < 2 or length_s(timeline) <= 0:
        return [(0, 1.0)] if frames else []
    times = [frame.at_s - frames[0].at_s for frame in frames]
    period = length_s(timeline)
    closed = timeline.closed and timeline.closing_s > 0
    if closed:
        times.append(period)
    place = min(max(position_s, 0.0), period)
    start = min(bisect_right(times, place) - 1, len(times) - 2)

    def time_of(index: int) -> float:
        if closed:
            rounds, inside = divmod(index, count)
            return times[inside] + rounds * period
        return times[min(max(index, 0), count - 1)]

    duration = time_of(start + 1) - time_of(start)
    u = (place - time_of(start)) / duration if duration > 0 else 0.0
    parts: list[tuple[int, float]] = []

    def add(place: int, weight: float) -> None:
        parts.append((place if closed else min(max(place, 0), count - 1), weight))

    pace = frames[start % count].pace
    u = eased(pace, u)
    if pace in ("steady", "hold"):
        add(start, 1 - u)
        add(start + 1, u)
        return parts
    add(start, (1 + 2 * u) * (1 - u) ** 2)
    add(start + 1, u * u * (3 - 2 * u))
    for index, shape in ((start, u * (1 - u) ** 2), (start + 1, u * u * (u - 1))):
        span = time_of(index + 1) - time_of(index - 1)
        if span > 0:
            add(index + 1, shape * duration / span)
            add(index - 1, -shape * duration / span)
    return parts
