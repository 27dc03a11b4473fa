"""Filters as they are designed: the same as those of SciPy's signal package."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy import signal

from ops.filters import design_lowpass, kaiser_attenuation_db, kaiser_beta


@pytest.mark.parametrize("taps", [2, 6, 12, 13, 24, 48])
@pytest.mark.parametrize(("cutoff", "width"), [(8.0, 6.0), (2.0, 20.0), (30.0, 3.0), (15.9, 0.1)])
def test_separable_filters_are_those_of_scipy(taps: int, cutoff: float, width: float) -> None:
    ours = design_lowpass(taps, cutoff, width, 64.0)
    assert ours is not None
    theirs = signal.firwin(numtaps=taps, cutoff=cutoff, width=width, fs=64.0)
    np.testing.assert_array_equal(ours.numpy(), theirs.astype(np.float32))


@pytest.mark.parametrize("width", [0.01, 0.2, 0.5, 1.5])
def test_kaisers_formulas_are_those_of_scipy(width: float) -> None:
    for taps in (2, 6, 24, 80):
        attenuation = kaiser_attenuation_db(taps, width)
        assert attenuation == signal.kaiser_atten(taps, width)
        assert kaiser_beta(attenuation) == pytest.approx(signal.kaiser_beta(attenuation), rel=1e-15)


@pytest.mark.process
def test_the_operations_do_without_a_package_that_takes_seconds_to_load() -> None:
    code = "import sys, ops, ops.response; assert 'scipy.signal' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
