"""`python -m train queue`; without PyTorch."""

from dataclasses import dataclass
from pathlib import Path

import tyro
from rich.console import Console

from generator.command_line import run_command
from train.runs.queue import tend


@dataclass(frozen=True, kw_only=True)
class Queue:
    """Start the runs that wait in a folder, one after the other, until none waits.

    The window puts them there, and starts this by itself.
    """

    folder: tyro.conf.Positional[Path] = Path("runs")
    """Folder of the run folders."""

    def __call__(self, console: Console) -> int:
        """Carry the command out; returns the exit code."""
        tend(self.folder, lambda line: console.print(line, highlight=False, soft_wrap=True))
        return 0


def main(arguments: list[str]) -> int:
    """Run `queue` alone; returns the exit code."""
    return run_command(
        lambda: tyro.cli(
            Queue,
            prog="python -m train queue",
            args=arguments,
            config=(tyro.conf.OmitArgPrefixes,),
        )(Console(stderr=True))
    )
