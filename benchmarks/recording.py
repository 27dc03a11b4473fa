"""How fast films are recorded, against drawing their pictures and doing nothing else.

Both take turns, so that whatever else the machine does slows both alike. Rates are those of the
quickest film; processor time says what recording costs where other programs take the cores.

    python -m benchmarks.recording
"""

from __future__ import annotations

import tempfile
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from benchmarks import report
from benchmarks.apart import answer, measure_apart
from generator import Generator, load_network
from viz.recording.record import record
from viz.render.latents import LatentSpace
from viz.render.renderer import Renderer
from viz.state.app_state import AppState
from viz.state.inputs import NetworkSlot
from viz.state.set_motion import set_walk
from viz.state.to_request import request_at
from viz.storage import bundled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from viz.state.recording import Size

PAIR = ("relief-stylegan2", "relief-stylegan3-r")
CASES: tuple[tuple[Size, str], ...] = (
    ("native", ".mp4"),
    ("native", ".webm"),
    ("native", ".gif"),
    ("1080p", ".mp4"),
)


@dataclass(frozen=True, kw_only=True)
class Options(report.Options):
    """Options of this benchmark."""

    frames: int = 120
    """Frames of each film."""
    films: int = 5
    """Films of each kind."""


def measure(options: Options) -> Iterator[report.Sheet]:
    """Record films of every size and codec."""
    sheet = report.Sheet(
        f"films of {options.frames} frames, {' and '.join(PAIR)}, 64²",
        ["film"],
        {
            "drawing alone, frames/s": "{:.1f}",
            "recording, frames/s": "{:.1f}",
            "share": "{:.0%}",
            "share of processor time": "{:.0%}",
        },
    )
    for size, suffix in CASES:
        film = f"{size}, {suffix[1:]}"
        task = {"size": size, "suffix": suffix, "frames": options.frames, "films": options.films}
        with report.PROGRESS.status(film):
            took = measure_apart("benchmarks.recording", task, reference=False)
        alone, recorded = took["alone"], took["recorded"]
        of_cpu = took["alone_cpu"] / took["recorded_cpu"]
        sheet.add(film, 1 / alone, 1 / recorded, alone / recorded, of_cpu)
    yield sheet


def seconds(size: Size, suffix: str, frames: int, films: int) -> dict[str, float]:
    """Time a frame drawn alone, and recorded: the best film's seconds, and the processor's."""
    state = AppState(networks=[NetworkSlot(bundled.PREFIX + name) for name in PAIR])
    state.latent.x = float(bundled.STARTING_SEED)
    state.recording.frames, state.recording.size = frames, size
    renderer = Renderer()
    nets = [load_network(bundled.resolve(bundled.PREFIX + name)) for name in PAIR]
    spaces = [LatentSpace(net) for net in nets]
    set_walk(state, frames / state.recording.fps)
    latents = [ws_of(spaces, state, index / state.recording.fps) for index in range(frames)]
    alone: list[tuple[float, float]] = []
    recorded: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        draw(nets, latents[:4])  # the first pictures take longer
        renderer.render(request_at(state, 0.0))
        for film in range(films):
            steps = record(state, Path(folder) / f"{film}{suffix}", renderer)
            alone.append(timed(partial(draw, nets, latents)))
            recorded.append(timed(partial(deque, steps, maxlen=0)))
    figures = {}
    for name, taken in (("alone", alone), ("recorded", recorded)):
        figures[name] = min(wall for wall, _cpu in taken) / frames
        figures[f"{name}_cpu"] = min(cpu for _wall, cpu in taken) / frames
    return figures


def timed(call: Callable[[], object]) -> tuple[float, float]:
    """Seconds that a call takes, on the clock and of the processor."""
    began, used = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - began, time.process_time() - used


@torch.inference_mode()
def ws_of(spaces: list[LatentSpace], state: AppState, at_s: float) -> list[torch.Tensor]:
    """Return the ws of each network at a moment of the film."""
    point = request_at(state, at_s).place.latent
    return [space.ws_at(point, psi=1.0, cutoff=None) for space in spaces]


@torch.inference_mode()
def draw(nets: list[Generator], latents: list[list[torch.Tensor]]) -> None:
    """Bare synthesis, frame after frame."""
    for frame in latents:
        for net, ws in zip(nets, frame, strict=True):
            net.synthesis(ws)


if __name__ == "__main__" and not answer(seconds):
    report.run(measure, Options, __doc__)
