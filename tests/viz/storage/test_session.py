"""Session files: round trip, and what is wrong with a file is told."""

from __future__ import annotations

import json
import math
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from viz.protocol.latent import GivenLatent
from viz.state.animation import advance
from viz.state.app_state import AppState, KeyframeState, MotionState, TimelineState, starting_state
from viz.state.flight import atlas_shown
from viz.state.inputs import DirectionState, Inputs, LayerChangeState, NetworkSlot, WRowState
from viz.state.to_request import request_for
from viz.storage.session import (
    FORMAT,
    MOST_MESSAGES,
    load_session,
    parse_session,
    save_session,
    session_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def write(path: Path, state: Any, **changes: Any) -> Path:
    content = {"format": FORMAT, "version": 1, "state": state} | changes
    path.write_text(json.dumps(content))
    return path


def test_round_trip(tmp_path: Path) -> None:
    state = starting_state(["bundled:relief-stylegan2", "/some/run"])
    state.networks[1].label = "Großer Lauf"
    state.latent.x, state.latent.y = 3.25, -2.0
    state.truncation.cutoff = 7
    state.spectrum.of = "layer"
    state.view.theme = "light"
    state.playing = False
    path = tmp_path / "a session.json"
    save_session(path, state)
    session = load_session(path)
    assert session.state == state
    assert session.messages == ()
    assert list(tmp_path.iterdir()) == [path]


def test_older_files_kept_optional_parts_in_lists_of_at_most_one() -> None:
    given = GivenLatent.of("z", np.arange(16, dtype=np.float32), "theirs")
    state = AppState(networks=[NetworkSlot("/a", own=Inputs())])
    state.latent.given = given
    content = json.loads(session_text(state))
    content["state"]["latent"]["given"] = [content["state"]["latent"]["given"]]
    content["state"]["networks"][0]["own"]["latent"]["given"] = []
    content["state"]["networks"][0]["frozen"] = []
    read = parse_session(json.dumps(content), "older")
    assert read.messages == ()
    assert read.state == state
    content["state"]["latent"]["given"] *= 2
    read = parse_session(json.dumps(content), "two of them")
    assert read.state.latent.given is None
    assert len(read.messages) == 1


def test_missing_fields_are_defaults(tmp_path: Path) -> None:
    session = load_session(write(tmp_path / "s.json", {"latent": {"x": 4}}))
    assert session.messages == ()
    assert session.state.latent.x == 4.0
    assert session.state.truncation == AppState().truncation


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({"latent": {"y": "north"}}, "state.latent.y must be a number"),
        ({"latent": {"x": True}}, "state.latent.x must be a number"),
        ({"latent": {"x": 10**400}}, "state.latent.x must be -1e+09 to 1e+09"),
        ({"latent": {"walk_radius": 99}}, "state.latent.walk_radius must be 0 to 3"),
        ({"latent": {"walk_radius": float("nan")}}, "state.latent.walk_radius must be 0 to 3"),
        ({"truncation": {"cutoff": -1}}, "state.truncation.cutoff must be 0 to 64"),
        ({"latent": 5}, "state.latent must be an object"),
        ({"latent": {"noise": ["const"]}}, "state.latent.noise must be one of const"),
        ({"view": {"theme": "pink"}}, "state.view.theme must be one of dark, light"),
        ({"future": {"x": 1}}, "state.future is not known here"),
        ({"networks": "a"}, "state.networks must be a list"),
        ({"networks": [{"label": "no source"}]}, "state.networks[0] lacks"),
        ({"latent": {"x": 10**4000}}, "state.latent.x must be -1e+09 to 1e+09"),
    ],
)
def test_unfit_fields_are_told_and_left_out(
    tmp_path: Path, state: dict[str, Any], told: str
) -> None:
    state = {"transform": {"scale": 2.0}} | state
    session = load_session(write(tmp_path / "s.json", state))
    assert len(session.messages) == 1
    assert session.messages[0].startswith(told)
    expected = AppState()
    expected.transform.scale = 2.0
    assert session.state == expected


