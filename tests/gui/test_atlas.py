"""The atlas in the whole program, without a display, under a synthetic hand."""

from __future__ import annotations

import math
import os
import signal
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from imgui_bundle import imgui

from tests.patience import PATIENCE_S
from viz.panels.window import view_menu
from viz.protocol.tiles import FINE, visible
from viz.state.app_state import AppState, AtlasState
from viz.state.to_request import request_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.gui_utils.hand import Hand
    from viz.app.loop import App
    from viz.panels.common.picture_geometry import Rect


@pytest.fixture
def app(program: App, monkeypatch: pytest.MonkeyPatch) -> App:
    """The program with the atlas on the stage, all tiles there, and time in a frame for them."""
    monkeypatch.setattr("viz.panels.atlas.texture_sheets.FRAME_BUDGET_S", float("inf"))
    fresh = AppState(playing=False)
    fresh.networks = list(program.state.networks)
    fresh.view.show = "atlas"
    fresh.view.hint = 100
    program.model.state = fresh
    program.model.status.clear()
    program.window.move_pointer(-10, -10)
    program.workspace.stage.atlas._glide.stop()
    complete(program)
    return program


def wait_until(app: App, holds: Callable[[], bool]) -> None:
    deadline = time.perf_counter() + PATIENCE_S
    while not holds():
        assert time.perf_counter() < deadline, app.model.status.message
        app.window.request_frames(1)
        app.step(0.02)


def complete(app: App) -> None:
    """Wait until every tile that can be seen is there."""
    tiles = app.model.tiles
    wait_until(app, lambda: len(tiles.shown) == 2 and tiles.request(app.state) is None)


def cell(app: App, slot: int = 0) -> Rect:
    return app.workspace.stage.cell_rects[f"atlas {slot} -1"]


def pixels(app: App, slot: int) -> np.ndarray:
    rect = cell(app, slot)
    return app.screenshot()[int(rect.y) : int(rect.bottom), int(rect.x) : int(rect.right)]


