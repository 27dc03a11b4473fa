"""Snapshots in the folder of a training run: ours, or in the layout of NVIDIA's trainers.

Ours are `network-000123.safetensors`, theirs `network-snapshot-000123.pkl`; the number is the
thousands of pictures seen. Scores lie beside them as `metric-NAME.jsonl`, one JSON object a line
with the snapshot's name and the result.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from generator.files.errors import NetworkFileError

Pick = Literal["newest", "best"]
"""Which snapshot of a run folder to take."""

_SNAPSHOT = re.compile(r"network-(?:snapshot-)?(\d{1,9})\.(?:safetensors|pkl)")
_RUN = re.compile(r"(\d{5})-.*")
LOWER_IS_BETTER = ("fid", "kid", "fd")
"""Beginnings of the names of metrics of picture quality, the one that counts most first."""
_MAX_SCORES_BYTES = 16 << 20


@dataclass(frozen=True)
class Snapshot:
    """A network written during a training."""

    path: Path
    kimg: int
    """Thousands of pictures the discriminator had seen."""
    metric: str | None = None
    """Name of its score; of all scores of the folder the first that says how good pictures are."""
    score: float | None = None
    """The score, the lower the better."""


def snapshots(folder: Path) -> list[Snapshot]:
    """The snapshots of a run folder, oldest first.

    Args:
        folder: Of a run, or one that holds runs as NVIDIA's trainers number them (`00012-…`):
            then the last of these that has a snapshot.

    Raises:
        OSError: the folder cannot be read.
    """
    found = _own_snapshots(folder)
    if found:
        return found
    runs = [
        (int(match[1]), run)
        for run in folder.iterdir()
        if (match := _RUN.fullmatch(run.name)) and run.is_dir()
    ]
    for _, run in sorted(runs, reverse=True):
        if found := _own_snapshots(run):
            return found
    return []


def pick_snapshot(folder: Path, pick: Pick = "newest") -> Snapshot:
    """The newest snapshot, or the one with the best score.

    Raises:
        NetworkFileError: there is none, or none has a score.
        OSError: the folder cannot be read.
    """
    found = snapshots(folder)
    if not found:
        raise NetworkFileError(
            f"no network-*.safetensors and no network-snapshot-*.pkl in the folder {folder}"
        )
    if pick == "newest":
        return found[-1]
    scored = [snapshot for snapshot in found if snapshot.score is not None]
    if not scored:
        raise NetworkFileError(
            f"no scores (metric-*.jsonl) in the folder {folder}: take the newest"
        )
    return min(scored, key=lambda snapshot: snapshot.score or 0.0)


def _own_snapshots(folder: Path) -> list[Snapshot]:
    found = [
        Snapshot(file, int(match[1]))
        for file in folder.iterdir()
        if (match := _SNAPSHOT.fullmatch(file.name)) and file.is_file()
    ]
    metric, scores = _scores(folder)
    found.sort(key=lambda snapshot: (snapshot.kimg, snapshot.path.name))
    return [
        replace(snapshot, metric=metric, score=scores[snapshot.path.name])
        if snapshot.path.name in scores
        else snapshot
        for snapshot in found
    ]


def _scores(folder: Path) -> tuple[str | None, dict[str, float]]:
    """The folder's first metric of quality, and its value by the name of the snapshot."""
    files = {file.stem.removeprefix("metric-"): file for file in folder.glob("metric-*.jsonl")}
    for prefix in LOWER_IS_BETTER:
        for metric in sorted(name for name in files if name.startswith(prefix)):
            file = files[metric]
            if file.is_file() and file.stat().st_size <= _MAX_SCORES_BYTES:
                scores = _read_scores(file, metric)
                if scores:
                    return metric, scores
    return None, {}


def _read_scores(file: Path, metric: str) -> dict[str, float]:
    scores = {}
    for line in file.read_text("utf-8", "replace").splitlines():
        try:
            entry = json.loads(line)
            value = float(entry["results"][metric])
            name = str(entry.get("snapshot_pkl") or entry["snapshot"])
        except (
            AttributeError,
            KeyError,
            TypeError,
            ValueError,
            OverflowError,
            RecursionError,
        ):
            # A line torn by a power cut, or a metric of another kind: no score of this snapshot.
            continue
        if math.isfinite(value):
            scores[name.replace("\\", "/").rpartition("/")[2]] = value
    return scores
