"""The networks shown, and all their inputs: plain dataclasses of the state.

Signs and units: x points right and y points down; angles are in radians, positive anticlockwise
on screen; lengths on the picture are fractions of its width and height.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from viz.protocol.latent import GivenLatent
from viz.protocol.request import DirectionSource, WBasis
from viz.protocol.transforms import inverse_of
from viz.state.frozen_spectrum import FrozenSpectrum
from viz.state.ranges import ranged

MAX_NETWORKS = 4
MAX_LAYERS = 64
MAX_DIRECTIONS = 12
MAX_COMPONENTS = 4096
"""Number of components of w that can be edited one by one."""
SEEDS_PER_ROW = 100
SEED_COUNT = 2**32

Noise = Literal["const", "random", "none"]


@dataclass(slots=True)
class NetworkSlot:
    """One of the networks shown side by side."""

    source: str
    """A `.safetensors` file, a run folder (its newest network), `bundled:NAME`, or
    `average:LENGTH:RUN`, the weights of a run averaged over a share of its training."""
    label: str = ""
    """Name in the window; empty: made of the source."""
    changes: list[LayerChangeState] = field(default_factory=list)
    """Changes of single layers."""
    own: Inputs | None = None
    """Its own place and transform once it has been unlocked; None: those of all locked ones."""
    frozen: FrozenSpectrum | None = None
    """Spectrum that new ones are compared with."""


@dataclass(frozen=True, slots=True)
class ClassWeight:
    """One of several classes that are drawn together."""

    index: int = ranged(0, 0, 100_000)
    weight: float = ranged(1.0, 0.0, 1.0)


@dataclass(slots=True)
class LatentState:
    """Place in latent space of every locked network: all of them get the same z."""

    x: float = ranged(0.0, -1e9, 1e9)
    """Position on the seed grid: seed = x + 100 y; between seeds their w are blended."""
    y: float = ranged(0.0, -1e8, 1e8)
    animate: bool = False
    """The place travels along x over the seed grid."""
    speed: float = ranged(0.25, -10.0, 10.0)
    """Seeds a second of that travel."""
    walk: bool = False
    """The place drifts in W along a small closed loop."""
    walk_radius: float = ranged(0.5, 0.0, 3.0)
    """Largest distance of the loop, in deviations of each network's own W."""
    walk_period_s: float = ranged(8.0, 0.01, 4000.0)
    """Seconds for one round."""
    walk_phase: float = ranged(0.0, 0.0, 1.0)
    """Position on the loop, in rounds."""
    walk_seed: int = ranged(0, 0, 10_000)
    """Seed of the plane in W in which the loop lies, and of its curve."""
    walk_waves: int = ranged(1, 1, 8)
    """Harmonics of the loop; 1: a circle."""
    class_from_seed: bool = False
    """Networks with classes draw the class that each seed chooses, instead of the following."""
    class_index: int = ranged(0, 0, 100_000, formerly={-1: 0})
    """The class drawn by networks that have classes; formerly -1: no class, which none has seen."""
    other_class: int = ranged(-1, -1, 100_000)
    """A second class, mixed in by `class_blend`; -1: none."""
    class_blend: float = ranged(0.0, 0.0, 1.0)
    """0: the first class alone, 1: the second."""
    class_weights: list[ClassWeight] = field(default_factory=list)
    """Any classes with weights of their own, as command lines name them, in place of those two."""
    given: GivenLatent | None = None
    """A latent from elsewhere, which stands in the place of the seeds."""
    noise: Noise = "const"
    """Per-pixel noise of StyleGAN2; the others have none."""


@dataclass(frozen=True, slots=True)
class Favourite:
    """A place in latent space to come back to, with what else its picture depends on."""

    name: str = ""
    """Given by the user; empty: the place's own."""
    x: float = ranged(0.0, -1e9, 1e9)
    """Position on the seed grid, as in `LatentState`; so the others."""
    y: float = ranged(0.0, -1e8, 1e8)
    given: GivenLatent | None = None
    psi: float = ranged(1.0, -1.0, 2.0)
    class_from_seed: bool = False
    class_index: int = ranged(0, 0, 100_000)
    other_class: int = ranged(-1, -1, 100_000)
    class_blend: float = ranged(0.0, 0.0, 1.0)
    class_weights: list[ClassWeight] = field(default_factory=list)

    def __deepcopy__(self, _memo: object) -> Favourite:
        """Return itself: nothing in it can change, and undo compares copies in every frame."""
        return self


@dataclass(slots=True)
class TruncationState:
    """Truncation: w pulled towards the network's mean w."""

    psi: float = ranged(1.0, -1.0, 2.0)
    """1: untouched, 0: the mean."""
    cutoff: int | None = ranged(None, 0, 64)
    """Number of layers, from the coarsest, that are truncated; None: all of them."""


@dataclass(slots=True)
class StyleMixState:
    """Layers that take the w of a second seed."""

    on: bool = False
    seed: int = ranged(1, 0, SEED_COUNT - 1)
    layers: list[int] = field(default_factory=list)
    """Indices into ws, 0 the coarsest."""


@dataclass(slots=True)
class DirectionState:
    """A step along a direction of w: a principal one of each network's W, or one from elsewhere."""

    name: str = ""
    component: int = ranged(0, 0, 63)
    """Index of the principal direction, 0 the one along which w differ most."""
    amount: float = ranged(0.0, -10.0, 10.0)
    """Length of the step, in deviations of w along that direction."""
    first_layer: int = ranged(0, 0, MAX_LAYERS - 1)
    last_layer: int = ranged(MAX_LAYERS - 1, 0, MAX_LAYERS - 1)
    given: GivenLatent | None = None
    """A direction from elsewhere, in place of the principal one, for networks with its size."""
    source: DirectionSource = "principal"
    """`styles`: of the directions that change the styles of its layers most, in place of the
    principal ones."""
    apart: bool = False
    """Without what it has in common with the directions before it."""


