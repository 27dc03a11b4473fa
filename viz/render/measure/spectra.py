"""Power spectra of pictures and layers, and how much of a signal lies outside its pass band."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from generator.config import PICTURE_CHANNELS
from generator.equivariance.intervals import ratio_interval
from generator.steps import Step, StepTracer
from ops.bands import band_energy
from ops.spectra import SpectrumAverage, middle_square, radial_profile, to_db
from viz.protocol.request import BandLimit, SpectrumRequest, StepName
from viz.protocol.result import LayerRow, Spectrum, StepLevel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from generator import Generator, LayerEdit
    from generator.layers import LayerInfo
    from generator.synthesis import Noise

LARGEST_SPECTRUM = 1024
"""Points along one axis; a larger picture gets less padding instead."""
SPECTRUM_CHANNELS = 64
"""At most so many channels of a layer are averaged, evenly taken, unless they are chosen."""
LEAST_SHARE = 1e-12
"""Smaller shares of the energy are rounding."""
METER_CHANNELS = 16
"""At most so many channels of every layer are measured, evenly taken."""


@dataclass(frozen=True)
class Signal:
    """Signal of a layer to measure: its output, or that after one of its steps."""

    x: Tensor
    """[1, C, H, W], the chosen channels."""
    rate: float
    """Samples per picture width."""
    cutoff: float
    """Its pass band, in cycles per picture width."""
    stopband: float | None
    radial: bool
    step: StepName | None


class SignalTap:
    """A tap (see `SynthesisNetwork.forward`) that keeps the signal a spectrum is wanted of.

    Args:
        net: The network that is being drawn, in float32.
        ws: [1, num_ws, w_dim], what it is drawn from.
        wanted: Which channels, and after which step, where the layer has it.
        row: The layer.
        noise: As it is drawn with.
        edits: As it is drawn with.
    """

    def __init__(
        self,
        net: Generator,
        ws: Tensor,
        wanted: SpectrumRequest,
        row: LayerRow,
        *,
        noise: Noise = "const",
        edits: Mapping[str, LayerEdit] | None = None,
    ) -> None:
        self._wanted, self._row = wanted, row
        self._found: Signal | None = None
        self._tracer: StepTracer | None = None
        if wanted.step in row.steps:
            only = frozenset({row.name})
            self._tracer = StepTracer(net, ws, self._take, layers=only, noise=noise, edits=edits)

    @property
    def signal(self) -> Signal:
        """Return the signals that were kept.

        Raises:
            ValueError: the network has not been drawn.
        """
        if self._found is None:
            raise ValueError(f"layer {self._row.name} was not drawn")
        return self._found

    def __call__(self, name: str, x: Tensor) -> None:
        """Take a layer's output, [1, C, H, W]."""
        row = self._row
        if self._tracer is not None:
            self._tracer(name, x)
        elif name == row.name:
            x = _channels(x, self._wanted.channels)
            self._found = Signal(x, row.sampling_rate, row.cutoff, row.stopband, row.radial, None)

    def _take(self, step: Step) -> None:
        if step.name == self._wanted.step:
            x, band = _channels(step.x, self._wanted.channels), step.band
            self._found = Signal(x, step.rate, band.cutoff, band.stopband, band.radial, step.name)


def picture_spectrum(x: Tensor, wanted: SpectrumRequest, rate: float | None = None) -> Spectrum:
    """The power spectrum of a picture, whitened by its own mean and deviation.

    Args:
        x: [1, C, H, W].
        wanted: Window and padding.
        rate: Samples per picture width; None: x is as wide as the trained picture.
    """
    rate = float(x.shape[-1]) if rate is None else rate
    return averaged_spectrum(_average(x, wanted), rate, None, None, None)


def signal_spectrum(signal: Signal, wanted: SpectrumRequest, row: LayerRow) -> Spectrum:
    """The power spectrum of a layer's signal, averaged over its channels.

    Args:
        signal: What was kept of it.
        wanted: Window and padding.
        row: The layer's line of the table.
    """
    above, total = band_energy(
        signal.x, signal.cutoff / signal.rate, radial=signal.radial, beta=wanted.beta
    )
    outside = above / total if total else None
    return averaged_spectrum(_average(signal.x, wanted), signal.rate, row, signal, outside)