def test_no_session_takes_the_machine_over(tmp_path: Path) -> None:
    content = {"performance": {"threads": 1024}, "atlas": {"disk_mb": 1 << 20}}
    session = load_session(write(tmp_path / "s.json", content))
    assert (session.state.performance.threads, session.state.atlas.disk_mb) == (0, 0)
    assert len(session.messages) == 2


def test_a_bad_network_does_not_take_the_others_along(tmp_path: Path) -> None:
    networks: list[Any] = [{"source": "a"}, {"source": 5}, {"source": "b", "label": "B"}]
    session = load_session(write(tmp_path / "s.json", {"networks": networks}))
    assert session.state.networks[0] == NetworkSlot("a")
    assert session.state.networks[-1] == NetworkSlot("b", "B")
    assert len(session.messages) >= 1


def test_a_file_full_of_mistakes_says_only_so_much(tmp_path: Path) -> None:
    state = {f"unknown{index}": 0 for index in range(5000)} | {"networks": [{"source": 5}]}
    messages = load_session(write(tmp_path / "s.json", state)).messages
    assert len(messages) == MOST_MESSAGES
    assert messages[0].startswith("much in s.json could not be taken over")
    assert "state.networks" in messages[-1]


def test_at_most_four_networks(tmp_path: Path) -> None:
    networks = [{"source": str(i)} for i in range(6)]
    session = load_session(write(tmp_path / "s.json", {"networks": networks}))
    assert [slot.source for slot in session.state.networks] == ["0", "1", "2", "3"]
    assert "only the first 4" in session.messages[0]


def test_texts_that_cannot_be_shown_are_left_out(tmp_path: Path) -> None:
    networks = [{"source": "a\0b"}, {"source": "\ud800"}, {"source": "c", "label": "\udfff"}]
    session = load_session(write(tmp_path / "s.json", {"networks": networks, "\ud800": 1}))
    assert session.state.networks == [NetworkSlot("c")]
    assert len(session.messages) == 6, "two lack a source, too"
    json.dumps(session.messages, ensure_ascii=False).encode()


def test_endless_lists_are_cut(tmp_path: Path) -> None:
    networks = [{"source": str(index), "more": 1} for index in range(20_000)]
    session = load_session(write(tmp_path / "s.json", {"networks": networks}))
    assert len(session.state.networks) == 4
    assert len(session.messages) == MOST_MESSAGES


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no session"),
        ("{", "no session"),
        ("[" * 100_000, "no session"),
        ("[]", "no session of this program"),
        ('{"format": "other"}', "no session of this program"),
        (json.dumps({"format": FORMAT, "version": 99, "state": {}}), "version 99"),
        (json.dumps({"format": FORMAT, "version": "1", "state": {}}), "version '1'"),
        (json.dumps({"format": FORMAT, "version": 1}), "state must be an object"),
    ],
)
def test_what_is_no_session_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "s.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=told):
        load_session(path)


def test_binary_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_bytes(bytes(range(256)))
    with pytest.raises(ValueError, match="no session"):
        load_session(path)


def test_networks_are_found_again_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sources = ["runs/mine", "bundled:some", "/else/where.safetensors", "~/a.safetensors"]
    save_session(Path("s.json"), AppState(networks=[NetworkSlot(source) for source in sources]))
    monkeypatch.chdir("/")
    kept = [slot.source for slot in load_session(tmp_path / "s.json").state.networks]
    assert kept == [
        str(tmp_path / "runs/mine"),
        "bundled:some",
        "/else/where.safetensors",
        str(Path.home() / "a.safetensors"),
    ]


def test_painted_w_and_changed_layers_are_kept_and_checked() -> None:
    state = AppState(
        networks=[NetworkSlot("a", changes=[LayerChangeState("b8.conv1", noise=False)])]
    )
    state.w_edit.rows = [WRowState(3, "axes", [0.0, -1.5])]
    content = json.loads(session_text(state))
    read = parse_session(json.dumps(content), "it")
    assert read.messages == ()
    assert read.state.w_edit == state.w_edit
    assert read.state.networks[0].changes == state.networks[0].changes
    content["state"]["w_edit"]["rows"][0]["offsets"] = [math.nan]
    content["state"]["w_edit"]["rows"].append({"layer": 99, "basis": "sideways", "offsets": ["x"]})
    content["state"]["networks"][0]["changes"] = [{"layer": "b8.conv1", "style_gain": 1e9}, {}]
    broken = parse_session(json.dumps(content), "it")
    assert [row.offsets for row in broken.state.w_edit.rows] == [[], []]
    assert broken.state.networks[0].changes == [LayerChangeState("b8.conv1")]
    assert len(broken.messages) == 6


