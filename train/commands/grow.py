"""`python -m train grow`."""

from dataclasses import dataclass
from pathlib import Path

import torch
import tyro
from rich.console import Console
from rich.progress import Progress

from generator import Generator, seed_z
from generator.labels import BY_SEED, labels_for
from train.growth import grown_network
from train.loop import picture_grid
from train.runs.export import write_measured
from train.runs.folder import preview_of

_PREVIEW = range(32)
"""Seeds of the pictures on the card."""
_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class Grow:
    """Make a StyleGAN3 of twice the size that draws the same plane, without training.

    It looks at the plane through a window twice as wide, at the same scale. What it draws there is
    worth looking at where the plane was learned: maps, textures, landscapes from above.
    """

    network: tyro.conf.Positional[str]
    """Network file, run folder, or name of a bundled network."""
    out: Path
    """Network file to write, ending in .safetensors, with a card beside it."""
    samples: int = 1000
    """Latents the equivariance is measured on."""
    half: bool = False
    """Store the weights in half precision, in half the space; refused where the pictures would be
    less than 60 dB equal."""

    def __call__(self, console: Console) -> int:
        """Carry the command out; returns the exit code."""
        net = grown_network(self.network)
        net.preview = preview_of(picture_grid(_drawn(net)), net.size)
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("measuring", total=self.samples)
            card = write_measured(
                net,
                self.out,
                samples=self.samples,
                half=self.half,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
        console.print(f"{self.out} and {card}", highlight=False, soft_wrap=True)
        return 0


@torch.no_grad()
def _drawn(net: Generator) -> torch.Tensor:
    labels = labels_for(BY_SEED, list(_PREVIEW), z_dim=net.z_dim, c_dim=net.c_dim)
    ws = net.mapping(seed_z(_PREVIEW, net.z_dim), labels)
    return torch.cat([net.synthesis(part) for part in ws.split(_AT_ONCE)])
