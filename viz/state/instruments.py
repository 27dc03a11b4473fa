"""Settings of the instruments: plain dataclasses of the state."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from viz.protocol.equivariance import PictureMove, SweepDirection
from viz.protocol.request import BandLimit, MapsOf, StepName
from viz.state.inputs import MAX_NETWORKS, SEED_COUNT
from viz.state.ranges import ranged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viz.protocol.result import LayerRow

SpectrumSource = Literal["image", "layer"]
SpectrumPage = Literal["spectrum", "aliasing", "filters"]
SpectrumTaken = Literal["now", "average"]
SpectrumAgainst = Literal["nothing", "frozen", "network", "data"]
EquivarianceOf = Literal["image", "layer"]
EquivariancePage = Literal["sweep", "metric", "layers"]


@dataclass(slots=True)
class LayersState:
    """The layer and the network that are looked into."""

    slot: int = ranged(0, 0, MAX_NETWORKS - 1)
    """Index of the network."""
    layer: str = ""
    """Name of the layer as in the layer table; empty: the picture."""
    first_channel: int = ranged(0, 0, 100_000)
    """First channel shown."""
    channel_count: int = ranged(16, 1, 256)
    """Number of channels shown."""
    of: MapsOf = "channels"
    """Channels one by one, or all of them in one picture."""
    gain: float = ranged(1.0, 0.01, 100.0)
    """Brightness of the maps' display: ± (3 deviations / gain) spans the colour map."""


def with_valid_layer(layers: LayersState, rows: Sequence[LayerRow]) -> LayersState:
    """Choose a layer that a network has: one in the middle, if the chosen one is not there.

    Args:
        layers: What is chosen; not changed, and returned as it is where it is valid.
        rows: The network's layers; while there are none, everything is valid.
    """
    row = next((row for row in rows if row.name == layers.layer), None)
    if row is None and rows:
        row = rows[len(rows) // 2]
    if row is None:
        return layers
    first = layers.first_channel if layers.first_channel < row.channels else 0
    if (row.name, first) == (layers.layer, layers.first_channel):
        return layers
    return replace(layers, layer=row.name, first_channel=first)


@dataclass(slots=True)
class SpectrumState:
    """Settings of power spectra, of the aliasing meter and of the filters."""

    page: SpectrumPage = "spectrum"
    """Content of the panel: the spectrum, aliasing step by step, or a layer's filters."""
    of: SpectrumSource = "image"
    """`image`: of every network's picture; `layer`: of the layer chosen in `LayersState`."""
    shown_channels: bool = False
    """Take the spectrum of the channels shown in the Layers panel instead of all channels."""
    step: StepName | None = None
    """Step inside the layer whose result is taken; None: the layer's output."""
    taken: SpectrumTaken = "now"
    """The spectrum of the present picture, or an average over many latents."""
    samples: int = ranged(500, 1, 100_000)
    """Number of latents to average over, or of pictures of the data set at most."""
    seed: int = ranged(0, 0, SEED_COUNT - 1)
    """Seed of the first of these latents."""
    data: str = ""
    """Data set, a zip or folder of pictures; empty: none is chosen."""
    against: SpectrumAgainst = "nothing"
    """The spectrum to compare with."""
    against_slot: int = ranged(1, 0, MAX_NETWORKS - 1)
    """The other network, where it is compared with one."""
    beta: float = ranged(8.0, 0.0, 20.0)
    """Shape of the Kaiser window."""
    pad: int = ranged(4, 1, 8)
    """Zero-padding factor."""
    low_db: float = ranged(-60.0, -200.0, 200.0)
    """Level shown darkest."""
    high_db: float = ranged(30.0, -200.0, 200.0)
    """Level shown brightest."""
    difference_db: float = ranged(12.0, 0.5, 120.0)
    """Difference, either way, shown in full colour."""
    show_cutoff: bool = True
    """Draw the layer's cutoff f_c into the spectrum."""
    show_stopband: bool = True
    """Draw the layer's stopband f_t."""
    show_nyquist: bool = False
    """Draw half the layer's sampling rate."""
    show_inner: bool = False
    """Draw half the temporary rate of the layer's nonlinearity, and the spectrum that wide."""
    limit: BandLimit = "stopband"
    """Frequency above which energy counts as aliasing in the aliasing meter."""
    latents: int = ranged(1, 1, 64)
    """Latents that the aliasing meter measures; 1: the one shown."""


@dataclass(slots=True)
class EquivarianceState:
    """Settings of the equivariance panel: the movement, and the display."""

    kind: PictureMove = "fractional"
    """Kind of movement: by whole pixels, by any distance, or a turn."""
    x: float = ranged(0.07, -0.25, 0.25)
    """Shift to the right, in fractions of the picture's width."""
    y: float = ranged(-0.04, -0.25, 0.25)
    """Shift downwards, in fractions of its height."""
    angle_rad: float = ranged(math.pi / 6, -math.pi, math.pi)
    """Turn, anticlockwise."""
    of: EquivarianceOf = "image"
    """Compare pictures, or the first shown channel of the layer chosen in `LayersState`."""
    low_db: float = ranged(-80.0, -160.0, 20.0)
    """Difference shown darkest; 0 dB is the whole range."""
    high_db: float = ranged(-10.0, -160.0, 20.0)
    """Difference shown brightest."""
    page: EquivariancePage = "sweep"
    """Content below the pictures: curves, metrics over many samples, or layer by layer."""
    along: SweepDirection = "right"
    """Direction of the curves' shifts: right, down, or as far in both."""
    latents: int = ranged(1, 1, 64)
    """Latents over which layers are compared; 1: the one shown."""
    samples: int = ranged(1000, 1, 1_000_000)
    """Latents over which the metrics are taken."""
    seed: int = ranged(0, 0, SEED_COUNT - 1)
    """Seed of those latents, shifts and angles."""
