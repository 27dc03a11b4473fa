"""Pictures moved with a drag: which ones, whereto, and how like the network's own."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from viz.model.moved import SLOW_MS, MovedPictures
from viz.model.stage import StageModel
from viz.panels.common.picture_geometry import Rect, moved_corners
from viz.protocol.request import LatentPoint, Placement, Request
from viz.protocol.result import NetworkResult, NetworkSummary, Result
from viz.protocol.transforms import inverse_of
from viz.render.renderer import Renderer
from viz.state.app_state import AppState
from viz.state.inputs import NetworkSlot
from viz.storage import bundled

if TYPE_CHECKING:
    from viz.model.jobs import Jobs

FIGURES = (("EQ-T", 60.0), ("EQ-R", 40.0))


def request(x: float = 0.0, angle: float = 0.0, scale: float = 1.0, seed: int = 0) -> Request:
    transform = inverse_of(shift=(x, 0.0), angle_rad=angle, shear=0.0, scale=scale)
    place = Placement(LatentPoint(seeds=((seed, 1.0),)), transform)
    return Request(networks=("a",), place=place)


def stage(kind: str, drawn_for: Request, took_ms: float = 2 * SLOW_MS) -> StageModel:
    """A model with one full picture."""
    model = StageModel(AppState(networks=[NetworkSlot("a")]), cast("Jobs", None))
    summary = NetworkSummary(kind, 256, 8, 0, 8, 4, 1, "", (), FIGURES, ())
    picture = NetworkResult(
        "a",
        picture=np.zeros((8, 8, 4), np.uint8),
        summary=summary,
        synthesis_ms=took_ms,
        transform=drawn_for.place.transform,
    )
    model.summaries["a"] = summary
    model.take_result(Result(request=drawn_for, networks=(picture,), total_ms=1.0))
    return model


def moved_db(kind: str, asked: Request, took_ms: float = 2 * SLOW_MS) -> float | None:
    model = stage(kind, request(x=0.1), took_ms)
    model.asked = asked
    moved = MovedPictures(model).of(0)
    return None if moved is None else moved.db


def test_what_a_network_follows_is_moved_and_nothing_else() -> None:
    assert moved_db("stylegan3-t", request(x=0.3)) == 60.0
    assert moved_db("stylegan3-r", request(x=0.3)) == 60.0
    assert moved_db("stylegan3-r", request(x=0.3, angle=0.5)) == 40.0
    assert moved_db("stylegan3-t", request(x=0.3, angle=0.5)) is None, "-T does not turn"
    assert moved_db("stylegan2", request(x=0.3)) is None
    assert moved_db("stylegan3-r", request(x=0.3, scale=1.2)) is None
    assert moved_db("stylegan3-t", request(x=0.3, seed=1)) is None, "another picture"
    assert moved_db("stylegan3-t", request(x=0.1)) is None, "it is there already"
    assert moved_db("stylegan3-t", request(x=0.3), took_ms=5.0) is None, "it is drawn anew"


def test_the_picture_goes_where_the_hand_drags_it() -> None:
    model = stage("stylegan3-r", request(x=0.1))
    model.asked = request(x=0.35, angle=math.pi / 2)
    moved = MovedPictures(model).of(0)
    assert moved is not None
    corners = moved_corners(Rect(0, 0, 100, 100), moved.matrix, moved.extent)
    # What is at its centre lies 10 of 100 left of the unmoved one; a quarter turn puts that below.
    np.testing.assert_allclose(np.mean(corners, axis=0), (85, 60))
    sides = np.linalg.norm(np.diff([*corners, corners[0]], axis=0), axis=1)
    np.testing.assert_allclose(sides, 100)
    model.asked = request(x=0.35)
    shifted = MovedPictures(model).of(0)
    assert shifted is not None
    corners = moved_corners(Rect(0, 0, 100, 100), shifted.matrix, 1)
    np.testing.assert_allclose(corners[0], (25, 0), atol=1e-9)


@pytest.mark.parametrize("name", ["relief-stylegan3-t", "relief-stylegan3-r"])
def test_a_moved_picture_is_the_network_s_own(name: str) -> None:
    source = next(one for one in bundled.sources() if one.endswith(name))
    renderer, shift = Renderer(), 8
    pictures = []
    for x in (0.0, shift / 64):
        asked = replace(request(x=x, seed=3), networks=(source,))
        drawn = renderer.render(asked).networks[0].picture
        assert drawn is not None
        pictures.append(drawn[..., :3].astype(float))
    still, moved = pictures
    error = np.square(still[:, :-shift] - moved[:, shift:]).mean()
    assert 10 * np.log10(255**2 / error) > 40, "bytes themselves cost a level"
    assert np.square(still - moved).mean() > 100 * error
