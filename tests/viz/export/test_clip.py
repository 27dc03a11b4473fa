"""Films are what their frames were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from viz.export.clip import write_clip

if TYPE_CHECKING:
    from pathlib import Path


def ramp(count: int, height: int = 48, width: int = 64, channels: int = 4) -> list[np.ndarray]:
    """Frames of one grey each, brighter and brighter."""
    return [
        np.full((height, width, channels), 20 + 200 * i // count, np.uint8) for i in range(count)
    ]


def test_mp4(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "a.mp4"
    assert write_clip(path, iter(ramp(10)), fps=20) == 10
    with av.open(str(path)) as film:
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
        assert film.streams.video[0].average_rate == 20
    assert len(frames) == 10
    assert frames[0].shape == (48, 64, 3)
    for frame, expected in zip(frames, ramp(10), strict=True):
        # 8-bit video levels and crf 18: a few grey levels.
        assert abs(frame.mean() - expected[0, 0, 0]) < 4
    assert [file.name for file in path.parent.iterdir()] == ["a.mp4"]


def test_odd_sizes_lose_a_row_and_a_column(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.mp4", ramp(2, 33, 35, 3))
    with av.open(str(tmp_path / "a.mp4")) as film:
        assert (film.streams.video[0].height, film.streams.video[0].width) == (32, 34)


@pytest.mark.parametrize(
    ("name", "frames", "told"),
    [
        ("a.gif", ramp(1), "must end in .mp4"),
        ("a.mp4", [], "at least one frame"),
        ("a.mp4", [*ramp(1), *ramp(1, 20, 20)], "all frames must have the size"),
        ("a.mp4", [np.zeros((8, 8), np.uint8)], "a frame must be"),
    ],
)
def test_what_is_no_film_is_refused(
    tmp_path: Path, name: str, frames: list[np.ndarray], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        write_clip(tmp_path / name, frames)
    assert not (tmp_path / name).exists()
