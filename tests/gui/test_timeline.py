"""Keyframes as pictures: dragged, copied, dropped, paced, and a time axis that zooms."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from imgui_bundle import imgui

from tests.gui.test_thumbnails import come_to_rest
from tests.patience import PATIENCE_S
from viz.panels.recording.paces import PACES
from viz.panels.recording.track import Track, tick_step_s
from viz.state.app_state import KeyframeState
from viz.state.favourites import favourite_of_seed
from viz.state.history import History
from viz.state.timeline import in_order
from viz.state.to_thumbnails import at, thumbnail_here

if TYPE_CHECKING:
    from tests.gui_utils.hand import Hand, Point
    from viz.app.loop import App

SEEDS = (7, 12, 31)


@pytest.fixture
def track(app: App) -> Track:
    """Three keyframes, at 0, 2 and 4 s, on a track that has been drawn."""
    app.state.timeline.frames = [
        KeyframeState(float(seed), 0.0, 2.0 * n) for n, seed in enumerate(SEEDS)
    ]
    app.commands.window.reset_layout()
    assert app.settle(PATIENCE_S)
    app.model.history = History(app.state)
    return drawn(app)


def drawn(app: App) -> Track:
    track = app.workspace.timeline.track
    assert track is not None
    return track


def mark(track: Track, at_s: float) -> Point:
    return track.x(at_s), track.middle


def times(app: App) -> list[float]:
    return [frame.at_s for frame in app.state.timeline.frames]


def test_keyframes_show_their_pictures_with_the_truncation_of_the_path(
    app: App, hand: Hand, track: Track
) -> None:
    timeline = app.state.timeline
    assert track.side > 30
    timeline.moves_truncation, timeline.frames[1].psi = True, 0.3
    hand.frame()
    come_to_rest(app)
    here = thumbnail_here(app.state)
    assert here is not None
    shown = app.screenshot()
    for frame in timeline.frames[:2]:
        found = app.model.thumbnails.get(replace(at(here, frame.x, frame.y), psi=frame.psi))
        assert found is not None
        assert found[1]
        side, x = round(track.side), round(track.x(frame.at_s) + track.side / 4)
        top = round(track.top) + 4
        seen = shown[top + 4 : top + side // 2, x - 4 : x + 8].mean((0, 1))
        scale = found[0].shape[0] / side
        part = found[0][
            round(4 * scale) : round(side // 2 * scale),
            round((0.75 * side - 4) * scale) : round((0.75 * side + 8) * scale),
        ]
        np.testing.assert_allclose(seen, part.mean((0, 1)), atol=10.0)


def test_a_dragged_keyframe_snaps_to_half_seconds_unless_alt_is_held(
    app: App, hand: Hand, track: Track
) -> None:
    near = 3 / track.per_second
    hand.drag(mark(track, 2.0), mark(track, 2.5 + near))
    assert times(app) == [0.0, 2.5, 4.0]
    hand.rest(1.0)  # else it is one step with the next drag
    hand.hold(imgui.Key.mod_alt, True)
    hand.drag(mark(track, 2.5), mark(track, 3.0 + near))
    hand.hold(imgui.Key.mod_alt, False)
    assert times(app)[1] != 3.0
    assert times(app)[1] == pytest.approx(3.0 + near, abs=1 / track.per_second)
    app.commands.window.undo()
    assert times(app) == [0.0, 2.5, 4.0]


def test_with_ctrl_a_copy_stays(app: App, hand: Hand, track: Track) -> None:
    hand.hold(imgui.Key.mod_ctrl, True)
    hand.click(mark(track, 2.0))
    assert times(app) == [0.0, 2.0, 4.0], "a click copies nothing"
    hand.drag(mark(track, 2.0), mark(track, 3.0))
    hand.hold(imgui.Key.mod_ctrl, False)
    frames = in_order(app.state.timeline.frames)
    assert [frame.at_s for frame in frames] == [0.0, 2.0, 3.0, 4.0]
    assert [frame.x for frame in frames] == [7.0, 12.0, 12.0, 31.0]


def test_the_wheel_zooms_about_the_pointer_and_shift_scrolls(
    app: App, hand: Hand, track: Track
) -> None:
    timeline = app.state.timeline
    hand.move(mark(track, 3.1))
    for _ in range(4):
        hand.wheel(1.0)
    hand.frame()
    zoomed = drawn(app)
    assert timeline.zoom == pytest.approx(1.25**4)
    assert zoomed.per_second == pytest.approx(track.per_second * 1.25**4, rel=1e-6)
    assert zoomed.x(3.1) == pytest.approx(track.x(3.1), abs=2.5)
    before = timeline.from_s
    hand.hold(imgui.Key.mod_shift, True)
    hand.wheel(1.0)
    hand.hold(imgui.Key.mod_shift, False)
    assert 0 <= timeline.from_s < before
    assert not app.model.history.can_undo, "looking closer changes nothing"
    for _ in range(8):
        hand.wheel(-1.0)
    assert (timeline.zoom, timeline.from_s) == (1.0, 0.0)


def test_a_zoomed_track_follows_the_playhead(app: App, hand: Hand, track: Track) -> None:
    timeline = app.state.timeline
    timeline.zoom, timeline.on, app.state.playing = 4.0, True, True
    timeline.position_s = 3.5
    hand.frame()
    hand.frame()
    app.state.playing, timeline = False, app.state.timeline
    assert 0 < timeline.from_s <= 3.6
    assert track.left <= drawn(app).x(timeline.position_s) < track.left + 600


def test_a_favourite_dropped_on_the_track_becomes_a_keyframe(
    app: App, hand: Hand, track: Track
) -> None:
    app.state.favourites = [favourite_of_seed(app.state, 45)]
    hand.frame()
    hand.frame()
    start = app.workspace.favourites.cells[0].centre
    end = track.x(3.0) + 2, track.middle
    hand.drag(start, end, steps=8)
    hand.frame()
    last = app.state.timeline.frames[-1]
    assert (last.x, last.at_s) == (45.0, 3.0)
    app.commands.window.undo()
    assert times(app) == [0.0, 2.0, 4.0]


def test_an_empty_track_takes_the_first_keyframe(app: App, hand: Hand, track: Track) -> None:
    app.state.timeline.frames = []
    app.state.favourites = [favourite_of_seed(app.state, 45)]
    hand.frame()
    hand.frame()
    hand.drag(app.workspace.favourites.cells[0].centre, mark(track, 3.0), steps=8)
    hand.frame()
    assert [(frame.x, frame.at_s) for frame in app.state.timeline.frames] == [(45.0, 0.0)]


def test_the_mark_between_keyframes_chooses_how_the_way_is_travelled(
    app: App, hand: Hand, track: Track, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand.click(mark(track, 1.0))
    places: dict[str, Point] = {}
    draw = imgui.menu_item

    def noted(name: str, *rest: object) -> object:
        result = draw(name, *rest)  # type: ignore[call-overload]
        low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
        places[name] = ((low.x + high.x) / 2, (low.y + high.y) / 2)
        return result

    with monkeypatch.context() as patch:
        patch.setattr(imgui, "menu_item", noted)
        hand.frame()
        hand.frame()
    assert [name for _pace, name, _does in PACES] == list(places)
    hand.click(places["Slow at both ends"])
    assert [frame.pace for frame in app.state.timeline.frames] == ["soft", "flow", "flow"]
    app.commands.window.undo()
    assert app.state.timeline.frames[0].pace == "flow"


def test_times_under_the_track_keep_their_distance() -> None:
    for least_s in np.geomspace(0.001, 5000, 200):
        step = tick_step_s(float(least_s))
        assert least_s <= step
        assert step <= max(0.1, 5.1 * least_s)
