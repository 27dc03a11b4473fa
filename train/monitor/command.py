"""`python -m train monitor`."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

import tyro
from rich.console import Console

from generator.command_line import run_command
from systems.desktop import why_no_x_window

_REMEDY = (
    "TensorBoard reads the same folders in a browser (tensorboard --logdir runs), ssh -X forwards "
    "a display"
)


@dataclass(frozen=True, kw_only=True)
class Monitor:
    """Watch trainings in a window: curves, pictures, log, settings; stop and resume them."""

    runs: tyro.conf.Positional[tuple[Path, ...]] = (Path("runs"),)
    """Run folders, or folders of run folders."""
    scale: float = 1.0
    """Size of text and controls."""
    screenshot: Path | None = None
    """Write what the window shows to a PNG, and end."""

    def __call__(self, console: Console) -> int:
        """Carry the command out; returns the exit code."""
        if not 0.5 <= self.scale <= 4:
            raise ValueError(f"scale must be 0.5 to 4, got {self.scale:g}")
        missing = [run for run in self.runs if not run.is_dir()]
        if missing:
            raise ValueError(f"there is no folder {missing[0]}")
        if because := why_no_x_window():
            raise ValueError(f"the monitor has no window: {because}; {_REMEDY}")
        # Dear PyGui ends the whole process where there is no display: only loaded when there is.
        from train.monitor.window import MonitorWindow

        with contextlib.closing(MonitorWindow(self.runs, scale=self.scale)) as window:
            if self.screenshot is not None:
                window.write_screenshot(self.screenshot)
            else:
                window.run()
        return 0


def main(arguments: list[str]) -> int:
    """Run the command line of the monitor alone; returns the exit code."""

    def run() -> int:
        command = tyro.cli(Monitor, prog="python -m train monitor", args=arguments)
        return command(Console(stderr=True))

    return run_command(run)
