"""Files of the worker's machine, looked at, opened and fetched from the window."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.gui.program import place_of, wait_until
from viz.commands import worker_files
from viz.panels.window.worker_files import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.gui_utils.hand import Hand
    from viz.app.loop import App


@pytest.fixture
def there(
    app: App, networks: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A folder with a network, a film and a folder, as a worker elsewhere would show it."""
    folder = tmp_path / "there"
    (folder / "more").mkdir(parents=True)
    shutil.copyfile(next(iter(networks.values())), folder / "net.safetensors")
    (folder / "film.mp4").write_bytes(b"film" * 1000)
    monkeypatch.setattr(worker_files, "OUT", tmp_path / "out")
    monkeypatch.setattr(app.model.compute, "command", "ssh gpu-box afv --serve")
    monkeypatch.setattr(app.model.compute, "roots", (str(folder),))
    yield folder
    app.model.worker_files.forget()
    app.workspace.worker_files.is_open = False


def look(app: App, hand: Hand) -> None:
    app.commands.worker_files.look()
    wait_until(app, lambda: app.model.worker_files.contents is not None)
    hand.frame()
    hand.frame()


def test_networks_are_opened_and_files_fetched(
    app: App, hand: Hand, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(app, hand)
    contents = app.model.worker_files.contents
    assert contents is not None
    assert [one.name for one in contents.entries] == ["more", "film.mp4", "net.safetensors"]
    hand.click(place_of(app, hand, monkeypatch, "Copy it into out/"))
    fetched = there.parent / "out" / "film.mp4"
    wait_until(app, fetched.exists)
    wait_until(app, lambda: fetched in app.model.made.paths)
    assert fetched.read_bytes() == b"film" * 1000
    assert "Fetched" in app.model.status.message
    hand.click(place_of(app, hand, monkeypatch, "Show this network"))
    assert app.state.networks[-1].source == str(there / "net.safetensors")
    assert not app.workspace.worker_files.is_open


def test_a_file_is_sent_into_the_folder_that_is_looked_into(
    app: App, hand: Hand, there: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(app, hand)
    (tmp_path / "more.npz").write_bytes(bytes(3 << 20))
    hand.click(place_of(app, hand, monkeypatch, "Copy a network, a picture"))
    assert app.model.windows.picker is None, "the picker has opened"
    assert app.workspace.dialogs.is_open
    app.workspace.dialogs.close()
    app.commands.worker_files.send(tmp_path / "more.npz")
    wait_until(app, (there / "more.npz").exists)
    files = app.model.worker_files
    wait_until(app, lambda: any(one.name == "more.npz" for one in files.contents.entries))
    assert (there / "more.npz").read_bytes() == bytes(3 << 20)
    app.commands.worker_files.send(tmp_path / "more.npz")
    wait_until(app, lambda: "is there already" in app.model.status.message)


def test_folders_are_gone_into_and_what_is_typed_filters(
    app: App, hand: Hand, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(app, hand)
    hand.click(place_of(app, hand, monkeypatch, "Look into this folder"))
    files = app.model.worker_files
    wait_until(app, lambda: files.folder == str(there / "more") and files.job is None)
    assert files.contents is not None
    assert not files.contents.entries
    hand.click(place_of(app, hand, monkeypatch, "Go to the parent folder"))
    wait_until(app, lambda: files.folder == str(there) and files.job is None)
    app.commands.worker_files.go_to(str(there / "nowhere"))
    wait_until(app, lambda: bool(files.error))
    hand.frame()
    assert files.contents.path == str(there), "the list stays"


def test_no_name_from_elsewhere_leads_out_of_the_folder(app: App, there: Path) -> None:
    app.commands.worker_files.fetch("/there/..")
    assert "without a name" in app.model.status.message
    app.commands.worker_files.fetch(f"{there}/../there/film.mp4")
    wait_until(app, (there.parent / "out" / "film.mp4").exists)


def test_without_another_machine_the_command_says_why_not(app: App) -> None:
    (action,) = ACTIONS
    assert "on this machine" in action.disabled_reason(app.state, app.ctx)
