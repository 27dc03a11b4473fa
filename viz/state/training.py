"""Settings under Training: a part of the state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from train.config.training import LONGEST, SHORTEST
from viz.state.ranges import ranged

Plot = Literal["loss", "scores", "signs", "r1", "augment", "magnitudes", "rate", "metrics"]


@dataclass(slots=True)
class SettingState:
    """A setting that differs from the preset's."""

    name: str = ""
    """Name as in the trainer's configuration; those of the generator begin with `network.`."""
    text: str = ""
    """Value as it was typed; empty: left to the trainer."""


@dataclass(slots=True)
class TrainingState:
    """The form for a new training, and the run that is looked at."""

    data: str = ""
    """Zip or folder of pictures."""
    preset: str = "stylegan3-t"
    """Preset that the settings start from."""
    settings: list[SettingState] = field(default_factory=list)
    """Settings that differ from the preset's."""
    name: str = ""
    """Name of the run folder; empty: made of preset and data."""
    init_from: str = ""
    """Run folder or network file whose weights are taken, or the name of a bundled network; empty:
    fresh ones."""
    allow_fresh: bool = False
    """Take them although more than a tenth of a network stays fresh."""
    grow: bool = False
    """Start a network of twice the size from them."""
    device: str = "auto"
    processes: int = ranged(0, 0, 1024)
    """Processes that share every batch; 0: what is measured to be the fastest when it starts."""
    threads: int = ranged(0, 0, 1024)
    """Threads of each process; 0: the same."""
    size: int = ranged(64, 0, 4096)
    """Side of prepared pictures, pixels; 0: the largest that all reach."""
    turned: bool = False
    """Cut the demo's pictures at any place and angle."""
    advanced: bool = False
    """Show every setting."""
    chosen: str = ""
    """Folder of the run that is looked at."""
    grid_kimg: int = ranged(-1, -1, 999_999_999)
    """Thousands of pictures after which the shown sample grid was drawn; -1: the newest."""
    average: float = ranged(0.1, SHORTEST, LONGEST)
    """Length of the average that is shown of a run, as a share of its training."""
    plot: Plot = "loss"
    smooth: float = ranged(0.0, 0.0, 0.99)
    """Smoothing of the plot, 0: none."""

    def text_of(self, name: str) -> str | None:
        """Return the text typed for a setting; None if it is the preset's."""
        return next((one.text for one in self.settings if one.name == name), None)

    def type(self, name: str, text: str | None) -> None:
        """Set a setting; None: to the preset's."""
        others = [one for one in self.settings if one.name != name]
        self.settings = others if text is None else [*others, SettingState(name, text)]

    @property
    def typed(self) -> dict[str, str]:
        """Every setting that differs from the preset's."""
        return {one.name: one.text for one in self.settings}
