"""A dropped picture is asked about, found, gone to, and left again with undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests.gui.program import SIZE, place_of, wait_until
from tests.gui_utils.hand import Hand
from viz.app.loop import App
from viz.app.options import Options

if TYPE_CHECKING:
    from pathlib import Path


def hand_of(app: App) -> Hand:
    def frame() -> None:
        app.window.request_frames(1)
        app.step(0.0)

    return Hand(app.window, frame)


@pytest.mark.parametrize("count", [pytest.param(1, marks=pytest.mark.soak), 2])
def test_a_dropped_picture_is_found_and_gone_to(
    networks: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    Image.new("RGB", (64, 48), "orange").save(tmp_path / "mine.png")
    app = App(Options(networks=tuple(networks.values())[-count:], offscreen=True, size=SIZE))
    try:
        app.state.playing = app.state.latent.walk = False
        wait_until(app, lambda: bool(app.model.summaries))
        app.commands.files.open(tmp_path / "mine.png")
        assert app.model.finder.asked == [tmp_path / "mine.png"]
        hand = hand_of(app)
        for _ in range(3):
            hand.frame()
        hand.click(place_of(app, hand, monkeypatch, "Look for the place"))
        assert app.model.finder.is_busy
        wait_until(app, lambda: bool(app.model.finder.found))
        wait_until(app, lambda: app.model.finder.arrived is None)
        latent = app.state.latent_of(0)
        assert latent.given is not None
        assert latent.given.name == "mine"
        assert (app.state.networks[0].own is not None) == (count > 1)
        assert "mine.png found" in app.model.status.message
        place = app.state.transform_of(0)
        assert place.x == app.model.finder.found[0].finding.place.x
        app.commands.find.before_and_after()
        assert app.state.latent_of(0).given is None
        app.commands.find.before_and_after()
        assert app.state.latent_of(0).given == latent.given
        assert app.state.transform_of(0).x == place.x
        app.commands.window.undo()
        assert app.state.latent_of(0).given is None
    finally:
        app.close()


def test_escape_forgets_and_the_lab_and_trainings_take_it(
    networks: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", (64, 48), "orange").save(tmp_path / "mine.png")
    app = App(Options(networks=(networks["stylegan2"],), offscreen=True, size=SIZE))
    try:
        hand = hand_of(app)
        wait_until(app, lambda: bool(app.model.summaries))
        app.commands.files.open(tmp_path / "mine.png")
        for _ in range(3):
            hand.frame()
        hand.click(place_of(app, hand, monkeypatch, "See what filters"))
        hand.frame()
        assert app.state.lab.file == str(tmp_path / "mine.png")
        assert not app.model.finder.asked
        app.commands.files.open(tmp_path / "mine.png")
        for _ in range(3):
            hand.frame()
        hand.click(place_of(app, hand, monkeypatch, "Take all pictures"))
        hand.frame()
        assert app.state.training.data == str(tmp_path)
    finally:
        app.close()


def test_a_search_is_cancelled_and_a_damaged_picture_is_a_line(
    networks: dict[str, str], tmp_path: Path
) -> None:
    Image.new("RGB", (64, 48), "orange").save(tmp_path / "mine.png")
    (tmp_path / "torn.png").write_bytes(b"torn")
    app = App(Options(networks=(networks["stylegan2"],), offscreen=True, size=SIZE))
    try:
        app.state.playing = app.state.latent.walk = False
        wait_until(app, lambda: bool(app.model.summaries))
        given = app.state.latent.given
        app.commands.find.start([tmp_path / "mine.png", tmp_path / "mine.png"], 0)
        wait_until(app, lambda: app.model.finder.present is not None)
        app.commands.find.cancel()
        wait_until(app, lambda: not app.model.finder.is_busy)
        assert not app.model.finder.waiting
        assert app.state.latent.given == given
        app.commands.find.start([tmp_path / "torn.png"], 0)
        wait_until(app, lambda: not app.model.finder.is_busy)
        assert "torn.png is not a whole picture" in app.model.status.message
        assert app.model.status.is_error
    finally:
        app.close()
