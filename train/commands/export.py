"""`python -m train export`."""

from dataclasses import dataclass
from pathlib import Path

import tyro
from rich.console import Console
from rich.progress import Progress

from train.runs.export import export


@dataclass(frozen=True, kw_only=True)
class Export:
    """Write a run's newest network, measured, with a card beside it."""

    run: tyro.conf.Positional[Path]
    """Run folder."""
    out: Path
    """Network file to write, ending in .safetensors."""
    about_data: str
    """Sentence for the card: what the pictures are, and under which licence."""
    about_start: str = ""
    """For the card: what the run started from; default: what its networks say of that."""
    samples: int = 1000
    """Latents the equivariance is measured on."""
    half: bool = False
    """Store the weights in half precision, in half the space; refused where the pictures would be
    less than 60 dB equal."""

    def __call__(self, console: Console) -> int:
        """Carry the command out; returns the exit code."""
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("measuring", total=self.samples)
            card = export(
                self.run,
                self.out,
                about_data=self.about_data,
                about_start=self.about_start,
                samples=self.samples,
                half=self.half,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
        console.print(f"{self.out} and {card}", highlight=False, soft_wrap=True)
        return 0
