"""What a recording is said to take is near what the encoders write."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import pytest

from viz.export.film import Film
from viz.protocol.result import NetworkResult
from viz.recording.compose import Composer, Tile
from viz.recording.estimate import estimate, size_text
from viz.state.recording import FileFormat, Quality, RecordingState, Size

if TYPE_CHECKING:
    from pathlib import Path

SIDE, FRAMES = 64, 24
FACTOR = 2.5
"""What is drawn decides over a film's size: these pictures are no network's."""


def reliefs(seed: int) -> list[np.ndarray]:
    """Fractal pictures whose waves drift, each at its own speed: [SIDE, SIDE, 4] uint8."""
    random = np.random.default_rng(seed)
    y, x = np.fft.fftfreq(SIDE)[:, None], np.fft.fftfreq(SIDE)[None]
    frequency = np.hypot(y, x)
    amplitude = np.where(frequency, frequency.clip(1 / SIDE) ** -1.6, 0)
    waves = amplitude * np.exp(2j * np.pi * random.random((3, SIDE, SIDE)))
    speed = 0.25 * random.standard_normal((3, SIDE, SIDE))
    made = []
    for index in range(FRAMES):
        values = np.fft.ifft2(waves * np.exp(1j * speed * index)).real
        values = 127 + 45 * values / values.std((1, 2), keepdims=True)
        opaque = np.full((1, SIDE, SIDE), 255.0)
        made.append(
            np.concatenate([values, opaque]).clip(0, 255).astype(np.uint8).transpose(1, 2, 0)
        )
    return made


@pytest.mark.parametrize(
    ("file", "size", "scale", "smooth", "quality", "frames"),
    [
        ("mp4", "2160p", 1, False, "good", 4),
        ("mp4", "2160p", 1, True, "good", 4),
        ("webm", "2160p", 1, True, "good", 4),
        ("mp4", "1080p", 1, False, "good", 1),
        ("mp4", "native", 1, False, "good", FRAMES),
        ("mp4", "native", 4, False, "good", FRAMES),
        ("mp4", "1080p", 1, False, "good", FRAMES),
        ("mp4", "1080p", 1, False, "small", FRAMES),
        ("mp4", "1080p", 1, False, "best", FRAMES),
        ("mp4", "1080p", 1, True, "good", FRAMES),
        ("mp4", "portrait", 1, False, "good", FRAMES),
        ("webm", "native", 1, False, "good", FRAMES),
        ("webm", "1080p", 1, False, "good", FRAMES),
        ("gif", "native", 1, False, "good", FRAMES),
        ("gif", "1080p", 1, False, "good", FRAMES),
        ("png", "native", 1, False, "good", FRAMES),
        ("png", "1080p", 1, False, "good", FRAMES),
    ],
)
def test_the_estimate_of_a_films_size_is_near_what_is_written(
    tmp_path: Path,
    file: FileFormat,
    size: Size,
    scale: int,
    smooth: bool,
    quality: Quality,
    frames: int,
) -> None:
    recording = RecordingState(
        frames=frames, file=file, size=size, scale=scale, smooth=smooth, quality=quality
    )
    networks = [reliefs(0), reliefs(1)]
    results = [NetworkResult("a", picture=one[0], synthesis_ms=10.0) for one in networks]
    told = estimate(recording, results)
    assert told is not None
    columns = 1 if size == "portrait" else 2
    composer = Composer(columns, size=size, scale=scale, smooth=smooth)
    path = tmp_path / ("a" if file == "png" else f"a.{file}")
    with Film(path, quality=quality) as film:
        for pictures in islice(zip(*networks, strict=True), frames):
            film.add(composer.compose([Tile(one, "relief", facts="64²") for one in pictures]))
    written = sum(one.stat().st_size for one in ([path] if path.is_file() else path.iterdir()))
    assert written / FACTOR < told[1] < FACTOR * written, (told[1], written)


def test_time_and_size_grow_with_what_is_drawn() -> None:
    picture = np.zeros((64, 64, 4), np.uint8)
    one = [NetworkResult("a", picture=picture, synthesis_ms=100.0)]
    assert estimate(RecordingState(), []) is None
    assert estimate(RecordingState(subject="flight"), one) is None
    plain = estimate(RecordingState(size="native", frames=100), one)
    assert plain is not None
    assert plain[0] == pytest.approx(100 * 0.103)
    grid = estimate(RecordingState(size="native", subject="grid", frames=100), one)
    assert grid is not None
    assert grid[0] == pytest.approx(100 * (12 * 0.1 + 0.003))
    assert grid[1] == pytest.approx(12 * plain[1])
    longer = estimate(RecordingState(size="native", frames=200), one)
    assert longer is not None
    assert longer[1] == pytest.approx(2 * plain[1], rel=0.02)
    still = estimate(RecordingState(size="native", subject="seeds", frames=100), one)
    assert still is not None
    assert still[0] == pytest.approx(12 * 0.1 + 0.003)


def test_sizes_are_told_for_people() -> None:
    assert [size_text(size) for size in (512, 2_000_000, 34_000_000, 5_100_000_000)] == [
        "0.5 kB",
        "2.0 MB",
        "34 MB",
        "5.1 GB",
    ]
