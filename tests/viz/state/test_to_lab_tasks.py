"""What the state asks for, how questions follow each other, and that the worker answers them."""

from __future__ import annotations

import numpy as np
import pytest

from viz.protocol.lab import LabCurveTask, LabViewTask, Operation, Signal
from viz.protocol.result import FeatureMaps, NetworkResult
from viz.render.jobs import lab as work
from viz.render.jobs.runner import steps
from viz.render.renderer import Renderer
from viz.state.app_state import AppState
from viz.state.lab import LabState
from viz.state.to_lab_tasks import given_samples, questions
from viz.storage.session import parse_session, session_text


def asked(**settings: object) -> tuple[LabViewTask, LabCurveTask]:
    found = questions(LabState(**settings), None)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_what_makes_no_difference_is_not_asked_again() -> None:
    first = asked(operation="downsampling")
    assert asked(operation="downsampling", m=4, naive="bilinear", kernel="1×1", zoom=8) == first
    assert asked(operation="downsampling", frequency=0.1, noise_seed=3) == first
    assert asked(operation="downsampling", taps=8) != first
    moved = asked(operation="downsampling", shift_px=1.2)
    assert moved[0] != first[0]
    assert moved[1] == first[1], "the curve has all moves already"
    assert asked(operation="downsampling", turn_rad=1.0) == first


def test_a_channel_waits_for_its_samples() -> None:
    lab = LabState(signal="channel", side=32)
    assert questions(lab, given_samples(lab, None)) is None
    maps = np.zeros((2, 84, 84), np.float32)
    maps[0, 40:44] = -3.0
    result = NetworkResult(
        "a", maps=FeatureMaps("L3", 0, maps, mean=0.0, std=1.0, low=-3, high=0, total_channels=2)
    )
    given = given_samples(lab, result)
    assert given is not None
    assert given.side == 32
    assert given.array[:14].max() == 0
    assert given.array[14, 0] == -1
    found = questions(lab, given)
    assert found is not None
    assert found[0].signal.samples == given


def test_a_picture_is_made_grey_and_small() -> None:
    lab = LabState(signal="picture", side=64)
    picture = np.full((96, 96, 4), 255, np.uint8)
    given = given_samples(lab, NetworkResult("a", picture=picture))
    assert given is not None
    assert given.side == 64
    assert given.array.min() == given.array.max() == 1.0
    lab.file = "/some/file.png"
    found = questions(lab, given_samples(lab, NetworkResult("a", picture=picture)))
    assert found is not None
    assert found[0].signal.file == "/some/file.png"
    assert found[0].signal.samples is None


def test_the_worker_knows_both_tasks() -> None:
    assert work.__name__.endswith("jobs.lab")
    renderer = Renderer()
    view, curve = asked(operation="convolution", side=32)
    last = [progress.result for progress in steps(view, renderer)][-1]
    assert [lane.moved_first.samples.shape for lane in last.lanes] == [(32, 32)] * 2
    partial = [one.result for one in steps(curve, renderer) if one.result is not None]
    assert np.isnan(partial[0].db).any()
    assert not np.isnan(partial[-1].db).any()
    impossible = LabViewTask(Signal(kind="channel"), Operation(kind="upsampling"))
    with pytest.raises(ValueError, match="nothing"):
        list(steps(impossible, renderer))


def test_the_lab_is_kept_in_sessions_and_checked() -> None:
    state = AppState(lab=LabState(signal="sine", m=4, taps=12, move="turn", side=128))
    text = session_text(state)
    assert parse_session(text, "s").state.lab == state.lab
    wrong = text.replace('"taps": 12', '"taps": 99').replace('"m": 4', '"m": 3')
    session = parse_session(wrong, "s")
    assert session.state.lab.taps == 6
    assert session.state.lab.m == 2
    assert len(session.messages) == 2
