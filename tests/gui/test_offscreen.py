"""The whole program without a display, under a synthetic hand."""

from __future__ import annotations

import math
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from imgui_bundle import imgui
from PIL import Image

from tests.gui_utils.hand import Hand
from viz import commands
from viz.app import App
from viz.history import History, leaves
from viz.options import Options
from viz.panels.geometry import Rect
from viz.session import save_session
from viz.state import AppState, DirectionState, Inputs

PATIENCE_S = 90.0
"""Longest wait for anything; starting torch takes seconds on a busy machine."""
SIZE = (1280, 720)


@pytest.fixture(scope="module")
def program(networks: dict[str, str]) -> Iterator[App]:
    app = App(Options(networks=tuple(networks.values()), offscreen=True, size=SIZE))
    app.state.playing = False
    assert app.settle(PATIENCE_S)
    yield app
    app.close()


@pytest.fixture
def app(program: App, networks: dict[str, str]) -> App:
    """The program, settled, in the state it starts with."""
    fresh = AppState()
    fresh.networks = list(program.state.networks[:2])
    for slot, source in zip(fresh.networks, networks.values(), strict=True):
        slot.source = source
    fresh.playing = False
    program.ctx.state = fresh
    program.workspace.status.message = ""
    program.window.move_pointer(-10, -10)
    assert program.settle(PATIENCE_S)
    return program


@pytest.fixture
def hand(app: App) -> Hand:
    def frame() -> None:
        app.window.request_frames(1)
        assert app.step(0.0)

    return Hand(app.window, frame)


def wait_until(app: App, holds: Callable[[], bool]) -> None:
    deadline = time.perf_counter() + PATIENCE_S
    while not holds():
        assert time.perf_counter() < deadline, app.workspace.status.message
        app.step(0.05)


def picture(app: App, slot: int) -> Rect:
    return app.workspace.stage.picture_rects[slot]


def test_the_pictures_of_both_networks_stand_side_by_side(app: App) -> None:
    pixels = app.screenshot()
    assert app.ctx.result is not None
    left, right = picture(app, 0), picture(app, 1)
    assert left.right < right.x
    assert left.y == right.y
    for rect, result in zip((left, right), app.ctx.result.networks, strict=True):
        assert result.picture is not None
        zoom = rect.width / result.picture.shape[1]
        assert zoom == int(zoom) >= 2, "small pictures are shown enlarged, pixels as squares"
        shown = pixels[int(rect.y) : int(rect.bottom), int(rect.x) : int(rect.right)]
        squares = result.picture[:, :, :3].repeat(int(zoom), 0).repeat(int(zoom), 1)
        np.testing.assert_array_equal(shown, squares)


def test_dragging_a_picture_shifts_the_input_of_both(app: App, hand: Hand) -> None:
    rect = picture(app, 1)
    x, y = rect.centre
    before = app.ctx.result
    hand.drag((x, y), (x + rect.width / 4, y - rect.height / 8))
    assert app.state.transform.x == pytest.approx(0.25, abs=1 / rect.width)
    assert app.state.transform.y == pytest.approx(-0.125, abs=1 / rect.height)
    assert app.state.view.hint == 1, "the next hint is shown"
    assert app.settle(PATIENCE_S)
    assert app.ctx.result is not None
    assert before is not None
    for old, new in zip(before.networks, app.ctx.result.networks, strict=True):
        assert not np.array_equal(old.picture, new.picture)


def test_a_larger_canvas_shows_more_and_drags_alike(app: App, hand: Hand) -> None:
    hand.key(imgui.Key.equal)
    assert app.state.canvas.extent == 2
    assert app.settle(PATIENCE_S)
    assert app.ctx.result is not None
    assert [one.picture.shape for one in app.ctx.result.networks] == [(64, 64, 4)] * 2
    rect = picture(app, 0)
    x, y = rect.centre
    hand.drag((x, y), (x + rect.width / 4, y))
    assert app.state.transform.x == pytest.approx(0.5, abs=2 / rect.width), "follows the pointer"
    hand.key(imgui.Key.minus)
    assert app.state.canvas.extent == 1
    hand.key(imgui.Key.minus)
    assert app.workspace.status.message == "This is the smallest canvas."


