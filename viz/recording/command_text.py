"""The command line that draws what the window shows: pictures at rest, or a film of what moves."""

from __future__ import annotations

import math
import shlex
from copy import deepcopy
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING

from viz.protocol.transforms import inverted
from viz.state.app_state import AppState
from viz.state.inputs import SEEDS_PER_ROW, NetworkSlot, TruncationState
from viz.state.recording import RecordingState
from viz.state.set_motion import set_shift, set_turn, set_walk
from viz.state.timeline import plays
from viz.state.to_request import request_at, request_for
from viz.storage import bundled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from viz.protocol.request import LatentPoint, Placement, Request
    from viz.state.inputs import LatentState, TransformState

ROUNDING = 1e-9
"""Numbers that differ by less, as after a turn to degrees and back, draw the same."""
FILM = "out/film.mp4"


@dataclass(frozen=True)
class CommandText:
    """A command line, and what it lacks of the window."""

    text: str
    """One line for each group of networks at the same place."""
    left_out: tuple[str, ...] = ()
    """What no option says, in words."""


def images_command(request: Request, slots: Sequence[int], *, classes: bool) -> CommandText:
    """Write `python -m generator images …` for the pictures of a request.

    Args:
        request: The request for the pictures.
        slots: The networks that are shown.
        classes: Whether the networks have classes.
    """
    groups: dict[Placement, list[str]] = {}
    for slot in slots:
        groups.setdefault(request.place_of(slot), []).append(_name(request.networks[slot]))
    left_out: dict[str, None] = dict.fromkeys(_edits_left_out(request))
    lines = []
    for place, names in groups.items():
        seed = max(place.latent.seeds, key=lambda pair: pair[1])[0]
        words = ["images", *names, "--seeds", str(seed)]
        words += ["--psi", _number(request.psi)]
        if classes:
            words += ["--label", _label(place.latent)]
        words += _transform_words(place)
        if request.noise != "const":
            words += ["--noise", request.noise]
        lines.append(f"python -m generator {shlex.join(words)}")
        left_out |= dict.fromkeys(_place_left_out(place))
    return CommandText("\n".join(lines), tuple(left_out))


def film_command(state: AppState) -> str | None:
    """Write `python -m viz.recording compare …` for what moves, from the beginning of its round.

    Returns:
        The line; None where no options say all of it: then a session does.
    """
    recording, latent, transform = state.recording, state.latent, state.transform
    all_shown = state.view.show == "side" and state.view.focus < 0
    if recording.subject != "compare" or plays(state.timeline) or not all_shown:
        return None
    start = _at_the_beginning(state)
    seeds = request_for(start).place.latent.seeds
    if len(seeds) > 1:
        return None
    same = AppState(
        networks=[NetworkSlot(network.source) for network in state.networks],
        truncation=TruncationState(psi=state.truncation.psi),
        performance=state.performance,
        easing=state.easing,
    )
    same.latent.y, same.latent.x = map(float, divmod(seeds[0][0], SEEDS_PER_ROW))
    for name in ("class_from_seed", "class_index", "other_class", "class_blend"):
        setattr(same.latent, name, getattr(latent, name))
    words = ["compare"]
    words += [network.source for network in state.networks]
    words += ["--out", FILM, "--seed", str(seeds[0][0]), "--psi", _number(state.truncation.psi)]
    if (point := request_for(start).place.latent).classes != ((0, 1.0),):
        words += ["--label", _label(point)]
    if state.performance.device != "auto":
        words += ["--device", state.performance.device]
    words += [*_look_words(recording), *_motion_words(same, latent, transform, state)]
    if state.easing != "steady":
        words += ["--easing", state.easing]
    moments = [share * recording.frames / recording.fps for share in (0.0, 0.23, 0.5, 0.81)]
    told = all(alike(request_at(start, at), request_at(same, at)) for at in moments)
    line = f"python -m viz.recording {shlex.join(words)}"
    return line if told and not recording.slit and _closes(state) else None


def session_command(path: Path) -> str:
    """Write `python -m viz.recording session …` for the film that a session describes."""
    return f"python -m viz.recording {shlex.join(['session', str(path), '--out', FILM])}"


def _at_the_beginning(state: AppState) -> AppState:
    """Return the state with everything that goes round at the beginning of its round."""
    start = deepcopy(state)
    start.latent.walk_phase = start.transform.orbit_phase = 0.0
    if start.transform.spin:
        start.transform.angle_rad = 0.0
    return start