def _places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to everything inside a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in inside:
        yield (*way, key)
        if isinstance(one, dict | list):
            yield from _places(one, (*way, key))


HOSTILE: list[Any] = [
    *(None, True, -1, 10**30, 1e308, math.nan, -math.inf, 5e-324, 2**63, "", "\x00", "\ud800"),
    *("x" * 5000, "../../etc/passwd", "networks.0.own.latent.x", "locks", [], {}, [None], [[[]]]),
    *([1e308] * 9, {"a": 1}),
]


def test_whatever_a_session_holds_its_state_can_be_drawn_and_saved_again() -> None:
    state = starting_state(["a", "b"])
    state.networks[0].own, state.networks[0].changes = Inputs(), [LayerChangeState("b8.conv1")]
    state.directions, state.w_edit.rows = [DirectionState()], [WRowState(1, "axes", [1.0])]
    state.timeline = TimelineState([KeyframeState(at_s=0.0), KeyframeState(at_s=1.0)], on=True)
    state.timeline.moves_transform = state.timeline.moves_atlas = True
    state.motions, state.locks = [MotionState("transform.scale")], ["transform.x"]
    text, random = session_text(state), Random(0)
    places = list(_places(json.loads(text)["state"]))
    for _ in range(120):
        content = json.loads(text)
        for *way, last in random.sample(places, 3):
            part = content["state"]
            try:
                for key in way:
                    part = part[key]
                part[last] = random.choice(HOSTILE)
            except (TypeError, IndexError, KeyError):
                continue  # another hostile value stands on the way
        try:
            read = parse_session(json.dumps(content), "it").state
        except ValueError:
            continue
        request_for(advance(read, 0.1), equivariance=True, strip_px=8, scores="principal")
        atlas_shown(read)
        assert parse_session(session_text(read), "it").messages == ()


def of_an_earlier_version(state: AppState, **motion: object) -> AppState:
    content = json.loads(session_text(state))
    content["state"]["recording"] |= {"preview": True, "position": 0.25, "motion": motion}
    session = parse_session(json.dumps(content), "old.json")
    assert session.messages == ()
    return session.state


def test_a_chosen_motion_of_an_older_sessions_films_becomes_that_of_the_stage_at_rest() -> None:
    state = AppState(networks=[NetworkSlot("a", own=Inputs())])
    state.recording.frames, state.recording.fps = 120, 30
    state.timeline = TimelineState([KeyframeState(), KeyframeState(3.0, at_s=2.0)])
    state.transform.x = 0.1
    read = of_an_earlier_version(
        state,
        walk_rounds=2, walk_radius=0.7, shift=True, shift_x=0.5, turn=True, turn_angle_rad=-1.0,
        keyframes=True, easing="steady",
    )  # fmt: skip
    assert not read.playing
    assert (read.latent.walk, read.latent.walk_period_s, read.latent.walk_radius) == (True, 2, 0.7)
    assert read.latent.walk_waves == 3
    assert (read.transform.spin, read.transform.spin_period_s) == (True, -4)
    assert [(one.field, one.low, one.high) for one in read.motions] == [
        ("transform.x", 0.1, 0.6),
        ("networks.0.own.transform.x", 0.0, 0.5),
    ]
    assert read.timeline.on


def test_an_older_sessions_own_motion_stays_and_one_never_chosen_is_none() -> None:
    still = AppState(networks=[NetworkSlot("/a")])
    assert of_an_earlier_version(still, walk=True, walk_waves=3) == still
    moving = AppState(networks=[NetworkSlot("/a")])
    moving.latent.walk = True
    assert of_an_earlier_version(moving, shift=True) == moving