def test_a_drag_within_one_frame_loses_nothing(app: App, hand: Hand) -> None:
    rect = picture(app, 0)
    x, y = rect.centre
    hand.move((5.0, 5.0))
    hand.jump((x, y))
    hand.press()
    hand.jump((x + rect.width / 2, y))
    hand.release()
    assert app.state.transform.x == pytest.approx(0.5, abs=1 / rect.width)


def test_shift_turns_ctrl_wheel_scales_and_a_double_click_resets(app: App, hand: Hand) -> None:
    rect = picture(app, 0)
    x, y = rect.centre
    hand.hold(imgui.Key.mod_shift, True)
    hand.drag((x + 100, y), (x, y - 100), steps=8)  # a quarter, anticlockwise
    hand.hold(imgui.Key.mod_shift, False)
    assert app.state.transform.angle_rad == pytest.approx(math.pi / 2, abs=0.02)
    hand.hold(imgui.Key.mod_ctrl, True)
    hand.wheel(2.0)
    hand.hold(imgui.Key.mod_ctrl, False)
    assert app.state.transform.scale > 1.05
    time.sleep(0.4)  # longer than the pause within a double click
    hand.double_click((x, y))
    assert app.state.transform.angle_rad == 0.0
    assert app.state.transform.scale == 1.0


def test_the_wheel_zooms_about_the_pointer_and_the_middle_button_pans(app: App, hand: Hand) -> None:
    rect = picture(app, 0)
    pointer = (rect.x + 0.25 * rect.width, rect.y + 0.25 * rect.height)
    hand.move(pointer)
    hand.wheel(3.0)
    hand.frame()
    zoomed = picture(app, 0)
    assert zoomed.width > 1.3 * rect.width
    assert (pointer[0] - zoomed.x) / zoomed.width == pytest.approx(0.25, abs=0.01)
    hand.drag(pointer, (pointer[0] + 40, pointer[1]), button=2)
    hand.frame()
    assert picture(app, 0).x == pytest.approx(zoomed.x + 40, abs=2)
    assert app.state.transform.x == 0.0


def test_keys(app: App, hand: Hand) -> None:
    state = app.state
    hand.key(imgui.Key.right_arrow)
    hand.key(imgui.Key.right_arrow)
    hand.key(imgui.Key.left_arrow)
    assert (state.latent.x, state.latent.y) == (1.0, 0.0)
    hand.key(imgui.Key.down_arrow, imgui.Key.mod_shift)
    assert state.transform.y == pytest.approx(1 / 32)
    layer = state.layers.layer
    hand.key(imgui.Key.right_bracket)
    assert state.layers.layer != layer
    hand.key(imgui.Key.left_bracket)
    assert state.layers.layer == layer
    hand.key(imgui.Key._2)
    hand.frame()
    assert list(app.workspace.stage.picture_rects) == [1]
    hand.key(imgui.Key._0)
    hand.frame()
    assert list(app.workspace.stage.picture_rects) == [0, 1]
    hand.key(imgui.Key.space)
    assert state.playing


def test_the_chosen_layer_shows_its_maps_and_its_spectrum(app: App, hand: Hand) -> None:
    state = app.state
    state.layers.slot = 1
    assert app.settle(PATIENCE_S)
    assert app.ctx.result is not None
    maps = app.ctx.result.networks[1].maps
    assert maps is not None
    assert maps.layer == state.layers.layer
    state.spectrum.of = "layer"
    imgui.set_window_focus("Spectrum")
    hand.frame()
    assert app.settle(PATIENCE_S)
    assert "Spectrum" in app.workspace.visible
    assert "Layers" not in app.workspace.visible
    spectrum = app.ctx.result.networks[1].spectrum
    assert spectrum is not None
    assert spectrum.layer == state.layers.layer
    assert app.ctx.result.networks[1].maps is None, "nobody sees them, nobody pays for them"
    imgui.set_window_focus("Layers")
    hand.frame()
    assert app.host.failures == {}


def test_a_network_that_cannot_be_read_costs_only_its_own_place(app: App) -> None:
    app.commands.open_network("/nowhere/missing.safetensors", None)
    assert app.settle(PATIENCE_S)
    assert app.workspace.status.is_error
    assert "missing.safetensors" in app.workspace.status.message
    assert sorted(app.workspace.stage.picture_rects) == [0, 1, 2]
    app.commands.close_network(2)
    assert app.settle(PATIENCE_S)
    assert not app.workspace.status.is_error


