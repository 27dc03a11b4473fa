"""Networks of averages in the worker: read once, then mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from generator import load_network
from tests.average_run import write_average_run
from viz.protocol.averages import KeepNetworkTask
from viz.protocol.request import Request
from viz.render.jobs import averages as _registered  # noqa: F401
from viz.render.jobs.runner import steps
from viz.render.networks import NetworkStore, UnreadableNetworkError
from viz.render.renderer import Renderer
from viz.storage.average_sources import AverageSource

if TYPE_CHECKING:
    from pathlib import Path

    from viz.protocol.result import WorkerEvent

CPU = torch.device("cpu")


def test_a_run_is_read_once_for_all_lengths_and_again_when_it_has_kept_more(
    tmp_path: Path,
) -> None:
    run = write_average_run(tmp_path / "run", snapshots=3)
    events: list[WorkerEvent] = []
    store = NetworkStore(events.append)
    nets = [store.get(str(AverageSource(str(run), length)), CPU).net for length in (0.05, 0.1, 0.2)]
    assert store.reads == 1
    assert [event.kind for event in events if event.fraction is None] == ["loading", "loaded"]
    first, *others = (torch.cat([own.flatten() for own in net.parameters()]) for net in nets)
    assert not any(torch.allclose(first, other) for other in others)
    newest = max(run.glob("averages-*"))
    newest.rename(newest.with_name("averages-000009.000.safetensors"))
    again = store.get(str(AverageSource(str(run), 0.05)), CPU)
    assert store.reads == 2
    assert ("Average", "over 5.0 % of the training") in again.summary.facts


def test_a_run_without_averages_says_so(tmp_path: Path) -> None:
    store = NetworkStore(lambda event: None)
    with pytest.raises(UnreadableNetworkError, match="has no averages"):
        store.get(str(AverageSource(str(tmp_path), 0.05)), CPU)


def test_what_is_shown_is_what_is_kept(tmp_path: Path) -> None:
    run = write_average_run(tmp_path / "run", snapshots=3)
    renderer, source = Renderer(), str(AverageSource(str(run), 0.08))
    out = tmp_path / "new" / "kept.safetensors"
    task = KeepNetworkTask(source, "cpu", str(out))
    *_, last = steps(task, renderer)
    assert task.made(last.result) == out
    assert load_network(out).info["average_length"] == 0.08
    result = renderer.render(Request(networks=(source, str(out))))
    shown, kept = (one.picture for one in result.networks)
    assert shown is not None
    assert kept is not None
    np.testing.assert_array_equal(shown, kept)