def _look_words(recording: RecordingState) -> list[str]:
    """Name what differs from the defaults of the command line, which are those of the state."""
    usual, words = RecordingState(), []
    for name in ("frames", "fps", "size", "scale", "quality"):
        value = getattr(recording, name)
        if value != getattr(usual, name):
            words += [f"--{name}", str(value)]
    words += ["--smooth"] * recording.smooth + ["--no-titles"] * (not recording.titles)
    return words + ["--difference"] * recording.difference


def _motion_words(
    same: AppState, latent: LatentState, transform: TransformState, state: AppState
) -> list[str]:
    """Name the motion, and let `same` move by it."""
    words, fps = [], state.recording.fps
    if latent.walk:
        radius, waves, seed = latent.walk_radius, latent.walk_waves, latent.walk_seed
        set_walk(same, latent.walk_period_s, radius=radius, waves=waves, seed=seed)
        period = _number(latent.walk_period_s * fps)
        radius_text = _number(radius)
        words += ["--walk", f"radius={radius_text},period={period},waves={waves},seed={seed}"]
    if transform.orbit:
        turn, far = transform.orbit_angle_rad, 2 * transform.orbit_radius
        x, y = far * math.sin(turn), far * math.cos(turn)
        set_shift(same, transform.orbit_period_s, x=x, y=y, path="circle")
        period = _number(transform.orbit_period_s * fps)
        words += ["--shift", f"x={_number(x)},y={_number(y)},period={period},path=circle"]
    if transform.spin and transform.spin_period_s:
        period_s = abs(transform.spin_period_s)
        whole = math.copysign(2 * math.pi, transform.spin_period_s)
        set_turn(same, period_s, whole, all_round=True)
        degrees = "360" if whole > 0 else "-360"
        words += ["--turn", f"degrees={degrees},period={_number(period_s * fps)}"]
    return words


def _closes(state: AppState) -> bool:
    """Return whether the film holds whole rounds: the command line makes no others."""
    latent, transform, recording = state.latent, state.transform, state.recording
    periods = [latent.walk_period_s] if latent.walk else []
    periods += [transform.orbit_period_s] if transform.orbit else []
    periods += [abs(transform.spin_period_s)] if transform.spin else []
    rounds = [recording.frames / (one * recording.fps) for one in periods if one]
    return all(one >= 1 - 1e-6 and abs(one - round(one)) <= 1e-6 for one in rounds)


def alike(one: object, other: object) -> bool:
    """Return whether two requests, or parts of them, draw the same but for rounding."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=ROUNDING, abs_tol=ROUNDING)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    if is_dataclass(one) and type(one) is type(other):
        names = [field.name for field in fields(one) if field.compare]
        return all(alike(getattr(one, name), getattr(other, name)) for name in names)
    return one == other


def _edits_left_out(request: Request) -> list[str]:
    edits = request.edits
    said = {
        "style mixing": edits.mix_layers,
        "directions": edits.steps,
        "offsets of w": edits.offsets,
        "changes of layers": request.changes,
        "the truncation's cutoff": request.cutoff is not None and request.psi != 1,
        "the canvas": request.extent > 1,
    }
    return [name for name, is_set in said.items() if is_set]


def _place_left_out(place: Placement) -> list[str]:
    matrix = place.transform
    sheared = abs(matrix[1] + matrix[3]) + abs(matrix[0] - matrix[4]) > 2 * ROUNDING
    said = {
        "the imported latent": place.latent.given is not None,
        "the blend of seeds": len(place.latent.seeds) > 1,
        "the drift": any(place.latent.walk),
        "shear": sheared,
        "the shift's whole pixels": place.snap and any(inverted(matrix)[2:6:3]),
    }
    return [name for name, is_set in said.items() if is_set]


def _transform_words(place: Placement) -> list[str]:
    """Name scale, turn and shift, which are what the option knows."""
    matrix = place.transform
    forward = inverted(matrix)
    given = {
        "scale": 1 / math.hypot(matrix[3], matrix[4]),
        "degrees": math.degrees(math.atan2(matrix[3], matrix[4])),
        "x": forward[2],
        "y": forward[5],
    }
    usual = {"scale": 1.0}
    text = ",".join(
        f"{name}={_number(value)}"
        for name, value in given.items()
        if abs(value - usual.get(name, 0.0)) > ROUNDING
    )
    return ["--transform", text] if text else []


def _label(latent: LatentPoint) -> str:
    """Name the classes as the option takes them."""
    match latent.classes:
        case ():
            return "seed"
        case ((index, _weight),):
            return str(index)
    return ",".join(f"{index}:{_number(weight)}" for index, weight in latent.classes)


def _name(source: str) -> str:
    """Name a network as the command line knows it."""
    return source.removeprefix(bundled.PREFIX).removeprefix(bundled.LIBRARY)


def _number(value: float) -> str:
    return f"{value:.12g}"