def test_missing_kernels_are_told_once(app: App) -> None:
    assert app.ctx.result is not None
    reason = "no C++ compiler; install one"
    for _ in range(2):
        app._take(replace(app.ctx.result, missing_kernels=reason))
    assert reason in app.workspace.status.message
    app.commands.say("")
    app._take(replace(app.ctx.result, missing_kernels=reason))
    assert app.workspace.status.message == ""


def test_a_broken_network_does_not_load_for_ever(app: App, tmp_path: Path) -> None:
    path = tmp_path / "broken.safetensors"
    path.write_bytes(b"nonsense")
    app.commands.open_network(str(path), None)
    assert app.settle(PATIENCE_S)
    assert "broken.safetensors" in app.workspace.status.message
    assert app.workspace.status.loading == ""
    app.commands.close_network(2)


def test_the_next_snapshot_of_a_run_appears_by_itself(
    app: App, networks: dict[str, str], tmp_path: Path
) -> None:
    shutil.copy(networks["stylegan2"], tmp_path / "network-000001.safetensors")
    app.commands.open_network(str(tmp_path), 0)
    assert app.settle(PATIENCE_S)
    shutil.copy(networks["stylegan3-r"], tmp_path / "network-000002.safetensors")
    wait_until(
        app,
        lambda: (found := app.ctx.summary_of(0)) is not None and found.kind == "stylegan3-r",
    )


def test_a_dropped_network_is_shown_beside_the_others(app: App, networks: dict[str, str]) -> None:
    app.window.receive_drop([networks["stylegan2"]])
    assert app.settle(PATIENCE_S)
    assert [slot.source for slot in app.state.networks][2:] == [networks["stylegan2"]]
    assert len(app.workspace.stage.picture_rects) == 3
    app.window.receive_drop(["/some/holiday.jpg"])
    app.step(0.0)
    assert "holiday.jpg" in app.workspace.status.message


def test_a_session_is_opened_like_a_network(app: App, tmp_path: Path) -> None:
    app.state.truncation.psi = 0.25
    app.state.latent.x = 7.0
    path = tmp_path / "one.json"
    app.workspace.networks.recent = [slot.source for slot in app.state.networks]
    save_session(path, app.state)
    app.state.truncation.psi = 1.0
    app.commands.open_path(path, None)
    assert app.state.truncation.psi == 0.25
    assert app.state.latent.x == 7.0
    (tmp_path / "two.json").write_text("[]")
    app.commands.open_path(tmp_path / "two.json", None)
    assert app.workspace.status.is_error
    assert app.workspace.status.message.count("two.json") == 1
    assert app.state.latent.x == 7.0


def test_a_still_holds_every_picture_pixel_for_pixel(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hand: Hand
) -> None:
    monkeypatch.setattr(commands, "OUT", tmp_path)
    hand.key(imgui.Key.p)
    (path,) = tmp_path.glob("still-*.png")
    hand.key(imgui.Key.p)
    assert len(list(tmp_path.glob("still-*.png"))) == 2, "within a second, none replaces another"
    assert app.ctx.result is not None
    expected = [one.picture for one in app.ctx.result.networks]
    np.testing.assert_array_equal(np.asarray(Image.open(path)), np.concatenate(expected, axis=1))


