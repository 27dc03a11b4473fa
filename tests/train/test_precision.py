"""The time that a step is said to take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.train.conftest import tiny
from train import precision

if TYPE_CHECKING:
    from train.config.training import TrainConfig
    from train.data.dataset import ImageDataset


class _Clocked:
    """Steps that take one second, 16 more with R1 and 8 more with path lengths; slow beginnings."""

    now = 0.0

    def __init__(self, config: TrainConfig, *_: object, **__: object) -> None:
        self.config, self.steps = config, 0

    def step(self) -> None:
        config = self.config
        taken = 1.0 + (100.0 if self.steps < 2 else 0.0)
        taken += 16.0 * (self.steps % config.r1_interval == 0)
        if config.path_length_weight:
            taken += 8.0 * (self.steps % config.path_length_interval == 0)
        type(self).now += taken
        self.steps += 1


@pytest.mark.parametrize(("path_length_weight", "seconds"), [(0.0, 2.0), (2.0, 4.0)])
def test_penalties_count_as_often_as_they_come(
    path_length_weight: float, seconds: float, monkeypatch: pytest.MonkeyPatch, data: ImageDataset
) -> None:
    monkeypatch.setattr(precision, "Trainer", _Clocked)
    monkeypatch.setattr(precision.time, "perf_counter", lambda: _Clocked.now)
    config = tiny(r1_interval=16, path_length_interval=4, path_length_weight=path_length_weight)
    # 1 s + 16 s every 16th step (+ 8 s every fourth)
    assert precision.step_seconds(config, data) == pytest.approx(seconds)
