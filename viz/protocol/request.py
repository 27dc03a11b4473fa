"""Requests of the visualizer to the renderer: frozen, picklable, plain data.

Two requests are equal when they ask for the same pictures, so an unchanged one is never sent
twice. What comes back is in `viz.protocol.result`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from viz.protocol.equivariance import EquivarianceRequest
from viz.protocol.latent import GivenLatent

Precision = Literal["fp32", "bf16"]

WBasis = Literal["axes", "principal"]
"""Components of w as they are, or along the principal directions of each network's W."""

MapsOf = Literal["channels", "mean", "max", "pca"]

StepName = Literal["input", "conv", "upsample", "nonlinearity", "downsample"]
"""Steps inside a layer, in this order; see `generator.steps`."""

BandLimit = Literal["cutoff", "stopband"]

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class LatentPoint:
    """A place in latent space that means the same to every network.

    w = Σ weight · mapping(z of seed) + deviation of W · (walk[0] · u + walk[1] · v), with
    orthonormal directions u, v in each network's W, drawn from `walk_seed` through its own mapping.
    """

    seeds: tuple[tuple[int, float], ...] = ((0, 1.0),)
    """(seed, weight), the weights summing to 1."""
    walk: tuple[float, float] = (0.0, 0.0)
    """Offset along u and v, in deviations of the network's W."""
    walk_seed: int = 0
    classes: tuple[tuple[int, float], ...] = ()
    """(class, weight) of networks with classes (modulo their number); none: each seed draws the
    class that it chooses."""
    given: GivenLatent | None = None
    """A latent as numbers in the place of the seeds, for networks with its dimensions."""


DirectionSource = Literal["principal", "styles"]


@dataclass(frozen=True, slots=True)
class WStep:
    """A step along a principal direction of W, or along one that was given."""

    component: int
    amount: float
    """In deviations of w along it."""
    first_layer: int = 0
    last_layer: int = 1 << 30
    """Included."""
    given: GivenLatent | None = None
    """A direction as numbers, in place of the principal one."""
    source: DirectionSource = "principal"
    """Where the component is from: principal directions, or the styles' weights of its layers."""
    apart: bool = False
    """Without what it has in common with the steps before it, as if they were told twice."""


@dataclass(frozen=True, slots=True)
class WOffsets:
    """Steps along the components of one entry of ws."""

    layer: int
    """Index into ws; an entry that a network lacks is left out."""
    basis: WBasis
    values: tuple[float, ...]
    """In deviations of w along each component, from the first on; those a network lacks are left
    out."""


@dataclass(frozen=True, slots=True)
class LayerChange:
    """Changes to one layer of one network."""

    layer: str
    """Name as in the layer table; one that the network lacks is left out."""
    noise: bool = True
    """StyleGAN2: whether the layer adds its noise."""
    style_gain: float = 1.0
    """Stretches the style about that of the mean w: 0 gives the mean picture's style."""
    style_offset: float = 0.0
    """Added to the style."""
    style_channel: int | None = None
    """The one input channel that gets the offset; None: all."""


@dataclass(frozen=True, slots=True)
class LayerEdits:
    """Changes to what single layers take, instead of or besides the w of the place."""

    mix_seed: int = 0
    mix_layers: tuple[int, ...] = ()
    """Entries of ws that take the w of `mix_seed`; those a network lacks are left out."""
    steps: tuple[WStep, ...] = ()
    offsets: tuple[WOffsets, ...] = ()


@dataclass(frozen=True, slots=True)
class Placement:
    """A place in latent space, and where the input is moved to."""

    latent: LatentPoint = LatentPoint()
    transform: tuple[float, ...] = IDENTITY
    """Inverse transform of the picture, 3×3 row by row, in fractions of its width and height."""
    snap: bool = False
    """Round the shift to whole pixels of the picture."""


@dataclass(frozen=True, slots=True)
class MapsRequest:
    """Feature maps of one layer of one network."""

    slot: int
    """Index into `Request.networks`."""
    layer: str
    """Name as in the layer table."""
    first_channel: int = 0
    channel_count: int = 16
    of: MapsOf = "channels"
    """Channels one by one; or over all of them their mean, the largest magnitude, or their three
    principal components as red, green and blue."""


@dataclass(frozen=True, slots=True)
class SpectrumRequest:
    """Power spectra of every network: of its picture, or of one of its layers."""

    slot: int | None = None
    """Index of the network whose `layer` is taken, of the others the layer most like it; None:
    the pictures."""
    layer: str = ""
    """Name as in the layer table; empty: the picture."""
    channels: tuple[int, int] | None = None
    """First channel and number of channels of the layer; None: all of them."""
    step: StepName | None = None
    """Inside the layer, after this step, where the layer has it; None: the layer's output."""
    beta: float = 8.0
    """Shape of the Kaiser window."""
    pad: int = 4
    """Zero-padding factor."""


@dataclass(frozen=True, slots=True)
class FiltersRequest:
    """The low-pass filters of one layer of one network."""

    slot: int
    layer: str
    """Name as in the layer table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One picture from every network, and what else to measure on the way."""

    networks: tuple[str, ...] = ()
    """Sources: file, run folder or `bundled:NAME`."""
    place: Placement = Placement()
    """Place of all networks that have none of their own."""
    own_places: tuple[tuple[int, Placement], ...] = ()
    """(index into `networks`, its place)."""
    edits: LayerEdits = LayerEdits()
    changes: tuple[tuple[int, tuple[LayerChange, ...]], ...] = ()
    """(index into `networks`, what its layers do differently)."""
    scores: WBasis | None = None
    """Components in which every network's ws are wanted; None: not wanted."""
    psi: float = 1.0
    cutoff: int | None = None
    """Truncated are the first `cutoff` entries of ws; None: all."""
    noise: Literal["const", "random", "none"] = "const"
    extent: int = 1
    """Picture widths drawn along each side, about the same centre; 1 is the trained size."""
    opacity: bool = False
    """Pictures keep the opacity their network draws, instead of a chequerboard behind them."""
    precision: Literal["fp32", "bf16", "fast"] = "fp32"
    """`fast`: whichever draws a network faster on its device; where a spectrum is taken, fp32."""
    draft: bool = False
    """Drafts are enough of networks that draw slowly: the user's hand moves. Nothing is measured on
    drafts."""
    device: str = "auto"
    threads: int = 0
    """CPU threads; 0: the renderer's choice."""
    maps: MapsRequest | None = None
    spectrum: SpectrumRequest | None = None
    filters: FiltersRequest | None = None
    equivariance: EquivarianceRequest | None = None
    strip_slot: int | None = None
    """Network whose every layer gets a thumbnail; None: no thumbnails."""
    strip_px: int = 0
    """Side of these thumbnails."""
    attempt: int = 0
    """Rises when what has failed is to be tried again."""
    id: int = field(default=0, compare=False)
    """Set by the worker, rising; results carry their request and so its id."""

    def place_of(self, slot: int) -> Placement:
        """Return the place of the network with that index."""
        return dict(self.own_places).get(slot, self.place)

    def changes_of(self, slot: int) -> tuple[LayerChange, ...]:
        """Return the changes to layers of the network with that index."""
        return dict(self.changes).get(slot, ())
