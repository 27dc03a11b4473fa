"""`--screenshot` and `--clip`: the program draws to files and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from tests.gui.program import SIZE, wait_until
from viz.app.loop import App
from viz.app.main import run
from viz.app.options import Options

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_screenshot_shows_settled_pictures(networks: dict[str, str], tmp_path: Path) -> None:
    path, clip = tmp_path / "deep" / "shot.png", tmp_path / "clip.mp4"
    options = Options(
        networks=(networks["stylegan3-r"],),
        offscreen=True,
        screenshot=path,
        clip=clip,
        clip_seconds=0.2,
        size=(900, 600),
        theme="light",
    )
    assert run(options) == 0
    pixels = np.asarray(Image.open(path))
    assert pixels.shape == (600, 900, 3)
    stage = pixels[150:400, 300:480]
    assert len(np.unique(stage.reshape(-1, 3), axis=0)) > 50, "there is a picture"
    assert clip.stat().st_size > 1000


def test_a_first_start_drifts_on_until_a_hand_touches_something(
    networks: dict[str, str],
) -> None:
    app = App(Options(networks=tuple(networks.values()), offscreen=True, size=SIZE))
    try:
        assert app.state.latent.walk
        wait_until(app, lambda: app.model.result is not None and bool(app.model.summaries))
        drawn, phase = 0, app.state.latent.walk_phase
        while drawn < 10 or app.state.latent.walk_phase == phase:
            app.window.request_frames(1)
            drawn += app.step(0.01)
        assert app.state.playing, app.model.status.message
        assert not app.model.history.can_undo
        assert app.state.layers.layer, "chosen by the program"
    finally:
        app.close()


def test_a_session_that_cannot_be_read_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "broken.json"
    path.write_text("no session")
    assert run(Options(session=path, offscreen=True, screenshot=tmp_path / "x.png")) == 1
    message = capsys.readouterr().err
    assert message.startswith("visualizer: broken.json is no session")
    assert message.count("\n") == 1
