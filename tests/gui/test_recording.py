"""Recording, slit scans and films of the window, under a synthetic hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import pytest
from imgui_bundle import imgui

from tests.gui.program import picture, wait_until
from tests.patience import PATIENCE_S
from viz.panels.common import layout
from viz.panels.recording.panel import recording_disabled_reason, running
from viz.state.to_request import request_at, request_for
from viz.storage.session_files import read_session

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gui_utils.hand import Hand
    from viz.app.loop import App


def frames_of(path: Path) -> int:
    with av.open(str(path)) as film:
        return sum(1 for _ in film.decode(video=0))


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "out"


def test_r_records_what_is_set_with_its_session(app: App, hand: Hand, out: Path) -> None:
    app.state.recording.frames, app.state.recording.size = 8, "native"
    app.state.latent.x, app.state.latent.walk = 7.0, True
    hand.key(imgui.Key.r)
    wait_until(app, lambda: running(app.ctx) is None and out.exists() and any(out.glob("*.mp4")))
    (film,) = out.iterdir()
    wait_until(app, lambda: "Wrote" in app.model.status.message)
    assert frames_of(film) == 8
    assert layout.RECORDING in app.model.windows.visible
    carried = read_session(film).state
    assert (carried.latent.x, carried.recording.frames) == (7.0, 8)


def test_r_again_stops_and_leaves_what_was_encoded(app: App, hand: Hand, out: Path) -> None:
    app.state.recording.frames, app.state.recording.size = 5000, "native"
    app.state.latent.walk = True
    hand.key(imgui.Key.r)
    wait_until(app, lambda: (job := running(app.ctx)) is not None and job.done > 12)
    hand.key(imgui.Key.r)
    wait_until(app, lambda: running(app.ctx) is None)
    wait_until(app, lambda: "holds what was encoded" in app.model.status.message)
    (left,) = out.iterdir()
    assert left.name.endswith(".part.mp4")
    assert frames_of(left) >= 1


def test_r_records_from_where_the_motion_stands_while_it_goes_on(
    app: App, hand: Hand, out: Path
) -> None:
    state = app.state
    state.recording.frames, state.recording.size = 3, "native"
    state.transform.orbit, state.playing = True, True
    wait_until(app, lambda: app.state.transform.orbit_phase > 0.01)
    hand.key(imgui.Key.r)
    wait_until(app, lambda: "Wrote" in app.model.status.message)
    (film,) = out.iterdir()
    carried = read_session(film).state
    assert carried.transform.orbit_phase > 0.01
    then = request_at(carried, app.model.playback.elapsed_s)
    assert then.place == request_for(app.state).place, "the stage went on as the film does"
    assert app.state.transform.orbit_phase != carried.transform.orbit_phase


def test_nothing_is_recorded_where_nothing_is_set_to_move(app: App, hand: Hand, out: Path) -> None:
    app.state.latent.walk = False
    hand.key(imgui.Key.r)
    hand.frame()
    assert running(app.ctx) is None
    assert not out.exists()
    assert "Nothing is set to move" in recording_disabled_reason(app.state)


def test_s_scans_live_and_a_drag_draws_the_line(app: App, hand: Hand, out: Path) -> None:
    hand.key(imgui.Key.s)
    assert app.state.slit_scan.on
    for x in (1.0, 2.0, 3.0):
        app.state.latent.x = x
        assert app.settle(PATIENCE_S)
    assert layout.SLIT_SCAN in app.model.windows.visible
    images = app.model.slit_scans.images()
    assert [slot for slot, _image, _share in images] == [0, 1]
    assert all(image.shape[1] >= 3 for _slot, image, _share in images)
    app.commands.export.slit_scan()
    (saved,) = out.iterdir()
    assert read_session(saved).state.slit_scan.on
    rect, before = picture(app, 0), app.state.transform.x
    app.state.slit_scan.drawing = True
    hand.drag(
        (rect.x + 0.25 * rect.width, rect.y + 0.25 * rect.height),
        (rect.x + 0.75 * rect.width, rect.y + 0.5 * rect.height),
    )
    hand.frame()
    assert app.state.slit_scan.line == pytest.approx((0.25, 0.25, 0.75, 0.5), abs=0.02)
    assert app.state.transform.x == before
    assert not app.state.slit_scan.drawing
    hand.key(imgui.Key.s)
    assert not app.state.slit_scan.on


def test_the_window_is_filmed_until_it_is_asked_for_again(app: App, hand: Hand, out: Path) -> None:
    for of in ("window", "pictures"):
        app.commands.export.film_live(of)
        for x in (1.0, 2.0, 3.0, 4.0):
            app.state.latent.x = x
            assert app.settle(PATIENCE_S)
        app.commands.export.film_live(of)
        assert "Wrote" in app.model.status.message
    films = sorted(out.iterdir())
    assert len(films) == 2
    assert all(frames_of(film) >= 1 for film in films)
    with av.open(str(films[1])) as film:
        context = film.streams.video[0].codec_context
        assert (context.width, context.height) == app.window.framebuffer_size
    assert app.host.failures == {}
