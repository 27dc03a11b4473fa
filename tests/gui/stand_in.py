"""Results that look the same on every machine, put in the place of the worker's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from viz.model.timings import Timings
from viz.protocol.result import LayerFigures, NetworkResult

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from viz.app.loop import App
    from viz.protocol.thumbnails import Thumbnail


def waves(shape: tuple[int, ...], phase: float) -> NDArray[np.float32]:
    """Smooth patterns between -1 and 1, another one for each of the leading indices."""
    *leading, height, width = shape
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    count = int(np.prod(leading, dtype=int))
    maps = [np.sin(7 * x * (1 + n % 3) + 5 * y * (1 + n % 2) + n + phase) for n in range(count)]
    return np.array(maps, np.float32).reshape(shape)


def frozen(one: NetworkResult, slot: int) -> NetworkResult:
    """A result of the same shape with made-up pictures, figures and times."""
    changes: dict[str, object] = {"mapping_ms": 1.0, "synthesis_ms": 11.0 + slot}
    if one.picture is not None:
        picture = np.full(one.picture.shape, 255, np.uint8)
        grey = waves((1, *one.picture.shape[:2]), float(slot))[0]
        picture[..., :3] = (128 + 30 * np.round(3 * grey))[..., None].astype(np.uint8)
        changes["picture"] = picture
    if one.strip is not None:
        changes["strip"] = (127 + 100 * waves(one.strip.shape, 0.0)).astype(np.uint8)
        changes["figures"] = (LayerFigures("float32", 0.0, 1.0, -3.0, 3.0),) * len(one.figures)
    if one.maps is not None:
        maps = waves(one.maps.maps.shape, 1.0)
        changes["maps"] = replace(one.maps, maps=maps, mean=0.0, std=0.5, low=-1.0, high=1.0)
    if one.scores is not None:
        changes["scores"] = 2 * waves(one.scores.shape, 2.0)
    return replace(one, **changes)  # type: ignore[arg-type]


def made_up_thumbnail(thumbnail: Thumbnail) -> tuple[NDArray[np.uint8], bool]:
    """Smooth patterns, another one for each place: stands for `Thumbnails.get`."""
    place = float(sum(seed * weight for seed, weight in thumbnail.latent.seeds))
    if place not in _PATTERNS:
        grey = 128 + 30 * np.round(3 * waves((1, 64, 64), place)[0])
        _PATTERNS[place] = grey[..., None].repeat(3, 2).astype(np.uint8)
    return _PATTERNS[place], True


_PATTERNS: dict[float, NDArray[np.uint8]] = {}


def freeze(app: App) -> None:
    """Show made-up results and times; what is asked of the worker from now on is not shown."""
    result = app.model.result
    assert result is not None
    networks = tuple(frozen(one, slot) for slot, one in enumerate(result.networks))
    app.model.result = replace(result, networks=networks, total_ms=24.0, device="cpu, 1 thread")
    app.model.timings = Timings()
    app.model.status.latency_ms = 23.0
    app.model.status.clear()
