"""The signal lab in the whole program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from imgui_bundle import imgui
from PIL import Image

from tests.gui.program import place_of, wait_until
from tests.patience import PATIENCE_S
from viz.panels.common import layout
from viz.panels.lab.texts import OPERATIONS, SIGNALS
from viz.state.history import leaves

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gui_utils.hand import Hand
    from viz.app.loop import App


@pytest.fixture
def lab(app: App, hand: Hand) -> App:
    """The program with the signal lab in front."""
    imgui.set_window_focus(layout.LAB)
    hand.frame()
    hand.frame()
    assert app.settle(PATIENCE_S)
    assert layout.LAB in app.model.windows.visible
    return app


def test_nothing_is_computed_while_it_is_hidden(app: App, hand: Hand) -> None:
    imgui.set_window_focus(layout.LAYERS)
    hand.frame()
    assert app.settle(PATIENCE_S)
    before = app.model.lab.view
    app.state.lab.taps = 11
    hand.frame()
    assert app.settle(PATIENCE_S)
    assert app.model.lab.view is before
    assert app.model.jobs.at_work == []
    imgui.set_window_focus(layout.LAB)
    hand.frame()
    hand.frame()
    assert app.settle(PATIENCE_S)
    assert app.model.lab.view is not None
    assert app.model.lab.view[0].operation.taps == 11


def test_every_signal_through_every_operation(lab: App) -> None:
    sent = lab._sent_id
    for move in ("shift", "turn"):
        lab.state.lab.move = move
        lab.state.lab.side = 32
        for kind in OPERATIONS:
            lab.state.lab.operation = kind
            lab.state.lab.signal = "noise"
            assert lab.settle(PATIENCE_S, calm_frames=1)
            assert lab.model.lab.view is not None
            assert lab.model.lab.curve is not None
            naive, filtered = (lane.db for lane in lab.model.lab.view[1].lanes)
            expected = naive if (kind, move) == ("convolution", "shift") else naive + 5
            assert filtered >= expected, (kind, move)
    assert lab._sent_id == sent, "no picture was drawn again for it"
    for source in SIGNALS:
        lab.state.lab.signal = source
        assert lab.settle(PATIENCE_S)
        assert lab.model.lab.view is not None
        assert lab.model.lab.view[0].signal.kind == source
    assert lab.host.failures == {}
    assert not lab.model.lab.error


def test_a_channel_is_that_of_the_layers_panel(lab: App) -> None:
    lab.state.lab.signal = "channel"
    assert lab.settle(PATIENCE_S)
    assert lab.model.result is not None
    assert lab.model.lab.view is not None
    maps = lab.model.result.networks[0].maps
    assert maps is not None
    assert maps.layer == lab.state.layers.layer
    side = lab.model.lab.view[0].signal.side
    assert side == min(maps.maps.shape[-1], 64)
    first = lab.model.lab.view[1]
    lab.state.layers.first_channel, lab.state.layers.channel_count = 3, 1
    assert lab.settle(PATIENCE_S)
    assert lab.model.lab.view[1] is not first


def test_chosen_by_hand_and_undone(lab: App, hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    hand.click(place_of(lab, hand, monkeypatch, SIGNALS["sine"][1]))
    assert lab.state.lab.signal == "sine"
    hand.click(place_of(lab, hand, monkeypatch, OPERATIONS["upsampling"].words))
    assert lab.state.lab.operation == "upsampling"
    assert lab.settle(PATIENCE_S)
    hand.key(imgui.Key.z, imgui.Key.mod_ctrl)
    assert lab.state.lab.operation == "nonlinearity"
    x, y = place_of(lab, hand, monkeypatch, "Left half: the samples")
    hand.drag((x, y), (x, y + 10))
    assert lab.state.lab.cut > 0.5
    hand.wheel(1.0)
    assert lab.state.lab.zoom == 4
    hand.double_click((x, y))
    assert (lab.state.lab.cut, lab.state.lab.zoom) == (0.5, 2)


def test_the_move_goes_on_by_itself(lab: App, hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.state.lab.page = "errors"  # where there is no room for all
    at = place_of(lab, hand, monkeypatch, "Move on and on")
    hand.click(at)
    assert lab.state.playing
    assert [one.field for one in lab.state.motions] == ["lab.shift_px"]
    before = lab.state.lab.shift_px
    wait_until(lab, lambda: lab.state.lab.shift_px != before)
    first = lab.model.lab.view
    wait_until(lab, lambda: lab.model.lab.view is not first)
    hand.click(at)
    assert lab.state.motions == []
    lab.state.playing = False


def test_a_picture_is_its_signal(lab: App, tmp_path: Path) -> None:
    path = tmp_path / "halves.png"
    pixels = np.zeros((40, 40), np.uint8)
    pixels[:, 20:] = 255
    Image.fromarray(pixels).save(path)
    lab.window.receive_drop([str(path)])
    lab.step(0.0)
    assert lab.model.finder.asked == [path]
    lab.model.finder.asked.clear()
    lab.commands.files.open_picture(path)
    assert (lab.state.lab.signal, lab.state.lab.file) == ("picture", str(path))
    assert lab.settle(PATIENCE_S)
    assert lab.model.lab.view is not None
    assert lab.model.lab.view[0].signal.file == str(path)
    lab.state.lab.file = str(tmp_path / "gone.png")
    assert lab.settle(PATIENCE_S)
    assert "gone.png" in lab.model.lab.error
    assert lab.model.status.message == "halves.png is in the signal lab."


def test_drawing_alone_changes_nothing(lab: App, hand: Hand) -> None:
    lab.state.lab.frequency, lab.state.lab.angle_rad = 0.1234567, 0.1234567
    lab.state.lab.cutoff, lab.state.lab.shift_px = 0.2345678, 0.3456789
    lab.state.lab.side = 32
    for kind, source in zip((*OPERATIONS, *OPERATIONS), SIGNALS, strict=False):
        lab.state.lab.operation, lab.state.lab.signal = kind, source
        assert lab.settle(PATIENCE_S, calm_frames=2)
        before = leaves(lab.state)
        hand.frame()
        assert leaves(lab.state) == before
    assert lab.host.failures == {}
