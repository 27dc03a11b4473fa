"""Live films keep time whatever they are offered; estimates are of the right order."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from tests.patience import PATIENCE_S
from viz.export.live_film import LiveFilm, in_size_of
from viz.protocol.request import Request
from viz.protocol.result import NetworkResult, Result
from viz.recording.estimate import estimate, size_text
from viz.recording.scenes import shown_tiles, side_by_side
from viz.state.app_state import AppState
from viz.state.inputs import NetworkSlot
from viz.state.recording import RecordingState

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from viz.recording.compose import Tile


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def frame(value: int, height: int = 48, width: int = 64) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def test_a_live_film_shows_what_was_there_at_each_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("viz.export.live_film.time", SimpleNamespace(monotonic=lambda: now[0]))
    path = tmp_path / "a.mp4"
    live = LiveFilm(path, "window", fps=20, session="")
    for count, (at_s, value) in enumerate([(0.0, 40), (0.61, 40), (0.66, 200), (1.21, 200)], 1):
        live.offer(lambda value=value: frame(value))  # type: ignore[misc]
        now[0] = at_s
        wait_until(lambda count=count: live._film.frames == count)  # type: ignore[misc]
    assert live.stop() == f"wrote {path}"
    with av.open(str(path)) as film:
        shown = [(float(one.time), one.to_ndarray(format="rgb24").mean()) for one in film.decode()]
    assert shown[0][1] == pytest.approx(40, abs=4)
    assert shown[-1][1] == pytest.approx(200, abs=4)
    change = next(at for at, value in shown if value > 100)
    assert change == pytest.approx(0.65, abs=0.001)
    assert shown[-1][0] == pytest.approx(1.2, abs=0.001)


def test_a_window_that_grows_or_shrinks_stays_in_its_frame() -> None:
    first = frame(1)
    assert in_size_of(frame(9), first).shape == first.shape
    larger, smaller = in_size_of(frame(9, 80, 90), first), in_size_of(frame(9, 20, 30), first)
    assert larger.shape == smaller.shape == first.shape
    assert (smaller[:20, :30] == 9).all()
    assert (smaller[20:] == 0).all()


def test_a_film_of_nothing_says_so(tmp_path: Path) -> None:
    live = LiveFilm(tmp_path / "a.mp4", "pictures", fps=25, session="")
    assert "nothing was kept" in live.stop()
    assert not list(tmp_path.iterdir())


def drawn(value: int = 0) -> NetworkResult:
    picture = np.full((64, 64, 4), value, np.uint8)
    return NetworkResult("a", picture=picture, mapping_ms=1.0, synthesis_ms=19.0)


def test_estimates() -> None:
    recording = RecordingState(frames=100, size="native")
    assert estimate(recording, []) is None
    film = estimate(recording, [drawn(), drawn()])
    grid = estimate(replace(recording, subject="grid", columns=4, rows=3), [drawn(), drawn()])
    sheet = estimate(replace(recording, subject="seeds", columns=4, rows=3), [drawn()])
    assert film is not None
    assert grid is not None
    assert sheet is not None
    assert film[0] == pytest.approx(100 * 0.04, rel=0.1)
    assert grid[0] == pytest.approx(100 * 12 * 0.02, rel=0.1)
    assert sheet[0] == pytest.approx(12 * 0.02, rel=0.1)
    assert [size_text(size) for size in (400, 1234, 45_600, 7_800_000, 2.5e9)] == [
        "0.4 kB",
        "1.2 kB",
        "46 kB",
        "7.8 MB",
        "2.5 GB",
    ]


def test_results_of_closed_or_failed_networks_are_no_frames() -> None:
    picture = np.full((8, 8, 4), 255, np.uint8)
    state = AppState(networks=[NetworkSlot("bundled:a")])
    failed = NetworkResult("bundled:a", error="gone")
    drawn = NetworkResult("bundled:b", picture=picture)

    def shown(*networks: NetworkResult) -> list[Tile]:
        return shown_tiles(state, Result(Request(), networks, total_ms=0.0))

    assert shown() == shown(failed) == shown(failed, drawn) == []
    (tile,) = shown(drawn, drawn)
    assert tile.picture is picture
    state.networks.append(NetworkSlot("bundled:b"))
    assert [tile.picture is None for tile in shown(failed, drawn)] == [True, False]
    assert side_by_side(shown(failed, drawn)).shape == (1080, 1920, 3)
