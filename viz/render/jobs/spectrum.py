"""Spectra averaged in the background: over latents, and over a data set's pictures."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from generator import to_uint8
from generator.shapes import full_unit
from ops.bands import band_energy
from ops.spectra import SpectrumAverage, middle_square
from train.data.picture_source import PictureSource
from train.data.pixels import as_array
from viz.protocol.request import LatentPoint, Request
from viz.protocol.spectra import Average, AverageTask, DataTask
from viz.render import devices
from viz.render.jobs.runner import Progress, steps
from viz.render.measure.spectra import (
    Signal,
    SignalTap,
    averaged_spectrum,
    counterpart,
    fitting_pad,
)
from viz.render.measure.taps import chosen_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from viz.protocol.result import LayerRow, Spectrum
    from viz.render.networks import LoadedNetwork
    from viz.render.renderer import Renderer


@steps.register(AverageTask)
def _(task: AverageTask, renderer: Renderer) -> Iterator[Progress]:
    device = devices.choose_device(task.device)
    request = Request(networks=task.sources, spectrum=task.spectrum)
    chosen = chosen_row(request, renderer.networks, device)
    if task.spectrum.layer and chosen is None:
        raise ValueError(f"no network here has the layer {task.spectrum.layer!r}; choose another")
    done, total = 0, task.samples * len(task.sources)
    spectra: dict[str, Spectrum] = {}
    for source in task.sources:
        loaded = renderer.networks.get(source, device)
        row = counterpart(chosen, loaded.summary.layers) if chosen is not None else None
        averager = _Averager(task, loaded, row)
        for index in range(task.samples):
            averager.add(task.seed + index)
            done += 1
            # Every report carries spectra: not more of them than one can see.
            due = index + 1 == task.samples or (index & (index + 1) == 0) or index % 25 == 24
            if due:
                spectra = {**spectra, source: averager.spectrum()}
            yield Progress(done, total, Average(spectra, index + 1) if due else None)


class _Averager:
    """The average spectrum of one network."""

    def __init__(self, task: AverageTask, loaded: LoadedNetwork, row: LayerRow | None) -> None:
        self._task, self._loaded, self._row = task, loaded, row
        self._average: SpectrumAverage | None = None
        self._signal: Signal | None = None
        self._above = self._total = 0.0

    @torch.inference_mode()
    def add(self, seed: int) -> None:
        """Draw a latent, and add what is averaged of it."""
        task = self._task
        point = LatentPoint(seeds=((seed % 2**32, 1.0),))
        ws = self._loaded.latents.ws_at(point, psi=task.psi, cutoff=task.cutoff)
        if self._row is None:
            values = middle_square(to_uint8(self._loaded.net.synthesis(ws)))
        else:
            tap = SignalTap(self._loaded.net, ws, task.spectrum, self._row)
            self._loaded.net.synthesis(ws, taps=tap)
            self._signal = tap.signal
            values = middle_square(self._signal.x)
            self._measure(self._signal)
        if self._average is None:
            mean, std = task.whitening or (None, None)
            pad = fitting_pad(values, task.spectrum.pad)
            if self._row is not None:
                mean = std = None
            self._average = SpectrumAverage(mean=mean, std=std, beta=task.spectrum.beta, pad=pad)
        self._average.add(values)

    def spectrum(self) -> Spectrum:
        """Return the average so far."""
        if self._average is None:
            raise ValueError("nothing was averaged yet")
        rate = float(self._loaded.net.resolution)
        outside = self._above / self._total if self._total else None
        return averaged_spectrum(self._average, rate, self._row, self._signal, outside)

    def _measure(self, signal: Signal) -> None:
        limit = signal.cutoff / signal.rate
        above, total = band_energy(
            signal.x, limit, radial=signal.radial, beta=self._task.spectrum.beta
        )
        self._above += above
        self._total += total


@steps.register(DataTask)
def _(task: DataTask, renderer: Renderer) -> Iterator[Progress]:
    with PictureSource.open(Path(task.path)) as source:
        names = source.names
        if not names:
            raise ValueError(f"{task.path} holds no pictures; choose a data set's zip or folder")
        if len(names) > task.samples:
            names = sorted(random.Random(0).sample(names, task.samples))
        average: SpectrumAverage | None = None
        rate = 0.0
        for index, name in enumerate(names):
            picture = _pixels(source, name)
            if average is None:
                height, width = picture.shape[2:]
                rate = float(full_unit((height, width)))
                pad = fitting_pad(middle_square(picture), task.pad)
                average = SpectrumAverage(mean=None, std=None, beta=task.beta, pad=pad)
            average.add(middle_square(picture))
            due = index + 1 == len(names) or index % 250 == 249
            result = None
            if due:
                spectrum = averaged_spectrum(average, rate, None, None, None)
                result = Average({task.path: spectrum}, index + 1, average.statistics)
            yield Progress(index + 1, len(names), result)


def _pixels(source: PictureSource, name: str) -> Tensor:
    """Read a picture, [1, channels, h, w] uint8."""
    return torch.from_numpy(as_array(source.read(name))).permute(2, 0, 1)[None]
