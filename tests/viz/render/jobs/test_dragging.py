"""Points are dragged in the worker, shown on the way, and what comes of it stands alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from generator import NetworkConfig, build_network, save_network
from viz.commands.dragging import moved
from viz.protocol.dragging import DraggedPlace, DragStep, DragTask
from viz.protocol.request import LatentPoint, LayerEdits, Placement, Request, WOffsets
from viz.protocol.transforms import inverse_of
from viz.render.jobs import dragging
from viz.render.jobs.runner import steps
from viz.render.renderer import Renderer
from viz.state.inputs import TransformState

if TYPE_CHECKING:
    from pathlib import Path

assert dragging, "makes the task known"

PAIR = ((-0.2, 0.1), (0.05, 0.1))


@pytest.fixture
def network(tmp_path: Path) -> str:
    config = NetworkConfig(
        kind="stylegan3-r", resolution=16, z_dim=8, w_dim=8, channel_base=64, channel_max=8,
        layers=4, margin=4,
    )  # fmt: skip
    save_network(tmp_path / "net.safetensors", build_network(config, seed=1))
    return str(tmp_path / "net.safetensors")


def last_of(task: DragTask, renderer: Renderer) -> DragStep:
    found = [one.result for one in steps(task, renderer) if one.result is not None]
    assert isinstance(found[-1], DragStep)
    return found[-1]


def test_a_single_pair_moves_the_input_of_stylegan3(network: str) -> None:
    renderer = Renderer()
    state = TransformState(x=0.1, angle_rad=0.3)
    request = Request(networks=(network,), place=Placement(LatentPoint(), state.inverse_matrix))
    task = DragTask(request, 0, (PAIR,))
    last = last_of(task, renderer)
    assert last.arrived
    assert last.place.latent is None, "the latent stays as it is"
    assert last.place.x == pytest.approx(0.25)
    assert last.handles[0] == pytest.approx(PAIR[1])
    assert "moved by (4.0, 0.0) px, which is all of the drag" in task.told("done", last)
    after = moved(state, last.place)
    drawn = renderer.render(
        replace(request, place=Placement(LatentPoint(), after.inverse_matrix))
    ).networks[0]
    assert np.abs(drawn.picture.astype(int) - last.image).max() <= 1


def test_a_turn_comes_before_its_shift() -> None:
    after = moved(TransformState(x=0.2, y=0.1), DraggedPlace(None, 0.05, 0.0, np.pi / 2))
    assert (after.x, after.y) == pytest.approx((0.1 + 0.05, -0.2))
    assert after.angle_rad == pytest.approx(np.pi / 2)


def test_what_was_dragged_is_the_same_picture_with_all_edits(network: str) -> None:
    renderer = Renderer()
    edits = LayerEdits(mix_seed=3, mix_layers=(2,), offsets=(WOffsets(1, "axes", (1.5, 0.5)),))
    matrix = inverse_of(shift=(0.1, 0.0), angle_rad=0.2, shear=0.0, scale=1.0)
    place = Placement(LatentPoint(seeds=((5, 1.0),)), matrix)
    request = Request(networks=(network,), place=place, edits=edits, psi=0.6)
    task = DragTask(request, 0, (PAIR,), reach=0.3, steps=2, radius=2.0)
    last = last_of(task, renderer)
    assert last.step > 0
    assert last.place.latent is not None
    assert last.note == "", "with a part that stays the input is not moved"
    given = LatentPoint(given=last.place.latent)
    again = replace(
        request, place=Placement(given, matrix), psi=1.0, edits=replace(edits, mix_layers=())
    )
    drawn = renderer.render(again).networks[0]
    assert not drawn.error
    assert np.abs(drawn.picture.astype(int) - last.image).max() <= 1


def test_a_handle_outside_is_one_line(network: str) -> None:
    request = Request(networks=(network,))
    with pytest.raises(ValueError, match="lies outside the picture of 16 × 16 pixels"):
        next(steps(DragTask(request, 0, (((0.9, 0.0), (0.0, 0.0)),)), Renderer()))
