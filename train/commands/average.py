"""`python -m train average`."""

from dataclasses import dataclass
from pathlib import Path

import tyro
from rich.console import Console

from generator import save_network
from train.averages import averaged_network


@dataclass(frozen=True, kw_only=True)
class Average:
    """Make a network whose weights are averaged over a length chosen after the training.

    The training must have kept averages: --average-lengths 0.05 0.1.
    """

    run: tyro.conf.Positional[Path]
    """Run folder."""
    length: tyro.conf.Positional[float]
    """Length as a share of the training, 0.01 to 0.25: short is sharp and uneven, long is calm."""
    out: Path
    """Network file to write, ending in .safetensors."""
    kimg: float | None = None
    """Thousands of pictures at which the average ends; default: the newest."""

    def __call__(self, console: Console) -> int:
        """Carry the command out; returns the exit code."""
        if self.out.suffix != ".safetensors":
            raise ValueError(f"a network file ends in .safetensors, {self.out.name} does not")
        net = averaged_network(self.run, self.length, self.kimg)
        self.out.parent.mkdir(parents=True, exist_ok=True)
        info = {**net.info, "average_length": self.length}
        save_network(self.out, net, info=info, preview=net.preview)
        console.print(f"{self.out}", highlight=False, soft_wrap=True)
        return 0
