"""Starting points by name: those of the program, and the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from viz.state.animation import is_moving
from viz.state.app_state import AppState
from viz.state.to_request import request_for
from viz.storage import bundled
from viz.storage.presets import BUILT_IN, PresetShelf, built_in, why_unfit

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of bundled networks, one of each kind."""
    folder = tmp_path / "pretrained"
    folder.mkdir()
    for kind in ("stylegan2", "stylegan3-t", "stylegan3-r"):
        (folder / f"relief-{kind}.safetensors").touch()
    monkeypatch.setattr(bundled, "folder", lambda: folder)


@pytest.mark.parametrize("preset", BUILT_IN, ids=lambda preset: preset.name)
def test_every_preset_of_the_program_shows_its_networks_and_moves(preset) -> None:
    state = preset.state()
    assert [slot.source for slot in state.networks] == [
        f"bundled:relief-{kind}" for kind in preset.kinds
    ]
    assert is_moving(state)
    assert preset.does.endswith(".")
    request_for(state)


def test_presets_differ() -> None:
    requests = {request_for(preset.state()) for preset in BUILT_IN}
    assert len({preset.name for preset in BUILT_IN}) == len(BUILT_IN)
    assert len(requests) >= 3, "the rest differs in what moves and what is shown"


def test_without_bundled_networks_a_preset_is_still_a_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundled, "folder", lambda: tmp_path / "nothing")
    assert BUILT_IN[0].state().networks == []


def test_own_presets_are_kept_listed_and_removed(tmp_path: Path) -> None:
    shelf = PresetShelf(tmp_path / "presets")
    assert shelf.names == ()
    state = AppState()
    state.truncation.psi = 0.3
    shelf.save("Zebra", state)
    shelf.save("ape", AppState())
    assert shelf.names == ("ape", "Zebra")
    assert PresetShelf(tmp_path / "presets").load("Zebra").state.truncation.psi == 0.3
    state.truncation.psi = 0.6
    shelf.save("Zebra", state)
    assert shelf.load("Zebra").state.truncation.psi == 0.6
    shelf.remove("Zebra")
    assert shelf.names == ("ape",)
    with pytest.raises(OSError):
        shelf.load("Zebra")


@pytest.mark.parametrize(
    "name", ["", "  ", "../escape", "a/b", ".hidden", "x" * 61, "a\nb", " padded", BUILT_IN[0].name]
)
def test_names_that_are_no_file_names_are_refused(name: str, tmp_path: Path) -> None:
    assert why_unfit(name)
    with pytest.raises(ValueError, match=r"preset|comes with"):
        PresetShelf(tmp_path).save(name, AppState())
    assert list(tmp_path.glob("*.json")) == []


def test_a_damaged_preset_is_told(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(ValueError, match="no session"):
        PresetShelf(tmp_path).load("bad")
    assert built_in("bad") is None
