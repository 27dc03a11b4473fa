"""The command lines copied from the window: they draw, and film, what the window shows."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from generator.commands.pictures import parse_transform
from viz.model.comparison import shown_slots
from viz.recording import command_line
from viz.recording.command_text import (
    alike,
    film_command,
    images_command,
    session_command,
)
from viz.state.app_state import AppState, MotionState
from viz.state.inputs import Inputs, NetworkSlot
from viz.state.to_request import request_at, request_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def state_of(*sources: str) -> AppState:
    state = AppState(networks=[NetworkSlot(source) for source in sources or ("a.safetensors",)])
    state.latent.x, state.latent.y = 7.0, 3.0
    return state


def images(state: AppState, *, classes: bool = False) -> tuple[str, tuple[str, ...]]:
    request = request_for(state, maps=False, spectrum=False)
    command = images_command(request, shown_slots(state), classes=classes)
    return command.text, command.left_out


def options(text: str) -> dict[str, str]:
    words: Iterator[str] = iter(shlex.split(text))
    return {word: next(words, "") for word in words if word.startswith("--")}


def test_a_picture_at_rest_becomes_a_command_of_the_generator() -> None:
    state = state_of("bundled:relief-stylegan2", "my runs/one.pkl")
    state.truncation.psi = 0.7
    assert images(state) == (
        "python -m generator images relief-stylegan2 'my runs/one.pkl' --seeds 307 --psi 0.7",
        (),
    )


def test_the_transform_is_that_of_the_request() -> None:
    state = state_of()
    move = state.transform
    move.x, move.y, move.angle_rad, move.scale = 0.25, -0.125, 2.5, 1.75
    text, left_out = images(state)
    matrix = parse_transform(options(text)["--transform"]).flatten().tolist()
    np.testing.assert_allclose(matrix, request_for(state).place.transform, atol=1e-6)
    assert left_out == ()


@pytest.mark.parametrize(
    ("set_classes", "label"),
    [
        ({"class_index": 4}, "4"),
        ({"class_from_seed": True}, "seed"),
        ({"class_index": 3, "other_class": 5, "class_blend": 0.25}, "3:0.75,5:0.25"),
    ],
)
def test_classes_are_named_where_there_are_any(set_classes: dict[str, Any], label: str) -> None:
    state = state_of()
    state.latent = replace(state.latent, **set_classes)
    assert options(images(state, classes=True)[0])["--label"] == label
    assert "--label" not in options(images(state)[0])


def test_networks_at_their_own_place_get_their_own_line() -> None:
    state = state_of("a.pkl", "b.pkl", "c.pkl")
    state.networks[1].own = Inputs()
    first, second = images(state)[0].splitlines()
    assert "images a.pkl c.pkl --seeds 307" in first
    assert "images b.pkl --seeds 0" in second


def test_only_what_is_shown_is_drawn() -> None:
    state = state_of("a.pkl", "b.pkl")
    state.view.focus = 1
    assert " images b.pkl --seeds" in images(state)[0]


def test_what_no_option_says_is_named() -> None:
    state = state_of()
    state.latent.x = 7.25
    state.style_mix.on, state.style_mix.layers = True, [0]
    state.transform.shear = 0.5
    state.canvas.extent = 2
    state.truncation.psi, state.truncation.cutoff = 0.5, 2
    assert images(state)[1] == (
        "style mixing",
        "the truncation's cutoff",
        "the canvas",
        "the blend of seeds",
        "shear",
    )


def parsed(text: str, monkeypatch: pytest.MonkeyPatch) -> AppState:
    """The state that a command line of recordings stands for."""
    found: list[AppState] = []
    words = shlex.split(text)
    assert words[:3] == ["python", "-m", "viz.recording"]
    monkeypatch.setattr(command_line, "_run", lambda state, _look: found.append(state))
    monkeypatch.setattr(sys, "argv", words[2:])
    assert command_line.main() == 0
    return found[0]


def moving_state() -> AppState:
    state = state_of("bundled:relief-stylegan2", "b.pkl")
    state.truncation.psi = 0.8
    state.latent.walk, state.latent.walk_radius, state.latent.walk_seed = True, 0.3, 5
    state.latent.walk_period_s, state.latent.walk_waves = 4.0, 2
    state.transform.orbit, state.transform.orbit_radius = True, 0.2
    state.transform.orbit_angle_rad, state.transform.orbit_period_s = 0.7, 8.0
    state.transform.spin, state.transform.spin_period_s = True, -8.0
    state.recording.smooth, state.recording.difference = True, True
    return state


def test_what_moves_becomes_a_command_that_films_the_same_requests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = moving_state()
    text = film_command(state)
    assert text is not None
    same = parsed(text, monkeypatch)
    assert same.recording == state.recording
    for seconds in (0.0, 1.25, 3.5, 7.75):
        assert alike(request_at(same, seconds), request_at(state, seconds))


def test_a_film_begins_where_its_round_does() -> None:
    state = moving_state()
    text = film_command(state)
    state.latent.walk_phase, state.transform.orbit_phase = 0.4, 0.1
    state.transform.angle_rad = 1.0
    assert film_command(state) == text


def test_what_the_options_cannot_say_is_left_to_a_session(tmp_path: Path) -> None:
    changes = [
        lambda state: state.motions.append(MotionState("transform.scale")),
        lambda state: setattr(state.latent, "x", 7.5),
        lambda state: setattr(state.latent, "walk_period_s", 7.0),
        lambda state: setattr(state.recording, "subject", "grid"),
        lambda state: setattr(state.truncation, "cutoff", 3),
        lambda state: setattr(state.view, "focus", 1),
        lambda state: setattr(state.networks[0], "own", Inputs()),
    ]
    for change in changes:
        state = moving_state()
        change(state)
        assert film_command(state) is None
    words = shlex.split(session_command(tmp_path / "my session.json"))
    assert words[3:5] == ["session", str(tmp_path / "my session.json")]