def test_a_panel_that_raises_leaves_the_others_working(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        imgui.begin_child("half-open")
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(app.workspace.latent, "draw", broken)
    hand.frame()
    assert app.host.failures == {"Latent": "ZeroDivisionError: division by zero"}
    monkeypatch.undo()
    x, y = picture(app, 0).centre
    hand.drag((x, y), (x + 32, y))
    assert app.host.failures == {}
    assert app.state.transform.x > 0


def test_once_settled_no_frame_is_drawn_until_something_happens(app: App) -> None:
    deadline = time.perf_counter() + PATIENCE_S
    quiet = 0
    while quiet < 5 and time.perf_counter() < deadline:
        quiet = 0 if app.step(0.5) else quiet + 1
    assert quiet == 5
    app.commands.say("news")
    assert app.step(0.5)


def place_of(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch, tip: str
) -> tuple[float, float]:
    """The middle of the control whose explanation begins with `tip`."""
    found: list[tuple[float, float]] = []

    def note(text: str, **_: object) -> None:
        if text.startswith(tip):
            low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
            found.append(((low.x + high.x) / 2, (low.y + high.y) / 2))

    with monkeypatch.context() as patch:
        patch.setattr(app.ctx.ui, "tip", note)
        hand.frame()
    return found[0]


def drifting(app: App) -> None:
    """As at the first start, before anything is touched."""
    app.state.latent.walk, app.state.playing = True, True
    app._untouched = True


def test_the_drift_moves_the_pictures_and_stops_at_the_first_touch(app: App, hand: Hand) -> None:
    drifting(app)
    started_at = app.state.latent.walk_phase
    first = app.ctx.result
    wait_until(app, lambda: app.ctx.result is not first)
    assert app.state.latent.walk_phase > started_at
    hand.click(picture(app, 0).centre)
    assert not app.state.playing
    assert "Space" in app.workspace.status.message
    app.state.playing = True
    hand.click(picture(app, 0).centre)
    assert app.state.playing, "only the first touch stops it"
    app.state.playing = False


def test_a_key_that_changes_something_is_a_first_touch(app: App, hand: Hand) -> None:
    drifting(app)
    hand.key(imgui.Key.f1)
    hand.key(imgui.Key.f1)
    assert app.state.playing
    hand.key(imgui.Key.right_arrow)
    assert not app.state.playing


def test_space_as_the_first_touch_pauses(app: App, hand: Hand) -> None:
    drifting(app)
    hand.key(imgui.Key.space)
    assert not app.state.playing
    hand.key(imgui.Key.space)
    hand.click(picture(app, 0).centre)
    assert app.state.playing, "who has used the control is not paused any more"
    app.state.playing = False


def test_a_click_on_pause_as_the_first_touch_pauses(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    drifting(app)
    hand.click(place_of(app, hand, monkeypatch, "Stop or start everything"))
    assert not app.state.playing


@pytest.mark.skipif(sys.platform == "win32", reason="kills a process by a signal")
def test_the_worker_is_killed_and_comes_back(app: App) -> None:
    assert app.worker.pid is not None
    os.kill(app.worker.pid, signal.SIGKILL)
    wait_until(app, lambda: "SIGKILL" in app.workspace.status.message)
    assert app.workspace.status.is_error
    app.screenshot()  # the window goes on without it
    wait_until(app, lambda: app.workspace.status.worker == "ready")
    assert not app.workspace.status.is_error, "it is back, though nothing was asked of it"
    assert "back" in app.workspace.status.message
    app.state.truncation.psi = 0.5
    wait_until(app, lambda: app.ctx.result is not None and app.ctx.result.request.psi == 0.5)
    assert app.workspace.status.worker == "ready"
    assert not app.workspace.status.is_error


def test_every_panel_is_drawn_in_both_themes_and_at_another_size(app: App) -> None:
    means = []
    for theme, scale in (("dark", 1.0), ("light", 1.0), ("light", 1.5)):
        app.state.view.theme, app.state.view.ui_scale = theme, scale
        app.commands.reset_layout()
        for title in ("Performance", "Spectrum", "Layers"):
            assert app.settle(PATIENCE_S)
            imgui.set_window_focus(title)
        assert app.settle(PATIENCE_S)
        assert app.host.failures == {}
        means.append(app.screenshot().mean())
    assert means[0] + 60 < means[1]


def test_changes_are_undone_a_drag_as_one(app: App, hand: Hand) -> None:
    app.commands.history = History(app.state)
    x, y = picture(app, 0).centre
    hand.drag((x, y), (x + 40, y + 20), steps=6)
    moved = app.state.transform.x
    assert moved > 0
    time.sleep(0.3)
    hand.key(imgui.Key.right_arrow)
    assert app.state.latent.x == 1.0
    hand.key(imgui.Key.z, imgui.Key.mod_ctrl)
    assert (app.state.latent.x, app.state.transform.x) == (0.0, moved)
    hand.key(imgui.Key.z, imgui.Key.mod_ctrl)
    assert (app.state.transform.x, app.state.transform.y) == (0.0, 0.0)
    assert not app.commands.can_undo
    hand.key(imgui.Key.y, imgui.Key.mod_ctrl)
    assert app.state.transform.x == moved


def test_drafts_while_the_hand_moves_and_pictures_when_it_rests(app: App, hand: Hand) -> None:
    x, y = picture(app, 0).centre
    hand.drag((x, y), (x + 40, y))
    assert app._sent is not None and app._sent.precision == "fast"
    assert app.settle(PATIENCE_S)
    assert app.ctx.result is not None
    assert app.ctx.result.request.precision == "fp32"


def test_the_palette_finds_a_command_and_runs_it(app: App, hand: Hand) -> None:
    hand.key(imgui.Key.k, imgui.Key.mod_ctrl)
    hand.frame()
    assert app.workspace.palette.is_open
    hand.type("untransf")
    hand.key(imgui.Key.enter)
    assert app.state.view.untransform
    assert not app.workspace.palette.is_open
    hand.key(imgui.Key.k, imgui.Key.mod_ctrl)
    hand.key(imgui.Key.escape)
    assert not app.workspace.palette.is_open


def test_difference_split_and_side_by_side(app: App, hand: Hand) -> None:
    hand.key(imgui.Key.d)
    hand.frame()
    assert list(app.workspace.stage.cell_rects)[-1] == "difference 0 1"
    hand.key(imgui.Key.x)
    hand.frame()
    (rect,) = app.workspace.stage.cell_rects.values()
    x, y = rect.centre
    hand.drag((x, y), (x - rect.width / 4, y))
    assert app.state.view.split_at == pytest.approx(0.25, abs=0.01)
    assert app.state.transform.x == 0.0, "the slider is dragged, not the picture"
    hand.key(imgui.Key.x)
    hand.frame()
    assert len(app.workspace.stage.cell_rects) == 2
    assert app.host.failures == {}


def test_an_unlocked_network_has_a_place_of_its_own(app: App, hand: Hand) -> None:
    before = app.ctx.result
    app.state.networks[1].own = Inputs()
    app.state.view.target = 1
    x, y = picture(app, 1).centre
    hand.drag((x, y), (x + 50, y))
    hand.key(imgui.Key.right_arrow)
    own = app.state.networks[1].own
    assert own is not None and own.transform.x > 0 and own.latent.x == 1.0
    assert (app.state.transform.x, app.state.latent.x) == (0.0, 0.0)
    assert app.settle(PATIENCE_S)
    assert app.ctx.result is not None and before is not None
    changed = [
        not np.array_equal(old.picture, new.picture)
        for old, new in zip(before.networks, app.ctx.result.networks, strict=True)
    ]
    assert changed == [False, True]


def test_a_dropped_still_restores_what_it_shows(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hand: Hand
) -> None:
    monkeypatch.setattr(commands, "OUT", tmp_path)
    app.state.truncation.psi = 0.3
    app.workspace.networks.recent = [slot.source for slot in app.state.networks]
    hand.key(imgui.Key.p)
    (path,) = tmp_path.glob("still-*.png")
    app.state.truncation.psi = 1.0
    hand.frame()
    app.window.receive_drop([str(path)])
    app.step(0.0)
    assert app.state.truncation.psi == 0.3
    hand.key(imgui.Key.z, imgui.Key.mod_ctrl)
    assert app.state.truncation.psi == 1.0, "opening is undone like any other change"


def test_a_session_from_elsewhere_asks_before_it_reads(
    app: App, tmp_path: Path, hand: Hand
) -> None:
    app.workspace.networks.recent = []
    app.state.truncation.psi = 0.4
    save_session(tmp_path / "foreign.json", app.state)
    app.state.truncation.psi = 1.0
    app.commands.open_path(tmp_path / "foreign.json", None)
    hand.frame()
    assert app.commands.question.is_open
    assert app.state.truncation.psi == 1.0
    hand.key(imgui.Key.escape)
    assert not app.commands.question.is_open
    assert app.state.truncation.psi == 1.0


def test_drawing_alone_changes_nothing(app: App, hand: Hand) -> None:
    state = app.state
    state.truncation.psi = 0.3
    state.transform.x, state.transform.y, state.transform.angle_rad = 0.1, 1 / 3, 0.7
    state.transform.orbit_radius, state.latent.walk_radius = 0.123, 0.3
    state.style_mix.layers, state.directions = [1], [DirectionState(amount=0.1)]
    state.latent.class_blend = 0.3
    assert app.settle(PATIENCE_S)
    before = leaves(state)
    for title in ("Performance", "Spectrum", "Layers"):
        imgui.set_window_focus(title)
        hand.frame()
        hand.frame()
    assert leaves(state) == before