def averaged_spectrum(
    average: SpectrumAverage,
    rate: float,
    row: LayerRow | None,
    signal: Signal | None,
    outside: float | None,
) -> Spectrum:
    """A spectrum for the window.

    Args:
        average: Of the pictures or signals.
        rate: Samples per picture width, of pictures.
        row: The layer; None: pictures.
        signal: One of its signals; None: pictures.
        outside: Share of the energy that lies outside the pass band.
    """
    power = average.power()
    power_db = to_db(power).float().cpu().numpy()
    radial_db = to_db(radial_profile(power)[1]).float().cpu().numpy()
    if row is None or signal is None:
        return Spectrum(
            layer="",
            power_db=power_db,
            radial_db=radial_db,
            rate=rate,
            cutoff=rate / 2,
            stopband=None,
            nyquist=rate / 2,
            planes=average.planes,
        )
    highest = math.sqrt(0.5) if signal.radial else 0.5
    nothing = outside is None or signal.cutoff >= highest * signal.rate
    return Spectrum(
        layer=row.name,
        power_db=power_db,
        radial_db=radial_db,
        rate=signal.rate,
        cutoff=signal.cutoff,
        stopband=signal.stopband,
        step=signal.step,
        radial=signal.radial,
        nyquist=row.sampling_rate / 2,
        inner_rate=row.inner_rate,
        outside_db=None if nothing else 10 * math.log10(max(outside or 0.0, 1e-12)),
        planes=average.planes,
    )


def fitting_pad(x: Tensor, pad: int) -> int:
    """The zero-padding factor, less where the transform would be too large to show."""
    return max(1, min(pad, LARGEST_SPECTRUM // max(x.shape[-2:])))


@dataclass(frozen=True)
class StepEnergy:
    """Energy of the signal after one step of a layer, without the mean of every channel."""

    layer: str
    step: StepName
    limit: float
    """The band limit and the sampling rate, per picture width."""
    rate: float
    above: float
    """Energy above the limit; not a number where the samples hold no frequency above it."""
    total: float


def step_energy(step: Step, limited_by: BandLimit, beta: float) -> StepEnergy:
    """Return the energy that a step has left above the band limit.

    Args:
        step: The step, with its signal.
        limited_by: The frequency from which on energy counts.
        beta: Shape of the Kaiser window.
    """
    limit, radial = band_limit(step.band, limited_by), step.band.radial
    above, total = math.nan, 0.0
    if limit / step.rate < (math.sqrt(0.5) if radial else 0.5):
        above, total = band_energy(step.x[0], limit / step.rate, radial=radial, beta=beta, pad=1)
    return StepEnergy(step.layer.name, step.name, limit, step.rate, above, total)


def pooled_level(energies: Sequence[StepEnergy]) -> StepLevel:
    """Return the level of one step over the latents that it was measured for, at least one."""
    first = energies[0]
    above = np.array([one.above for one in energies])
    total = np.array([one.total for one in energies])
    known = total.sum() > 0 and not np.isnan(above).any()
    floor = LEAST_SHARE * total
    level, low, high = ratio_interval(np.maximum(above, floor), total)
    return StepLevel(
        layer=first.layer,
        step=first.step,
        above_db=float(level) if known else None,
        limit=first.limit,
        rate=first.rate,
        latents=len(energies),
        interval_db=(float(low), float(high)) if known and len(energies) > 1 else None,
    )


def band_limit(band: LayerInfo, limited_by: BandLimit) -> float:
    """The frequency, in cycles per picture, above which a layer's signal should have nothing."""
    if limited_by == "stopband" and band.stopband is not None:
        return band.stopband
    return band.cutoff


def counterpart(row: LayerRow, rows: tuple[LayerRow, ...]) -> LayerRow:
    """The layer of another network that is most like a layer: by name, else rate, then cutoff.

    Args:
        row: The layer.
        rows: Those of the other network, not empty.
    """

    def unlikeness(other: LayerRow) -> tuple[float, ...]:
        return (
            (other.channels in PICTURE_CHANNELS) != (row.channels in PICTURE_CHANNELS),
            abs(math.log2(other.sampling_rate / row.sampling_rate)),
            abs(math.log2(other.cutoff / row.cutoff)),
        )

    same = (other for other in rows if other.name.split("_")[0] == row.name.split("_")[0])
    return next(same, None) or min(rows, key=unlikeness)


def _channels(x: Tensor, chosen: tuple[int, int] | None) -> Tensor:
    """The chosen channels of [1, C, H, W]; a first one beyond the last gives the last ones."""
    count = x.shape[1]
    if chosen is None:
        return x[:, :: -(-count // SPECTRUM_CHANNELS)]
    first = max(0, min(chosen[0], count - chosen[1]))
    return x[:, first : first + chosen[1]]


def _average(x: Tensor, wanted: SpectrumRequest) -> SpectrumAverage:
    """Return the spectra of planes [..., H, W], whitened by their own mean and deviation."""
    values = middle_square(x.float())
    std, mean = torch.std_mean(values, correction=0)
    average = SpectrumAverage(
        mean=float(mean),
        std=max(float(std), 1e-12),
        beta=wanted.beta,
        pad=fitting_pad(values, wanted.pad),
    )
    average.add(values)
    return average
