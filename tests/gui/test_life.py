"""Files that come, go and break, and a worker that dies."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from imgui_bundle import imgui
from PIL import Image

from systems.desktop import NoProgramError
from tests.gui.program import place_of, wait_until
from tests.patience import PATIENCE_S
from viz.commands import export
from viz.storage.session import save_session

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gui_utils.hand import Hand
    from viz.app.loop import App


def test_a_network_that_cannot_be_read_costs_only_its_own_place(app: App) -> None:
    app.commands.networks.open("/nowhere/missing.safetensors", None)
    assert app.settle(PATIENCE_S)
    assert app.model.status.is_error
    assert "missing.safetensors" in app.model.status.message
    assert sorted(app.workspace.stage.picture_rects) == [0, 1, 2]
    app.commands.networks.close(2)
    assert app.settle(PATIENCE_S)
    assert not app.model.status.is_error


def test_missing_kernels_are_told_once(app: App) -> None:
    assert app.model.result is not None
    reason = "no C++ compiler; install one"
    for _ in range(2):
        app._messages.take(replace(app.model.result, missing_kernels=reason))
    assert reason in app.model.status.message
    app.model.status.clear()
    app._messages.take(replace(app.model.result, missing_kernels=reason))
    assert app.model.status.message == ""


def test_a_broken_network_does_not_load_for_ever(app: App, tmp_path: Path) -> None:
    path = tmp_path / "broken.safetensors"
    path.write_bytes(b"nonsense")
    app.commands.networks.open(str(path), None)
    assert app.settle(PATIENCE_S)
    assert "broken.safetensors" in app.model.status.message
    assert app.model.status.loading == ""
    app.commands.networks.close(2)


def test_the_next_snapshot_of_a_run_appears_by_itself(
    app: App, networks: dict[str, str], tmp_path: Path
) -> None:
    shutil.copy(networks["stylegan2"], tmp_path / "network-000001.safetensors")
    app.commands.networks.open(str(tmp_path), 0)
    assert app.settle(PATIENCE_S)
    shutil.copy(networks["stylegan3-r"], tmp_path / "network-000002.safetensors")
    wait_until(
        app,
        lambda: (found := app.model.summary_of(0)) is not None and found.kind == "stylegan3-r",
    )


def test_a_dropped_network_is_shown_beside_the_others(app: App, networks: dict[str, str]) -> None:
    app.window.receive_drop([networks["stylegan2"]])
    assert app.settle(PATIENCE_S)
    assert [slot.source for slot in app.state.networks][2:] == [networks["stylegan2"]]
    assert len(app.workspace.stage.picture_rects) == 3
    app.window.receive_drop(["/some/holiday.jpg"])
    app.step(0.0)
    assert "holiday.jpg" in app.model.status.message


def test_a_session_is_opened_like_a_network(app: App, tmp_path: Path) -> None:
    app.state.truncation.psi = 0.25
    app.state.latent.x = 7.0
    path = tmp_path / "one.json"
    app.model.recent = [slot.source for slot in app.state.networks]
    save_session(path, app.state)
    app.state.truncation.psi = 1.0
    app.commands.files.open(path, None)
    assert app.state.truncation.psi == 0.25
    assert app.state.latent.x == 7.0
    (tmp_path / "two.json").write_text("[]")
    app.commands.files.open(tmp_path / "two.json", None)
    assert app.model.status.is_error
    assert app.model.status.message.count("two.json") == 1
    assert app.state.latent.x == 7.0


def test_a_still_holds_every_picture_pixel_for_pixel(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hand: Hand
) -> None:
    monkeypatch.setattr(export, "OUT", tmp_path)
    hand.key(imgui.Key.p)
    (path,) = tmp_path.glob("still-*.png")
    hand.key(imgui.Key.p)
    assert len(list(tmp_path.glob("still-*.png"))) == 2, "within a second, none replaces another"
    assert app.model.result is not None
    expected = [one.picture for one in app.model.result.networks]
    np.testing.assert_array_equal(np.asarray(Image.open(path)), np.concatenate(expected, axis=1))


def test_a_dropped_still_restores_what_it_shows(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hand: Hand
) -> None:
    monkeypatch.setattr(export, "OUT", tmp_path)
    app.state.truncation.psi = 0.3
    app.model.recent = [slot.source for slot in app.state.networks]
    hand.key(imgui.Key.p)
    (path,) = tmp_path.glob("still-*.png")
    app.state.truncation.psi = 1.0
    hand.frame()
    app.window.receive_drop([str(path)])
    app.step(0.0)
    assert app.state.truncation.psi == 0.3
    hand.key(imgui.Key.z, imgui.Key.mod_ctrl)
    assert app.state.truncation.psi == 1.0, "opening is undone like any other change"


@pytest.mark.parametrize("error", [IndexError, MemoryError, RecursionError])
@pytest.mark.parametrize("name", ["iccp.png", "header.npz", "deep.json"])
def test_a_dropped_file_never_ends_the_window(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, error: type[Exception]
) -> None:
    def broken(_path: Path) -> None:
        raise error("boom")

    (tmp_path / name).touch()
    monkeypatch.setattr("viz.storage.classify.session_files.find_session", broken)
    app.window.receive_drop([str(tmp_path / name)])
    app.step(0.0)
    assert app.model.status.is_error
    assert app.model.status.message.startswith(f"{name} cannot be opened: {error.__name__}")
    assert app.settle(PATIENCE_S)


def test_a_session_from_elsewhere_asks_before_it_reads(
    app: App, tmp_path: Path, hand: Hand
) -> None:
    app.model.recent = []
    app.state.truncation.psi = 0.4
    save_session(tmp_path / "foreign.json", app.state)
    app.state.truncation.psi = 1.0
    app.commands.files.open(tmp_path / "foreign.json", None)
    hand.frame()
    assert app.model.windows.question is not None
    assert app.state.truncation.psi == 1.0
    hand.key(imgui.Key.escape)
    assert app.model.windows.question is None
    assert app.state.truncation.psi == 1.0


@pytest.mark.skipif(sys.platform == "win32", reason="kills a process by a signal")
def test_the_worker_is_killed_and_comes_back(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    complain, complaints = app.model.status.show_error, []

    def heard(message: str, **about: str) -> None:  # the return may come in the same frame
        complain(message, **about)
        assert app.model.status.is_error
        complaints.append(message)

    monkeypatch.setattr(app.model.status, "show_error", heard)
    assert app.worker.pid is not None
    os.kill(app.worker.pid, signal.SIGKILL)
    wait_until(app, lambda: any("SIGKILL" in message for message in complaints))
    app.screenshot()  # the window goes on without it
    wait_until(app, lambda: app.model.status.worker == "ready")
    assert not app.model.status.is_error, "it is back, though nothing was asked of it"
    assert "back" in app.model.status.message
    app.state.truncation.psi = 0.5
    wait_until(app, lambda: app.model.result is not None and app.model.result.request.psi == 0.5)
    assert app.model.status.worker == "ready"
    assert not app.model.status.is_error


def test_only_what_could_be_read_is_among_recent_files(
    app: App, networks: dict[str, str], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"no network")
    app.model.recent = [str(broken)]
    app.commands.networks.open(str(broken), None)
    assert app.settle(PATIENCE_S)
    assert app.model.status.is_error
    app.commands.networks.open(networks["stylegan2"], 2)
    assert app.model.status.message.startswith("Opening")
    assert app.settle(PATIENCE_S)
    app.step(0.0)
    assert app.model.recent == [networks["stylegan2"]]
    assert not app.model.status.message


def test_what_was_made_can_be_followed_from_the_status_bar(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hand: Hand
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(export, "OUT", tmp_path)
    monkeypatch.setattr("viz.commands.made_files.open_with_system", opened.append)
    hand.key(imgui.Key.p)
    (path,) = tmp_path.glob("still-*.png")
    assert app.model.made.paths[0] == path
    hand.click(place_of(app, hand, monkeypatch, str(path)))
    hand.frame()
    hand.key(imgui.Key.down_arrow)
    hand.key(imgui.Key.enter)
    app.commands.made.open(path)
    assert opened == [tmp_path, path]
    app.commands.made.copy_path(path)
    assert imgui.get_clipboard_text() == str(path)

    def refuse(_path: Path) -> None:
        raise NoProgramError("there is no xdg-open here; install xdg-utils")

    monkeypatch.setattr("viz.commands.made_files.open_with_system", refuse)
    app.commands.made.open(path)
    assert "install xdg-utils" in app.model.status.message
    path.unlink()
    app.commands.made.open(path)
    assert "no longer there" in app.model.status.message
