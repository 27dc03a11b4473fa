"""Favourites on disk: nothing is lost, and nothing damaged comes in."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import numpy as np

from viz.protocol.latent import GivenLatent
from viz.state.app_state import AppState
from viz.state.inputs import Favourite
from viz.storage.favourites import NAME, FavouriteShelf
from viz.storage.session import parse_session, session_text

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

TWO = [
    Favourite(name="Two bays", x=12.0, y=3.0, psi=0.7, class_index=4),
    Favourite(given=GivenLatent.of("w", np.arange(16, dtype=np.float32), "a file.npz")),
]


def test_they_are_there_at_the_next_start(tmp_path: Path) -> None:
    assert FavouriteShelf(tmp_path).load() == []
    shelf = FavouriteShelf(tmp_path)
    assert shelf.save(TWO)
    assert not shelf.save(TWO), "nothing has changed"
    assert FavouriteShelf(tmp_path).load() == TWO
    assert shelf.save([])
    assert FavouriteShelf(tmp_path).load() == []


def test_what_another_window_added_stays(tmp_path: Path) -> None:
    first, second = FavouriteShelf(tmp_path), FavouriteShelf(tmp_path)
    first.load()
    second.load()
    first.save(TWO[:1])
    second.save(TWO[1:])
    assert FavouriteShelf(tmp_path).load() == [TWO[1], TWO[0]]
    second.save([])
    assert FavouriteShelf(tmp_path).load() == [TWO[0]], "only its own was removed"


def test_a_damaged_file_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("{ half a fi")
    shelf = FavouriteShelf(tmp_path)
    assert shelf.load() == []
    shelf.save(TWO)
    assert (tmp_path / "favourites.damaged.json").read_text() == "{ half a fi"
    assert FavouriteShelf(tmp_path).load() == TWO


def test_unfit_values_are_left_out_one_by_one(tmp_path: Path) -> None:
    FavouriteShelf(tmp_path).save(TWO)
    content = json.loads((tmp_path / NAME).read_text())
    content["favourites"][0]["psi"] = 1e9
    content["favourites"].append("no favourite")
    (tmp_path / NAME).write_text(json.dumps(content))
    first, second = FavouriteShelf(tmp_path).load()
    assert (first.name, first.psi) == ("Two bays", 1.0)
    assert second == TWO[1]


def test_a_disk_that_refuses_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "in the way"
    folder.write_text("a file where the folder should be")
    shelf = FavouriteShelf(folder)
    assert not shelf.save(TWO)
    assert not shelf.save(TWO)
    assert len([one for one in caplog.records if "not kept" in one.message]) == 1
    folder.unlink()
    assert shelf.save(TWO)
    assert stat.S_ISREG((folder / NAME).stat().st_mode)


def test_sessions_carry_none(tmp_path: Path) -> None:
    state = AppState(favourites=list(TWO))
    text = session_text(state)
    assert "favourites" not in json.loads(text)["state"]
    assert state.favourites == TWO
    foreign = json.loads(text)
    foreign["state"]["favourites"] = [{"name": "from elsewhere"}]
    assert parse_session(json.dumps(foreign), "a session").state.favourites == []
