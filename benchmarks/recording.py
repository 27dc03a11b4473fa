"""How fast films are recorded, against drawing their pictures and doing nothing else.

Both take turns, a few frames each, so that whatever else the machine does slows both alike.

    python -m benchmarks.recording
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import torch

from benchmarks.apart import answer, measure_apart
from generator import Generator, load_network
from viz import bundled
from viz.inputs import NetworkSlot
from viz.recording.motion import request_at
from viz.recording.record import record
from viz.recording.settings import Size
from viz.render.latents import LatentSpace
from viz.render.renderer import Renderer
from viz.state import AppState

TURN = 6
PAIR = ("relief-stylegan2", "relief-stylegan3-r")
CASES: tuple[tuple[Size, str], ...] = (
    ("native", ".mp4"),
    ("native", ".webm"),
    ("native", ".gif"),
    ("1080p", ".mp4"),
)


def main() -> None:
    """Print a table of rates and ratios measured in this run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recording", description=__doc__)
    parser.add_argument("--frames", type=int, default=120, help="of each film (120)")
    frames = parser.parse_args().frames
    print(f"{frames} frames of {' and '.join(PAIR)}, 64²; frames a second")
    print(f"{'film':>14} {'drawing alone':>14} {'recording':>10} {'share':>6}", flush=True)
    for size, suffix in CASES:
        task = {"size": size, "suffix": suffix, "frames": frames}
        measured = measure_apart("benchmarks.recording", task, reference=False)
        alone, recorded = measured["alone"], measured["recorded"]
        film, share = f"{size}, {suffix[1:]}", 100 * alone / recorded
        print(f"{film:>14} {1 / alone:14.1f} {1 / recorded:10.1f} {share:5.0f} %", flush=True)


def measure(size: Size, suffix: str, frames: int) -> dict[str, float]:
    """Seconds a frame takes drawn alone, and recorded: of the best turn of each."""
    state = AppState(networks=[NetworkSlot(bundled.PREFIX + name) for name in PAIR])
    state.latent.x = float(bundled.STARTING_SEED)
    state.recording.frames, state.recording.size = frames, size
    renderer = Renderer()
    nets = [load_network(bundled.resolve(bundled.PREFIX + name)) for name in PAIR]
    spaces = [LatentSpace(net) for net in nets]
    alone_s: list[float] = []
    recorded_s: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        steps = record(state, Path(folder) / f"film{suffix}", renderer)
        for turn in range(frames // TURN):
            latents = [ws_of(spaces, state, (turn * TURN + i) / frames) for i in range(TURN)]
            began = time.perf_counter()
            draw(nets, latents)
            middle = time.perf_counter()
            for _ in range(TURN):
                next(steps)
            alone_s.append((middle - began) / TURN)
            recorded_s.append((time.perf_counter() - middle) / TURN)
        began = time.perf_counter()
        for _ in steps:
            pass  # what still waits is encoded, and the file completed
        ending_s = (time.perf_counter() - began) / frames
    return {"alone": min(alone_s), "recorded": min(recorded_s) + ending_s}


@torch.inference_mode()
def ws_of(spaces: list[LatentSpace], state: AppState, phase: float) -> list[torch.Tensor]:
    """What each network takes at a moment of the film."""
    point = request_at(state, phase).place.latent
    return [space.ws_at(point, psi=1.0, cutoff=None) for space in spaces]


@torch.inference_mode()
def draw(nets: list[Generator], latents: list[list[torch.Tensor]]) -> None:
    """A turn of bare synthesis."""
    for frame in latents:
        for net, ws in zip(nets, frame, strict=True):
            net.synthesis(ws)


if __name__ == "__main__" and not answer(measure):
    main()
