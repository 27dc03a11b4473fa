"""Averages of runs as sources of networks."""

from __future__ import annotations

from pathlib import Path

import pytest

from viz.state.app_state import AppState
from viz.state.inputs import NetworkSlot
from viz.storage import bundled
from viz.storage.average_sources import AverageSource, average_of, family_of, file_of
from viz.storage.file_watch import SourceWatch
from viz.storage.sources import unfamiliar_sources


def test_a_source_says_run_and_length() -> None:
    source = str(AverageSource("/runs/a:b", 0.08))
    assert source == "average:0.0800:/runs/a:b"
    assert average_of(source) == AverageSource("/runs/a:b", 0.08)
    assert file_of(source) == "/runs/a:b"
    assert bundled.label(source) == "a:b, average 8.0 %"
    assert bundled.from_anywhere(source) == source
    near = bundled.from_anywhere("average:0.1:runs/a")
    assert near == f"average:0.1000:{Path('runs/a').absolute()}"
    assert family_of(source) == family_of("average:0.2000:/runs/a:b") != family_of("/runs/a:b")


@pytest.mark.parametrize(
    ("source", "length"),
    [
        ("average:9:/runs/a", 0.25),
        ("average:-1:/runs/a", 0.01),
        ("average:nan:/runs/a", None),
        ("average:0.1", None),
        ("average:0.1:", None),
        ("average:long:/runs/a", None),
        ("/runs/average:0.1:a", None),
    ],
)
def test_what_is_no_length_is_clamped_or_no_average(source: str, length: float | None) -> None:
    found = average_of(source)
    assert (None if found is None else found.length) == length
    assert file_of(source) == ("/runs/a" if length else source)


def test_a_session_vouches_for_averages_beside_it_only(tmp_path: Path) -> None:
    beside, elsewhere = (str(AverageSource(str(one), 0.1)) for one in (tmp_path / "run", "/else"))
    state = AppState(networks=[NetworkSlot(beside), NetworkSlot(elsewhere)])
    session = tmp_path / "session.json"
    assert unfamiliar_sources(state, session, []) == (elsewhere,)
    assert unfamiliar_sources(state, session, ["/else"]) == ()
    remote = AppState(networks=[NetworkSlot("average:0.1:\\\\host\\share")])
    assert unfamiliar_sources(remote, session, []) != ()


def test_the_run_of_an_average_is_watched(tmp_path: Path) -> None:
    watch, source = SourceWatch(), str(AverageSource(str(tmp_path), 0.1))
    assert not watch.has_changed([source], 0.0)
    (tmp_path / "averages-000001.000.safetensors").touch()
    assert watch.has_changed([source], 2.0)