@dataclass(slots=True)
class WRowState:
    """Offsets on one entry of ws."""

    layer: int = ranged(0, 0, MAX_LAYERS - 1)
    """Index into ws, 0 the coarsest."""
    basis: WBasis = "principal"
    offsets: list[float] = field(default_factory=list, metadata={"low": -10.0, "high": 10.0})
    """Offsets in deviations of each network's w along each component, from the first on."""


@dataclass(slots=True)
class WEditState:
    """W painted by hand: offsets by layer and component, and how they are painted."""

    rows: list[WRowState] = field(default_factory=list)
    basis: WBasis = "principal"
    """Components that are shown and painted; offsets along the others stay."""
    brush: float = ranged(2.0, -5.0, 5.0)
    """Offset of a painted cell, in deviations."""
    all_layers: bool = False
    """Paint the same components of every layer at once."""
    first: int = ranged(0, 0, MAX_COMPONENTS - 1)
    """First component shown."""
    span: float = ranged(3.0, 0.1, 20.0)
    """Deviations, either way, that span the colour map."""


@dataclass(slots=True)
class LayerChangeState:
    """Changes of one layer of one network."""

    layer: str
    """Name as in the layer table."""
    noise: bool = True
    """The layer adds its per-pixel noise (StyleGAN2)."""
    style_gain: float = ranged(1.0, -1.0, 4.0)
    """Factor on the distance of the style from that of the mean w."""
    style_offset: float = ranged(0.0, -10.0, 10.0)
    """Offset added to the style; styles are about 1."""
    style_channel: int = ranged(-1, -1, 100_000)
    """The one input channel that gets the offset, or -1 for all."""


@dataclass(slots=True)
class TransformState:
    """Transform of the networks' input; the picture follows it."""

    x: float = ranged(0.0, -10.0, 10.0)
    """Translation to the right, in fractions of the picture's width."""
    y: float = ranged(0.0, -10.0, 10.0)
    """Translation downwards, in fractions of the picture's height."""
    angle_rad: float = ranged(0.0, -1e4, 1e4)
    """Rotation about the picture's centre, anticlockwise."""
    scale: float = ranged(1.0, 0.1, 10.0)
    """Magnification about the picture's centre."""
    shear: float = ranged(0.0, -2.0, 2.0)
    """Shear: how far a place one height below the centre moves to the right, in heights."""
    snap: bool = False
    """Round the translation to whole pixels of each network's picture."""
    orbit: bool = False
    """The input moves along a circle that passes through (x, y)."""
    orbit_radius: float = ranged(0.1, 0.0, 1.0)
    """Radius of that circle, in fractions of the picture."""
    orbit_angle_rad: float = ranged(0.0, -1e4, 1e4)
    """Direction of that circle's centre, anticlockwise from straight down."""
    orbit_period_s: float = ranged(6.0, 0.01, 4000.0)
    """Seconds for one round."""
    orbit_phase: float = ranged(0.0, 0.0, 1.0)
    """Position on the circle, in rounds."""
    spin: bool = False
    """The input turns steadily."""
    spin_period_s: float = ranged(12.0, -4000.0, 4000.0)
    """Seconds for one turn; negative turns clockwise, 0 stands still."""

    @property
    def offset(self) -> tuple[float, float]:
        """Translation with the orbit added, in fractions of the picture."""
        if not self.orbit:
            return self.x, self.y
        turn, radius = 2 * math.pi * self.orbit_phase, self.orbit_radius
        across, along = radius * math.sin(turn), radius * (1 - math.cos(turn))
        c, s = math.cos(self.orbit_angle_rad), math.sin(self.orbit_angle_rad)
        return self.x + c * across + s * along, self.y + c * along - s * across

    @property
    def inverse_matrix(self) -> tuple[float, ...]:
        """The inverse of scale, shear, turn, then shift: 3×3, row by row, for `synthesis`."""
        return inverse_of(
            shift=self.offset, angle_rad=self.angle_rad, shear=self.shear, scale=self.scale
        )


@dataclass(slots=True)
class Inputs:
    """The own inputs of an unlocked network."""

    latent: LatentState = field(default_factory=LatentState)
    transform: TransformState = field(default_factory=TransformState)


@dataclass(slots=True)
class CanvasState:
    """Size of the canvas around a picture."""

    extent: int = ranged(1, 1, 8)
    """Picture widths along each side, about the same centre; 1 is the picture as trained."""


def seed_at(x: float, y: float) -> int:
    """Return the seed nearest to a place on the seed grid."""
    return (round(x) + SEEDS_PER_ROW * round(y)) % SEED_COUNT


def blended_seeds(x: float, y: float) -> tuple[tuple[int, float], ...]:
    """Return the up to four seeds around a place on the grid, with bilinear weights that sum to 1.

    A place on a seed gives that seed alone.
    """
    x0, y0 = math.floor(x), math.floor(y)
    fx, fy = round(x - x0, 6), round(y - y0, 6)
    corners: dict[int, float] = {}
    for dx, wx in ((0, 1 - fx), (1, fx)):
        for dy, wy in ((0, 1 - fy), (1, fy)):
            if wx * wy > 0:
                seed = seed_at(x0 + dx, y0 + dy)
                corners[seed] = corners.get(seed, 0.0) + wx * wy
    return tuple(sorted(corners.items()))