def test_the_middle_is_the_picture_itself(app: App) -> None:
    """At a whole magnification, StyleGAN3's tiles show the pixels of its picture as squares."""
    zoom = 8
    app.state.view.squares = True
    app.state.atlas.picture_px = 32.0 * zoom
    complete(app)
    app.settle(PATIENCE_S)
    assert app.model.result is not None
    picture = app.model.result.networks[1].picture
    assert picture is not None
    rect, shown = cell(app, 1), pixels(app, 1)
    x, y = (
        round(part - origin) for part, origin in zip(rect.centre, (rect.x, rect.y), strict=True)
    )
    reach = 10 * zoom  # within the frame around the picture
    part = shown[y - reach : y + reach, x - reach : x + reach][zoom // 2 :: zoom, zoom // 2 :: zoom]
    # Drawn at another place of its tile than in the picture: equal to some 60 dB.
    assert np.abs(part.astype(int) - picture[6:26, 6:26, :3]).mean() < 1


def test_a_drag_moves_the_plane_and_glides_on(app: App, hand: Hand) -> None:
    atlas, (x, y) = app.state.atlas, cell(app).centre
    hand.move((x, y))
    hand.press()
    for step in range(1, 5):
        hand.move((x + 16 * step, y - 8 * step))
    assert (atlas.x, atlas.y) == pytest.approx((-64 / 256, 32 / 256))
    hand.release()
    at = atlas.x
    wait_until(app, lambda: not app.workspace.stage.atlas._glide.moves)
    assert atlas.x < at, "inertia"
    assert app.model.history.can_undo
    app.commands.window.undo()
    assert (atlas.x, atlas.y) == (0, 0), "the drag and its glide are one step"


def test_reduced_motion_does_not_glide(app: App, hand: Hand) -> None:
    app.state.view.reduced_motion = True
    x, y = cell(app).centre
    hand.drag((x, y), (x + 64, y))
    assert not app.workspace.stage.atlas._glide.moves
    assert app.state.atlas.x == pytest.approx(-0.25)


def test_the_wheel_keeps_what_is_under_the_pointer(app: App, hand: Hand) -> None:
    atlas, rect = app.state.atlas, cell(app)
    pointer = (rect.x + 50, rect.y + 70)

    def under_pointer() -> tuple[float, float]:
        x, y = rect.centre
        width = atlas.picture_px
        return atlas.x + (pointer[0] - x) / width, atlas.y + (pointer[1] - y) / width

    hand.move(pointer)
    before = under_pointer()
    hand.wheel(2)
    assert atlas.picture_px > 256
    assert under_pointer() == pytest.approx(before)
    hand.wheel(-100)
    assert atlas.picture_px == 16


def test_arrow_keys_move_the_plane_and_leave_the_seed(app: App, hand: Hand) -> None:
    hand.hold(imgui.Key.right_arrow, True)
    hand.hold(imgui.Key.down_arrow, True)
    hand.frame()
    hand.hold(imgui.Key.right_arrow, False)
    hand.hold(imgui.Key.down_arrow, False)
    assert app.state.atlas.x > 0
    assert app.state.atlas.y > 0
    assert app.state.latent.x == 0
    hand.key(imgui.Key.home)
    assert app.state.atlas == AtlasState()


def test_shift_turns_and_a_double_click_goes_back(app: App, hand: Hand) -> None:
    rect = cell(app)
    x, y = rect.centre
    hand.hold(imgui.Key.mod_shift, True)
    hand.drag((x + 80, y), (x, y - 80))
    hand.hold(imgui.Key.mod_shift, False)
    assert app.state.atlas.angle_rad == pytest.approx(math.pi / 2, abs=0.02)
    hand.double_click((x, y))
    assert app.state.atlas.angle_rad == 0


def test_nothing_is_ever_blank(app: App) -> None:
    """New latents, far jumps, turns: the background colour never shows."""
    palette = app.host.palette
    blank = {tuple(round(255 * part) for part in colour) for colour in (palette.bar, palette.stage)}
    hand = np.random.default_rng(0)
    for step in range(12):
        app.state.latent.x += step % 3 == 0
        app.state.atlas.x += float(hand.normal(0, 4))
        app.state.atlas.angle_rad += 0.3 * (step % 4 == 1)
        for slot in (0, 1):
            shown = pixels(app, slot)[4:-4:7, 4:-4:7].reshape(-1, 3)
            count = sum(int((shown == colour).all(1).sum()) for colour in blank)
            # The frame around the trained picture has the stage's colour.
            assert count < 0.02 * len(shown)


def test_a_new_latent_keeps_the_place_and_begins_in_the_middle(app: App) -> None:
    tiles = app.model.tiles
    app.state.atlas.x, app.state.atlas.y = 3.0, -2.0
    complete(app)
    app.state.latent.x = 7.0
    app.window.request_frames(1)
    app.step(0.0)
    wait_until(app, lambda: len(tiles.store.planes) >= 2 and tiles.request(app.state) is not None)
    for shown in tiles.shown.values():
        wait_until(app, lambda one=shown: bool(_fine(app, one).any()))
        rows, columns = np.nonzero(_fine(app, shown))
        size = _fine(app, shown).shape
        assert np.hypot(rows - size[0] / 2, columns - size[1] / 2).min() < 1.5
    assert (app.state.atlas.x, app.state.atlas.y) == (3.0, -2.0)
    complete(app)


def test_while_something_plays_the_map_stays_until_the_next_is_drawn(app: App) -> None:
    """It was one flat colour, as no tile of a moving latent ever came in time."""
    tiles, planes, latents = app.model.tiles, set(), set()
    app.state.latent.walk, app.state.playing = True, True

    def seen() -> bool:
        planes.add(tiles.shown[1].plane)
        latents.add(app.state.latent.walk_phase)
        assert min(pixels(app, slot).std() for slot in (0, 1)) > 8
        return len(planes) > 3

    wait_until(app, seen)
    assert len(latents) > len(planes), "many pictures to a map"
    app.state.playing = False
    complete(app)
    now = request_for(app.state).place_of(1).latent
    assert tiles.shown[1].plane.latent == now, "at rest it is the map of this moment"
    assert app.host.failures == {}


def test_the_picture_is_drawn_in_its_frame_before_any_tile_is_there(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert app.settle(PATIENCE_S)
    app.state.view.squares = True
    whole = pixels(app, 1)
    app.model.tiles.forget()
    monkeypatch.setattr(app, "_ask_for_tiles", lambda: None)
    app.window.request_frames(1)
    app.step(0.0)
    shown, rect = pixels(app, 1), cell(app, 1)
    y, x = (int(part / 2) for part in (rect.height, rect.width))
    inside = np.s_[y - 100 : y + 100, x - 100 : x + 100]
    error = np.abs(shown[inside].astype(int) - whole[inside]).mean()
    assert error < 3, "the same picture as its tiles"
    assert (shown[4:20, 4:20] == shown[4, 4]).all(), "around it there is nothing yet"


def test_entering_says_what_plays_and_keys_that_reset_the_view_stay(app: App, hand: Hand) -> None:
    hand.key(imgui.Key.a)
    assert app.state.view.show == "side"
    app.state.latent.walk = app.state.latent.animate = app.state.playing = True
    hand.frame()
    hand.key(imgui.Key.a)
    hand.frame()
    assert app.model.status.message.startswith("Drift and Travel play: ")
    app.state.playing = False
    app.state.atlas.x, app.state.view.focus = 5.0, 1
    hand.key(imgui.Key._0)
    assert (app.state.view.show, app.state.view.focus, app.state.atlas.x) == ("atlas", -1, 5.0)
    (fit,) = (one for one in view_menu.ACTIONS if one.name == "Fit pictures")
    fit.run(app.state, app.ctx)
    assert (app.state.view.show, app.state.atlas.x) == ("atlas", 0.0)


def _fine(app: App, shown) -> np.ndarray:
    columns, rows = visible(shown.look, shown.grid.side(FINE))
    return app.model.tiles.store.present(shown.plane, FINE, columns, rows)


def test_seams_are_drawn_and_summed_up(app: App) -> None:
    without = pixels(app, 1).astype(int)
    app.state.atlas.seams = True
    complete(app)
    app.settle(PATIENCE_S)
    assert np.abs(pixels(app, 1) - without).max() > 50
    tiles = app.model.tiles
    for shown in tiles.shown.values():
        assert len(tiles.store.seams(shown.plane)) >= 4


@pytest.mark.soak  # torch takes its time to start
def test_tiles_come_again_after_the_worker_has_died(app: App) -> None:
    app.state.atlas.x = 40.0
    app.window.request_frames(1)
    app.step(0.0)
    assert app.worker.pid is not None
    os.kill(app.worker.pid, signal.SIGKILL)
    complete(app)


def test_leaving_drops_what_was_wanted_and_coming_back_goes_on(app: App) -> None:
    app.state.atlas.x = -40.0
    app.window.request_frames(1)
    app.step(0.0)
    app.state.view.show = "side"
    app.window.request_frames(1)
    wait_until(app, lambda: app.worker.tiles_wanted is None)
    app.step(0.02)
    count = len(app.model.tiles.store)
    for _ in range(5):
        app.window.request_frames(1)
        app.step(0.02)
    assert len(app.model.tiles.store) == count, "nothing is drawn that nobody sees"
    app.state.view.show = "atlas"
    complete(app)
    assert len(app.model.tiles.store) > count


def test_memory_keeps_its_bound(app: App) -> None:
    app.state.atlas.memory_mb = 16
    app.state.atlas.picture_px = 32.0
    for step in range(6):
        app.state.atlas.x = 30.0 * step
        for _ in range(5):
            app.window.request_frames(1)
            app.step(0.02)
        assert app.model.tiles.store.bytes <= 16_000_000
