"""Flights over the atlas: the path, and what a frame of it shows."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from generator import load_network, seed_z, to_uint8
from generator.drawing.poster import Poster
from tests.generator.files.pickles.test_channels import write_channels
from viz.panels.recording.panel import recording_disabled_reason
from viz.protocol.wallpaper import WallpaperTask
from viz.recording import job as recording_job  # noqa: F401 - makes recordings known
from viz.recording.flight import draw_view, film_flight, view_at
from viz.recording.options import waypoints_from
from viz.recording.task import RecordTask
from viz.render.jobs.runner import steps
from viz.render.jobs.wallpaper import STEP_BYTES
from viz.render.renderer import Renderer
from viz.state.app_state import AppState, AtlasState
from viz.state.flight import (
    Waypoint,
    atlas_at,
    atlas_shown,
    flight_through,
    take_over,
)
from viz.state.inputs import NetworkSlot
from viz.state.timeline import go_to, keyframe
from viz.state.to_request import request_for
from viz.storage.session import session_text
from viz.storage.session_files import read_session

PLACES = [Waypoint(0, 0, 64, 0, 0), Waypoint(4, -2, 256, 90, 0), Waypoint(8, 0, 64, 0, 5)]


def flying(source: str = "bundled:x") -> AppState:
    state = AppState(networks=[NetworkSlot(source)])
    state.timeline = flight_through(PLACES, 2.0)
    return state


def test_the_path_passes_its_places() -> None:
    state = flying()
    for seconds, place in zip((0.0, 2.0, 4.0), PLACES, strict=True):
        at = atlas_at(state.timeline, seconds, AtlasState())
        assert (at.x, at.y) == pytest.approx((place.x, place.y))
        assert at.picture_px == pytest.approx(place.picture_px)
        assert math.degrees(at.angle_rad) == pytest.approx(place.degrees)
    seeds = dict(
        request_for(
            replace(state, timeline=replace(state.timeline, position_s=2.0))
        ).place.latent.seeds
    )
    assert seeds == {0: 1.0}


def test_magnification_rises_by_equal_ratios() -> None:
    line = flight_through([Waypoint(0, 0, 64, 0, 0), Waypoint(0, 0, 1024, 0, 0)], 2.0)
    assert atlas_at(line, 1.0, AtlasState()).picture_px == pytest.approx(256)


def test_frames_lead_from_the_first_place_to_the_last() -> None:
    xs = [view_at(flying(), index / 10).atlas.x for index in range(40)]
    assert xs[0] == 0
    assert xs[-1] == pytest.approx(8, abs=0.3)
    assert xs == sorted(xs)
    closed = flying()
    closed.timeline.closed = True
    around = [view_at(closed, index / 10).atlas.x for index in range(61)]
    assert around[-1] == pytest.approx(around[0])
    with pytest.raises(ValueError, match="two places"):
        next(film_flight(AppState(), Path("a.mp4"), Renderer()))


def test_the_path_is_followed_only_where_it_is_wanted_and_left_by_hand() -> None:
    state = flying()
    state.timeline.position_s = 2.0
    assert atlas_shown(state).x == pytest.approx(4)
    take_over(state)
    assert not state.timeline.on
    assert state.atlas.x == pytest.approx(4)
    state.timeline.on, state.timeline.moves_atlas, state.atlas = True, False, AtlasState()
    assert atlas_shown(state).x == 0


def test_keyframes_remember_where_one_looked() -> None:
    state = AppState()
    state.atlas = AtlasState(x=3.0, y=-1.0, picture_px=100.0, angle_rad=0.5)
    frame = keyframe(state, 0.0)
    state.atlas = AtlasState()
    go_to(state, frame)
    assert state.atlas == AtlasState(), "places of the atlas are not wanted"
    state.timeline.moves_atlas = True
    go_to(state, frame)
    assert state.atlas == AtlasState(x=3.0, y=-1.0, picture_px=100.0, angle_rad=0.5)


def test_places_of_the_command_line() -> None:
    assert waypoints_from("0,0 3,-1,512 5,2,256,90,17 6,6") == [
        Waypoint(0, 0, 256, 0, 0),
        Waypoint(3, -1, 512, 0, 0),
        Waypoint(5, 2, 256, 90, 17),
        Waypoint(6, 6, 256, 90, 17),
    ]
    for text in ("3", "a,b", "1,2,3,4,5,6", "nan,0"):
        with pytest.raises(ValueError, match="places look like"):
            waypoints_from(text)
    with pytest.raises(ValueError, match="picture_px must be 16"):
        flight_through(waypoints_from("0,0,2 1,1"), 1.0)


@pytest.mark.parametrize("kind", ["stylegan3-t", "stylegan3-r"])
def test_a_view_at_the_origin_is_the_picture(network_files: dict[str, str], kind: str) -> None:
    source = network_files[kind]
    state = AppState(networks=[NetworkSlot(source)])
    state.atlas.picture_px = 32.0
    shown = draw_view(state, (32, 32), Renderer())
    net = load_network(source)
    with torch.no_grad():
        ws = net.mapping(seed_z([0], net.z_dim))
        step = net.synthesis.canvas_step
        side = 32 + 2 * -(-1 // step) * step
        wide = to_uint8(net.synthesis(ws, canvas=(side, side)))[0].permute(1, 2, 0).numpy()
    rim = (side - 32) // 2
    apart = np.abs(shown.astype(int) - wide[rim : rim + 32, rim : rim + 32])
    # Drawn on a grid of another phase: equal to 60 dB or so.
    assert apart.mean() < 1.5


def test_views_of_any_size_and_magnification(network_files: dict[str, str]) -> None:
    state, renderer = AppState(networks=[NetworkSlot(network_files["stylegan3-r"])]), Renderer()
    sharp = AtlasState(x=2.3, y=-1.1, angle_rad=0.4, picture_px=32.0)
    state.atlas = sharp
    plain = draw_view(state, (40, 61), renderer)
    assert plain.shape == (40, 61, 3)
    state.atlas = replace(sharp, picture_px=64.0)
    double = Image.fromarray(draw_view(state, (80, 122), renderer))
    shrunk = np.asarray(double.resize((61, 40), Image.Resampling.BOX)).astype(float)
    contrast = plain.astype(float).std()
    # Bicubic enlargement and its undoing keep all but the finest detail.
    assert np.abs(shrunk - plain).mean() < 0.25 * contrast


def test_a_film_of_a_flight_carries_its_session(
    network_files: dict[str, str], tmp_path: Path
) -> None:
    state = flying(network_files["stylegan3-t"])
    state.timeline.frames[1].at_s, state.timeline.frames[2].at_s = 0.1, 0.2
    path = tmp_path / "flight.mp4"
    state.recording.fps, state.recording.frames = 25, 5
    progress = list(film_flight(state, path, Renderer(), size=(32, 48)))
    assert [step.rendered for step in progress] == [1, 2, 3, 4, 5, 5]
    assert progress[-1].message == f"wrote {path}"
    found = read_session(path).state
    assert found.timeline.moves_atlas
    assert len(found.timeline.frames) == 3


@pytest.mark.slow
def test_a_flight_is_a_job_like_other_recordings(
    network_files: dict[str, str], tmp_path: Path
) -> None:
    state = flying(network_files["stylegan3-t"])
    state.timeline.frames[1].at_s, state.timeline.frames[2].at_s = 0.02, 0.04
    state.recording.fps, state.recording.frames = 25, 2
    state.view.show = "atlas"
    renderer, path = Renderer(), tmp_path / "flight.gif"
    done = list(steps(RecordTask(state, path), renderer))
    assert done[-1].done == done[-1].total == 2
    with Image.open(path) as film:
        assert film.size == (1920, 1080)
    assert recording_disabled_reason(state) == ""
    state.timeline.on = False
    assert "Nothing is set to move" in recording_disabled_reason(state)


def test_enlarged_views_are_smooth_or_squares(
    network_files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    state, renderer = AppState(networks=[NetworkSlot(network_files["stylegan3-r"])]), Renderer()
    state.atlas.picture_px = 128.0  # four times the network's
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    cut = torch.tensor(noise)
    monkeypatch.setattr(Poster, "strips", lambda self: [cut[: self.height, : self.width]])

    def edges(*, smooth: bool) -> np.ndarray:
        view = draw_view(state, (64, 64), renderer, smooth=smooth)
        return np.flatnonzero((view[:, 1:] != view[:, :-1]).any((0, 2)))

    assert (np.diff(edges(smooth=False)) == 4).all()
    assert (np.diff(edges(smooth=True)) == 1).any()


def test_pictures_of_a_flight_keep_opacity(tmp_path: Path) -> None:
    source, _z, _picture = write_channels(tmp_path / "net.pkl", 4)
    state = flying(str(source))
    state.recording.frames = 2
    *_, last = film_flight(state, tmp_path / "a", Renderer(), size=(32, 48))
    assert last.frames == 2
    with Image.open(tmp_path / "a" / "00001.png") as picture:
        assert picture.mode == "RGBA"
        assert picture.getextrema()[3][0] < 255


@pytest.mark.slow
def test_a_wallpaper_is_that_part_of_the_plane(
    network_files: dict[str, str], tmp_path: Path
) -> None:
    state = AppState(networks=[NetworkSlot(network_files["stylegan3-r"])])
    state.atlas = AtlasState(x=1.5, y=-0.5, angle_rad=0.3, picture_px=32.0)
    path = tmp_path / "out" / "wallpaper.png"
    task = WallpaperTask(
        request=request_for(state),
        slot=0,
        place=(1.5, -0.5),
        angle_rad=0.3,
        size=(200, 333),
        path=str(path),
        session=session_text(state),
    )
    renderer = Renderer()
    reports = list(steps(task, renderer))
    assert reports[-1].result == str(path)
    assert reports[-1].done == reports[-1].total
    with Image.open(path) as image:
        pixels = np.asarray(image)
    view = draw_view(state, (200, 333), renderer)
    assert np.abs(pixels.astype(int) - view).mean() < 1.5
    assert read_session(path).state.atlas == state.atlas
    assert STEP_BYTES < 1 << 24


def test_a_cancelled_wallpaper_leaves_nothing(
    network_files: dict[str, str], tmp_path: Path
) -> None:
    state = AppState(networks=[NetworkSlot(network_files["stylegan3-t"])])
    path = tmp_path / "wallpaper.png"
    task = WallpaperTask(request_for(state), 0, (0.0, 0.0), 0.0, (3000, 3000), str(path), "")
    job = steps(task, Renderer())
    next(job)
    job.close()  # type: ignore[attr-defined]
    assert not list(tmp_path.iterdir())
