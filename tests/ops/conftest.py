"""Helpers shared by the tests of the operations."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ops import dispatch
from ops.cpu import build

GOLDEN = Path(__file__).parents[1] / "golden"


class Golden:
    """Cases and arrays of one golden file."""

    def __init__(self, name: str) -> None:
        self._arrays = np.load(GOLDEN / f"{name}.npz")
        self.cases: list[dict[str, Any]] = json.loads(str(self._arrays["cases"]))

    def tensor(self, name: str) -> Tensor | None:
        """The array of that name; None if it is missing or empty (no filter)."""
        if name not in self._arrays or self._arrays[name].size == 0:
            return None
        return torch.from_numpy(self._arrays[name])


@pytest.fixture(scope="session")
def native() -> None:
    """Skip where there is no compiler; kernels that a compiler rejects are a failure."""
    try:
        build.find_compiler()
    except build.BuildError as error:
        pytest.skip(f"no native kernels: {error}")
    assert dispatch.native_unavailable() is None
