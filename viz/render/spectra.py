"""Power spectra of pictures and layers, and how much of a signal lies outside its pass band."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from generator.layers import LayerInfo
from generator.steps import Step
from ops.bands import above_band_db
from ops.spectra import power_spectrum, radial_profile, to_db
from viz.protocol import AliasingRequest, LayerRow, Spectrum, SpectrumRequest, StepLevel, StepName

LARGEST_SPECTRUM = 1024
"""Points along one axis; a larger picture gets less padding instead."""
SPECTRUM_CHANNELS = 64
"""At most so many channels of a layer are averaged, evenly taken, unless they are chosen."""
METER_CHANNELS = 16
"""At most so many channels of every layer are measured, evenly taken."""


def picture_spectrum(x: Tensor, wanted: SpectrumRequest, rate: float | None = None) -> Spectrum:
    """The power spectrum of a picture, whitened by its own mean and deviation.

    Args:
        x: [1, C, H, W].
        wanted: Window and padding.
        rate: Samples per picture width; None: x is as wide as the trained picture.
    """
    rate = float(x.shape[-1]) if rate is None else rate
    power = _power(x[0].float(), wanted)
    return Spectrum(
        layer="",
        power_db=to_db(power).cpu().numpy(),
        radial_db=to_db(radial_profile(power)[1]).cpu().numpy(),
        rate=rate,
        cutoff=rate / 2,
        stopband=None,
        nyquist=rate / 2,
        planes=x.shape[1],
    )


def layer_spectrum(x: Tensor, wanted: SpectrumRequest, row: LayerRow) -> Spectrum:
    """The power spectrum of a layer's output, averaged over its chosen channels.

    Args:
        x: [1, C, H, W].
        wanted: Channels, window and padding.
        row: The layer's line of the table.
    """
    return _of_layer(
        x, wanted, row, row.sampling_rate, (row.cutoff, row.stopband, row.radial), None
    )


def step_spectrum(step: Step, wanted: SpectrumRequest, row: LayerRow) -> Spectrum:
    """The same inside the layer, after one of its steps, at that step's sampling rate."""
    band = step.band
    passed = (band.cutoff, band.stopband, band.radial)
    return _of_layer(step.x, wanted, row, step.rate, passed, step.name)


def step_level(step: Step, wanted: AliasingRequest) -> StepLevel:
    """The energy that a step has left above the band limit."""
    limit = band_limit(step.band, wanted)
    return StepLevel(
        layer=step.layer.name,
        step=step.name,
        above_db=above_band_db(
            step.x[0], limit / step.rate, radial=step.band.radial, beta=wanted.beta, pad=1
        ),
        limit=limit,
        rate=step.rate,
    )


def band_limit(band: LayerInfo, wanted: AliasingRequest) -> float:
    """The frequency, in cycles per picture, above which a layer's signal should have nothing."""
    if wanted.limit == "stopband" and band.stopband is not None:
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
            (other.channels == 3) != (row.channels == 3),
            abs(math.log2(other.sampling_rate / row.sampling_rate)),
            abs(math.log2(other.cutoff / row.cutoff)),
        )

    same = (other for other in rows if other.name.split("_")[0] == row.name.split("_")[0])
    return next(same, None) or min(rows, key=unlikeness)


def _of_layer(
    x: Tensor,
    wanted: SpectrumRequest,
    row: LayerRow,
    rate: float,
    passed: tuple[float, float | None, bool],
    name: StepName | None,
) -> Spectrum:
    cutoff, stopband, radial = passed
    values = _channels(x[0].float(), wanted.channels)
    power = _power(values, wanted)
    return Spectrum(
        layer=row.name,
        power_db=to_db(power).cpu().numpy(),
        radial_db=to_db(radial_profile(power)[1]).cpu().numpy(),
        rate=rate,
        cutoff=cutoff,
        stopband=stopband,
        step=name,
        radial=radial,
        nyquist=row.sampling_rate / 2,
        inner_rate=row.inner_rate,
        outside_db=above_band_db(values, cutoff / rate, radial=radial, beta=wanted.beta),
        planes=len(values),
    )


def _channels(values: Tensor, chosen: tuple[int, int] | None) -> Tensor:
    """The chosen channels of [C, H, W]; a first one beyond the last gives the last ones."""
    if chosen is None:
        return values[:: -(-len(values) // SPECTRUM_CHANNELS)]
    first, count = chosen
    first = max(0, min(first, len(values) - count))
    return values[first : first + count]


def _power(values: Tensor, wanted: SpectrumRequest) -> Tensor:
    """The centred power of planes [C, H, W], whitened, however large they are."""
    std, mean = torch.std_mean(values, correction=0)
    return power_spectrum(
        values,
        mean=float(mean),
        std=max(float(std), 1e-12),
        beta=wanted.beta,
        pad=max(1, min(wanted.pad, LARGEST_SPECTRUM // max(values.shape[-2:]))),
    )
