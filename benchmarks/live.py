"""Large networks under the hand: drafts a second in the window, and how near to the pictures.

    python -m benchmarks.live

The program runs without a display. A hand drags the latent, then the picture; drafts are compared
with the full pictures of the same places, drawn afterwards, and so is the last full picture, which
would stand still without drafts. Fresh networks, unless files are named.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import report
from generator import NetworkConfig, build_network, save_network
from generator.config import Kind
from viz.app.loop import App
from viz.app.options import Options as WindowOptions
from viz.protocol.request import Request
from viz.render.renderer import Renderer

PATIENCE_S = 600.0
KINDS: tuple[Kind, ...] = ("stylegan3-t", "stylegan3-r")


@dataclass(frozen=True, kw_only=True)
class Options(report.Options):
    """Options of this benchmark."""

    files: tuple[Path, ...] = ()
    """Networks to measure in place of fresh ones."""
    sizes: tuple[int, ...] = (256, 512, 1024)
    """Resolutions of fresh networks."""
    seconds: float = 4.0
    """Length of each drag."""
    speed: float = 0.1
    """Seeds a second that the latent is dragged across."""
    compared: int = 3
    """Drafts that are compared with full pictures."""


def measure(options: Options) -> Iterator[report.Sheet]:
    """Measure every network."""
    headings = {
        "drafts/s": "{:.1f}",
        "draft dB": "{:.1f}",
        "last picture dB": "{:.1f}",
        "frames/s, moved": "{:.1f}",
        "full ms": "{:.0f}",
    }
    sheet = report.Sheet("under the hand", ["network"], headings)
    with tempfile.TemporaryDirectory() as folder:
        for path in options.files or _fresh(Path(folder), options.sizes):
            with report.PROGRESS.status(path.stem):
                sheet.add(path.stem, *_under_the_hand(path, options))
    yield sheet


def _fresh(folder: Path, sizes: tuple[int, ...]) -> Iterator[Path]:
    for size in sizes:
        for kind in KINDS:
            base = 16384 if size <= 256 else 32768
            config = NetworkConfig(kind=kind, resolution=size, channel_base=base)
            path = folder / f"{kind}-{size}.safetensors"
            save_network(path, build_network(config))
            yield path


def _under_the_hand(path: Path, options: Options) -> list[float | None]:
    app = App(WindowOptions(networks=(str(path),), offscreen=True))
    try:
        app.state.playing = False
        if not app.settle(PATIENCE_S):
            raise RuntimeError(f"nothing settled within {PATIENCE_S:.0f} s")
        still = app.model.full_result_of(0)
        if still is None or still.picture is None:
            raise RuntimeError(still.error if still is not None else "no picture")
        drafts = _drag_latent(app, options)
        rate = len(drafts) / options.seconds
        if not app.settle(PATIENCE_S):
            raise RuntimeError(f"nothing settled within {PATIENCE_S:.0f} s")
        frames = _drag_picture(app, options.seconds)
    finally:
        app.close()
    chosen = drafts[:: max(1, len(drafts) // options.compared)][: options.compared]
    renderer, near, frozen = Renderer(), [], []
    for request, draft in chosen:
        asked = replace(request, draft=False, precision="fp32", maps=None, strip_px=0)
        full = renderer.render(asked).networks[0].picture
        if full is not None:
            near.append(_db(draft, full))
            frozen.append(_db(still.picture, full))
    return [rate, _mean(near), _mean(frozen), frames / options.seconds, still.synthesis_ms]


def _drag_latent(app: App, options: Options) -> list[tuple[Request, NDArray[np.uint8]]]:
    drafts: list[tuple[Request, NDArray[np.uint8]]] = []
    start, now, seen = app.state.latent.x, time.perf_counter(), app.model.result
    end, began = now + options.seconds, now
    while (now := time.perf_counter()) < end:
        app.state.latent.x = start + options.speed * (now - began)
        _note_hand(app)
        app.step(0.01)
        result = app.model.result
        if result is None or result is seen:
            continue
        seen, drawn = result, result.networks[0]
        if drawn.quality == "draft" and drawn.picture is not None and result.request.draft:
            drafts.append((result.request, drawn.picture))
    return drafts


def _drag_picture(app: App, seconds: float) -> int:
    frames, began = 0, time.perf_counter()
    while (now := time.perf_counter()) < began + seconds:
        app.state.transform.x = 0.1 * (now - began) / seconds
        _note_hand(app)
        frames += app.step(0.0) and app.model.moved.of(0) is not None
    return frames


def _note_hand(app: App) -> None:
    """Let what was changed count as the work of a hand."""
    app.model.history.record(app.state, held=True, now_s=app.window.now_s)
    app.window.request_frames(1)


def _db(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    difference = first[..., :3].astype(float) - second[..., :3]
    return float(10 * np.log10(255**2 / max(np.square(difference).mean(), 1e-3)))


def _mean(values: list[float]) -> float | None:
    return statistics.fmean(values) if values else None


if __name__ == "__main__":
    report.run(measure, Options, __doc__)
