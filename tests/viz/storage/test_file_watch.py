"""What is noticed about networks that change on disk."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING

from viz.storage.file_watch import LOOK_EVERY_S, SourceWatch

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder_with_a_new_file_is_seen_once(tmp_path: Path) -> None:
    watch, sources = SourceWatch(), (str(tmp_path), "bundled:some")
    os.utime(tmp_path, ns=(1, 1))
    assert not watch.has_changed(sources, 0.0)
    (tmp_path / "network-000001.safetensors").touch()
    assert not watch.has_changed(sources, LOOK_EVERY_S / 2), "it looks once a second"
    assert watch.has_changed(sources, LOOK_EVERY_S)
    assert not watch.has_changed(sources, 3 * LOOK_EVERY_S)


def test_a_file_that_is_replaced_or_comes_back_is_seen(tmp_path: Path) -> None:
    watch, path = SourceWatch(), tmp_path / "network.safetensors"
    assert not watch.has_changed((str(path),), 0.0)
    path.touch()
    assert watch.has_changed((str(path),), 1.0)
    os.utime(path, ns=(1, 1))
    assert watch.has_changed((str(path),), 2.0)


def test_another_choice_of_networks_is_no_change(tmp_path: Path) -> None:
    watch = SourceWatch()
    assert not watch.has_changed((str(tmp_path / "a"),), 0.0)
    assert not watch.has_changed((str(tmp_path),), 0.1)


def test_nothing_to_watch_wakes_nobody() -> None:
    watch = SourceWatch()
    assert not watch.has_changed(("bundled:some",), 0.0)
    assert math.isinf(watch.due_at)
