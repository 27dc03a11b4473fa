"""`--screenshot` and `--clip`: the program draws to files and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.gui.program import SIZE, wait_until
from viz.app.loop import App
from viz.app.main import run
from viz.app.options import Options
from viz.state.favourites import title
from viz.state.inputs import MAX_DIRECTIONS

if TYPE_CHECKING:
    from pathlib import Path


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


@pytest.mark.parametrize("name", ["s.json", "s.txt", "s.png", "s.npz"])
@pytest.mark.parametrize("error", [IndexError, MemoryError, RecursionError, KeyError])
def test_a_session_that_breaks_its_reader_is_one_line(
    name: str,
    error: type[Exception],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(*_: object) -> None:
        raise error("boom")

    for reader in ("load_session", "text_of_png", "opened_archive"):
        monkeypatch.setattr(f"viz.storage.session_files.{reader}", broken)
    (tmp_path / name).touch()
    options = Options(session=tmp_path / name, offscreen=True, screenshot=tmp_path / "x.png")
    assert run(options) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_files_named_on_the_command_line_open_as_if_dropped(
    networks: dict[str, str], tmp_path: Path
) -> None:
    np.savez(tmp_path / "theirs.NPZ.npz", z=np.zeros(16, np.float32))
    (tmp_path / "theirs.NPZ.npz").rename(tmp_path / "theirs.NPZ")
    Image.new("RGB", (64, 64)).save(tmp_path / "photo.jpg")
    (tmp_path / "notes.txt").touch()
    named = (networks["stylegan2"], *(str(tmp_path / one) for one in
             ("theirs.NPZ", "photo.jpg", "notes.txt")))  # fmt: skip
    app = App(Options(networks=named, offscreen=True, size=SIZE))
    try:
        assert [one.source for one in app.state.networks] == [named[0], named[3]]
        assert app.state.latent.given is not None
        assert [str(path) for path in app.model.finder.asked] == [named[2]]
    finally:
        app.close()


def test_stacks_become_favourites_and_boundaries_directions(
    networks: dict[str, str], tmp_path: Path
) -> None:
    stack = np.random.default_rng(0).standard_normal((3, 14, 16)).astype(np.float32)
    np.savez(tmp_path / "w_stack.npz", w=stack)
    unit = np.eye(16, dtype=np.float32)[:1]
    np.save(tmp_path / "boundary.npy", unit)
    app = App(Options(networks=(networks["stylegan2"],), offscreen=True, size=SIZE))
    try:
        app.commands.files.open(tmp_path / "w_stack.npz")
        assert "the first of 3; all are favourites" in app.model.status.message
        names = [title(one) for one in app.state.favourites]
        assert names == ["w_stack 1", "w_stack 2", "w_stack 3"]
        assert app.state.latent.given == app.state.favourites[0].given
        app.commands.files.open(tmp_path / "w_stack.npz")
        assert len(app.state.favourites) == 3
        app.commands.files.open(tmp_path / "boundary.npy")
        (direction,) = app.state.directions
        assert (direction.name, direction.given.columns) == ("boundary", 16)
        for _ in range(MAX_DIRECTIONS):
            app.commands.files.open(tmp_path / "boundary.npy")
        assert len(app.state.directions) == MAX_DIRECTIONS
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
