"""What the instruments look at and how they show it: plain dataclasses of the state."""

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
    """Which layer of which network is looked into."""

    slot: int = ranged(0, 0, MAX_NETWORKS - 1)
    """Index of the network."""
    layer: str = ""
    """Name of the layer as in the layer table; empty: the picture."""
    first_channel: int = ranged(0, 0, 100_000)
    """First channel shown."""
    channel_count: int = ranged(16, 1, 256)
    """How many channels are shown."""
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
    """How power spectra are taken and shown, and what else is seen beside them."""

    page: SpectrumPage = "spectrum"
    """What the panel shows: the spectrum, aliasing step by step, or a layer's filters."""
    of: SpectrumSource = "image"
    """`image`: of every network's picture; `layer`: of the layer chosen in `LayersState`."""
    shown_channels: bool = False
    """Of the channels that the Layers panel shows alone, instead of all."""
    step: StepName | None = None
    """Inside the layer, after this step; None: of its output."""
    taken: SpectrumTaken = "now"
    """Of what is drawn now, or averaged over many latents."""
    samples: int = ranged(500, 1, 100_000)
    """Latents averaged over, or pictures of the data set, if it has so many."""
    seed: int = ranged(0, 0, SEED_COUNT - 1)
    """Of the first of these latents."""
    data: str = ""
    """Data set, a zip or folder of pictures; empty: none is chosen."""
    against: SpectrumAgainst = "nothing"
    """What the spectrum is compared with."""
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
    """Draw its stopband f_t."""
    show_nyquist: bool = False
    """Draw half its sampling rate."""
    show_inner: bool = False
    """Draw half the temporary rate inside its nonlinearity, and the spectrum as wide as that."""
    limit: BandLimit = "stopband"
    """From which frequency on energy counts as above the band in the aliasing meter."""


@dataclass(slots=True)
class EquivarianceState:
    """How pictures are moved to be compared, and what is shown of it."""

    kind: PictureMove = "fractional"
    """Of the movement: by whole pixels, by any distance, or a turn."""
    x: float = ranged(0.07, -0.25, 0.25)
    """Shift to the right, in fractions of the picture's width."""
    y: float = ranged(-0.04, -0.25, 0.25)
    """Shift downwards, in fractions of its height."""
    angle_rad: float = ranged(math.pi / 6, -math.pi, math.pi)
    """Turn, anticlockwise."""
    of: EquivarianceOf = "image"
    """Compared are pictures, or the first shown channel of the layer chosen in `LayersState`."""
    low_db: float = ranged(-80.0, -160.0, 20.0)
    """Difference shown darkest; 0 dB is the whole range."""
    high_db: float = ranged(-10.0, -160.0, 20.0)
    """Difference shown brightest."""
    page: EquivariancePage = "sweep"
    """Below the pictures: curves, the metrics over many samples, or layer by layer."""
    along: SweepDirection = "right"
    """Where to the curves' shifts go: right, down, or as far in both."""
    samples: int = ranged(1000, 1, 1_000_000)
    """Latents over which the metrics are taken."""
    seed: int = ranged(0, 0, SEED_COUNT - 1)
    """Of those latents, shifts and angles."""
