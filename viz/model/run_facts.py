"""Facts about a training run as it has been read: what happened to it, pictures, curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from train.runs.reader import smoothed

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from train.runs.reader import Run


def notices(before: Run, after: Run) -> list[str]:
    """Say in lines what has happened to a run between two looks that nobody should miss."""
    lines = []
    known = {(one.name, one.message) for one in before.warnings}
    lines += [
        f"{after.name} warns: {one.message}."
        for one in after.warnings
        if (one.name, one.message) not in known
    ]
    if before.state == "waiting" and after.state == "live":
        lines.append(f"{after.name} has begun: it was its turn.")
    if after.problem and after.problem != before.problem and after.state != "live":
        lines.append(f"{after.name} has ended: {after.problem.removeprefix('error: ')}.")
    elif before.state == "live" and after.state == "finished":
        best = after.best
        score = "" if best is None else f", best {best.metric} {best.value:.4g} at {best.kimg} kimg"
        lines.append(f"{after.name} has reached its end{score}.")
    elif before.state == "live" and after.state in ("stopped", "empty"):
        at = "" if after.kimg is None else f" at {after.kimg:.1f} kimg"
        lines.append(f"{after.name} has stopped{at}.")
    return lines


def sample_of(run: Run, kimg: int) -> tuple[int, Path]:
    """Return the run's sample grid after `kimg` thousand pictures; its newest if it has none."""
    return next((one for one in run.samples if one[0] == kimg), run.samples[-1])


def curve(run: Run, name: str, smoothing: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a figure of a run's log as (thousands of pictures, values), float64, gaps left out."""
    at = np.asarray(run.log.get("kimg", ()), np.float64)
    values = np.asarray(smoothed(run.log.get(name, [float("nan")] * len(at)), smoothing))
    known = np.isfinite(values)
    return at[known], values[known]
