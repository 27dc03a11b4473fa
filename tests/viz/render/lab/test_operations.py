"""Operations with a known answer: where images and aliases of a sinusoid lie, and how strong."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy import signal as reference

from viz.protocol.lab import LabCurveTask, LabViewTask, Move, Operation, Signal
from viz.protocol.lab_signals import sine
from viz.render.lab.experiment import curves, views
from viz.render.lab.operations import half_width, lowpass, ways

SIDE = 64
SINGLE = 2e-6
"""The operations compute in single precision on values up to about 1."""


def amplitudes(row: torch.Tensor) -> np.ndarray:
    """Amplitude of the cosine of each whole number of periods in a row."""
    spectrum = np.abs(np.fft.rfft(row.numpy())) / len(row)
    spectrum[1 : (len(row) + 1) // 2] *= 2
    return spectrum


def sine_row(periods: int, kind: str, **options: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the amplitudes of a horizontal sine after both ways, along the first row."""
    z = torch.as_tensor(sine(SIDE, periods / SIDE, 0.0))
    naive, filtered = ways(Operation(kind=kind, **options))
    return amplitudes(naive.apply(z[None])[0, 0]), amplitudes(filtered.apply(z[None])[0, 0])


def gain(taps: torch.Tensor, frequency: float) -> float:
    """Magnitude of a filter's response, frequency in cycles per sample of its own rate."""
    return float(np.abs(reference.freqz(taps.numpy(), worN=[2 * math.pi * frequency])[1][0]))


@pytest.mark.parametrize("periods", [5, 13, 26])
def test_nearest_upsampling_leaves_the_image_of_a_sine(periods: int) -> None:
    naive, filtered = sine_row(periods, "upsampling", taps=12, cutoff=0.25)
    f = periods / SIDE
    # Holding a sample is a box of two: cos(π f / 2), and of the image at 1 − f sin(π f / 2).
    assert naive[periods] == pytest.approx(math.cos(math.pi * f / 2), abs=SINGLE)
    assert naive[SIDE - periods] == pytest.approx(math.sin(math.pi * f / 2), abs=SINGLE)
    others = np.delete(naive, [periods, SIDE - periods])
    assert others.max() < SINGLE
    # n = 12, f_h = 0.25: by Kaiser's formula 2.285 · 23 · π · 0.5 + 7.95 = 90 dB.
    assert filtered[SIDE - periods] < 10 ** (-85 / 20)


def test_bilinear_upsampling_has_the_response_of_its_taps() -> None:
    naive, _ = sine_row(20, "upsampling", naive="bilinear")
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
    assert naive[20] == pytest.approx(gain(taps, 10 / SIDE), abs=SINGLE)
    assert naive[SIDE - 20] == pytest.approx(gain(taps, 22 / SIDE), abs=SINGLE)


@pytest.mark.parametrize(("periods", "alias"), [(10, 10), (20, 12), (28, 4)])
def test_decimation_folds_a_sine_to_its_alias(periods: int, alias: int) -> None:
    naive, filtered = sine_row(periods, "downsampling", taps=12, cutoff=0.25)
    assert naive[alias] == pytest.approx(1.0, abs=SINGLE)
    assert np.delete(naive, alias).max() < SINGLE
    taps = lowpass(Operation(kind="downsampling", taps=12, cutoff=0.25), 2)
    expected = gain(taps, periods / SIDE)
    assert filtered[alias] == pytest.approx(expected, abs=SINGLE)
    assert periods < 16 or expected < 10 ** (-60 / 20)


def test_naive_relu_aliases_to_the_computed_level() -> None:
    periods, shift = 11, 0.3
    z = Signal(kind="sine", side=SIDE, frequency=periods / SIDE)
    task = LabViewTask(z, Operation(kind="nonlinearity"), Move("shift", shift))
    # max(sin, 0) = 1/π + sin/2 − 2/π Σ cos(2k·)/(4k² − 1). On the grid harmonic h turns up at the
    # nearest frequency below half the rate; a shift of the input turns the harmonic's phase by
    # h times that of the wave, a shift of the output the alias's by that of its own frequency.
    harmonics = {1: 0.5} | {2 * k: 2 / math.pi / (4 * k * k - 1) for k in range(1, 20_000)}
    before = np.zeros(SIDE, complex)
    after = np.zeros(SIDE, complex)
    for number, amplitude in harmonics.items():
        phase = -1j if number == 1 else -1.0
        for sign in (1, -1):
            value = amplitude / 2 * (phase if sign == 1 else np.conj(phase))
            bin_ = sign * number * periods % SIDE
            alias = bin_ - SIDE if bin_ > SIDE // 2 else bin_
            turn = 2 * math.pi / SIDE * shift
            before[bin_] += value * np.exp(-1j * turn * sign * number * periods)
            # The wave of half the rate is a cosine to whom shifts it.
            moved = math.cos(turn * alias) if bin_ == SIDE // 2 else np.exp(-1j * turn * alias)
            after[bin_] += value * moved
    expected = 10 * np.log10(np.sum(np.abs(after) ** 2) / np.sum(np.abs(before - after) ** 2))
    *_, view = views(task)
    assert view is not None
    # The series is cut at 40,000, which leaves amplitudes of 1e-10; single precision the rest.
    assert view.lanes[0].db == pytest.approx(expected, abs=0.01)
    assert view.lanes[1].db > view.lanes[0].db + 10


def test_the_filtered_nonlinearity_removes_what_it_has_made() -> None:
    naive, filtered = sine_row(7, "nonlinearity", m=4, taps=12, cutoff=0.25)
    assert naive[28] == pytest.approx(2 / math.pi / 15, rel=0.02), "the fourth harmonic, 0.44 c/px"
    up = lowpass(Operation(kind="nonlinearity", m=4, taps=12, cutoff=0.25), 4)
    assert filtered[7] == pytest.approx(0.5 * gain(up, 7 / SIDE / 4) ** 2, rel=1e-3)
    assert filtered[28] < 0.01 * naive[28]


def test_a_slope_of_one_is_only_the_filters() -> None:
    naive, filtered = sine_row(6, "nonlinearity", slope=1.0, m=2, taps=8)
    assert naive[6] == pytest.approx(1.0, abs=SINGLE)
    taps = lowpass(Operation(kind="nonlinearity", m=2, taps=8), 2)
    assert filtered[6] == pytest.approx(gain(taps, 6 / SIDE / 2) ** 2, abs=SINGLE)


@pytest.mark.parametrize(
    "operation",
    [
        Operation(kind="upsampling", taps=7),
        Operation(kind="upsampling", taps=5, radial=True),
        Operation(kind="downsampling", taps=9),
        Operation(kind="nonlinearity", m=1, taps=4, slope=1.0),
        Operation(kind="nonlinearity", m=2, taps=5, slope=1.0),
        Operation(kind="nonlinearity", m=4, taps=3, slope=1.0, radial=True),
        Operation(kind="convolution"),
    ],
)
def test_filters_leave_signals_in_their_place(operation: Operation) -> None:
    """A slow wave comes out with its phase, at the places the output says its samples lie at."""
    z = torch.as_tensor(sine(SIDE, 2 / SIDE, 0.0))
    for way in ways(operation)[operation.kind == "convolution" :]:
        row = way.apply(z[None])[0, 3]
        place = torch.arange(len(row), dtype=torch.float64) / way.rate + way.offset
        wave = torch.exp(-2j * math.pi * 2 / SIDE * place)
        phase = torch.angle((row * wave).sum() * 1j)
        # The naive ways of this table are decimation, holding and nothing, all centred.
        assert float(phase) == pytest.approx(0.0, abs=1e-4)


@pytest.mark.slow
def test_band_limited_operations_commute_beyond_60_db() -> None:
    signal = Signal(kind="noise", side=SIDE, band=0.35)
    for operation in (
        Operation(kind="convolution"),
        Operation(kind="upsampling", taps=12, cutoff=0.25),
        Operation(kind="downsampling", taps=12, cutoff=0.25),
    ):
        *_, curve = curves(LabCurveTask(signal, operation))
        assert curve.db[1].min() > 60, operation.kind
    steady = Signal(kind="noise", side=SIDE, band=0.2)
    operation = Operation(kind="nonlinearity", m=4, taps=12, cutoff=0.25)
    *_, curve = curves(LabCurveTask(steady, operation))
    assert curve.db[1].min() > 60
    assert curve.db[0].min() < 25


def test_every_convolution_commutes_with_shifts_the_steady_ones_with_turns() -> None:
    signal = Signal(kind="zone plate", side=32, band=0.3)
    for kernel, least in (("1×1", 100.0), ("radial", 40.0)):
        operation = Operation(kind="convolution", kernel=kernel)
        *_, shifts = curves(LabCurveTask(signal, operation))
        assert shifts.db.min() > 100
        *_, turns = curves(LabCurveTask(signal, operation, "turn"))
        assert turns.db[1].min() > least
        assert turns.db[0, 6] < 15, "a direction is turned by 45°"


@pytest.mark.slow
def test_radial_filters_are_what_turns_need() -> None:
    signal = Signal(kind="noise", side=SIDE, band=0.35)
    for kind in ("upsampling", "downsampling", "nonlinearity"):
        found = []
        for radial in (False, True):
            operation = Operation(kind=kind, taps=8, radial=radial)
            *_, view = views(LabViewTask(signal, operation, Move("turn", math.pi / 4)))
            assert view is not None
            found.append(view.lanes[1].db)
        assert found[1] > found[0] + 10, kind


def test_half_widths_follow_the_networks_plan() -> None:
    assert half_width(0.25) == pytest.approx(0.25)
    assert half_width(0.3) == pytest.approx(0.2)
    assert half_width(0.45) == pytest.approx(0.45 * (2**0.3 - 1))
