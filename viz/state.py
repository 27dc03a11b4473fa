"""Everything a user can set, as one tree of plain dataclasses.

Panels change the tree in place; `viz.motion` and `viz.requests` make something new of it. This
module imports neither torch nor any window library, so the window opens before either is needed.
Fields with a range carry it in their metadata (`limits`), where sliders and session files find it.

Signs and units: x points right and y points down; angles are in radians, positive anticlockwise
on screen; lengths on the picture are fractions of its width and height.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from viz.equivariance import PictureMove, SweepDirection
from viz.given import GivenLatent
from viz.lab.protocol import (
    MoveKind,
    NaiveUpsampling,
    OperationKind,
    SignalKind,
    SteadyKernel,
    Zoom,
)
from viz.protocol import BandLimit, MapsOf, Precision, StepName, WBasis
from viz.ranges import limits as limits  # the state's own name for it
from viz.ranges import ranged
from viz.recording.settings import RecordingState, SlitScanState
from viz.training.state import TrainingState
from viz.transforms import inverse_of

MAX_NETWORKS = 4
MAX_LAYERS = 64
MAX_DIRECTIONS = 12
MAX_COMPONENTS = 4096
"""Of w that can be edited one by one."""
SEEDS_PER_ROW = 100
SEED_COUNT = 2**32

Theme = Literal["dark", "light"]
Noise = Literal["const", "random", "none"]
MotionShape = Literal["swing", "loop"]
Show = Literal["side", "split", "difference", "atlas"]
SpectrumSource = Literal["image", "layer"]
SpectrumPage = Literal["spectrum", "aliasing", "filters"]
SpectrumTaken = Literal["now", "average"]
SpectrumAgainst = Literal["nothing", "frozen", "network", "data"]
EquivarianceOf = Literal["image", "layer"]
EquivariancePage = Literal["sweep", "metric", "layers"]


@dataclass(slots=True)
class NetworkSlot:
    """One of the networks shown side by side."""

    source: str
    """A `.safetensors` file, a run folder (its newest network), or `bundled:NAME`."""
    label: str = ""
    """What the window calls it; empty: a name made of the source."""
    changes: list[LayerChangeState] = field(default_factory=list)
    """What single layers of it do differently."""
    own: Inputs | None = None
    """Its own place and transform once it has been unlocked; None: those of all locked ones."""


@dataclass(slots=True)
class LatentState:
    """Where in latent space every network stands; all of them get the same z (locked)."""

    x: float = ranged(0.0, -1e9, 1e9)
    """Position on the seed grid: seed = x + 100 y; between seeds their w are blended."""
    y: float = ranged(0.0, -1e8, 1e8)
    animate: bool = False
    """Travel along x over the seed grid."""
    speed: float = ranged(0.25, -10.0, 10.0)
    """Seeds a second of that travel."""
    walk: bool = False
    """Circle around the place in W along a small closed loop."""
    walk_radius: float = ranged(0.5, 0.0, 3.0)
    """Radius of the loop, in deviations of each network's own W."""
    walk_period_s: float = ranged(8.0, 0.5, 120.0)
    """Seconds for one round."""
    walk_phase: float = ranged(0.0, 0.0, 1.0)
    """How far around the loop, in rounds."""
    walk_seed: int = ranged(0, 0, 10_000)
    """Chooses the plane in W in which the loop lies."""
    class_index: int = ranged(-1, -1, 100_000)
    """The class drawn by networks that have classes; -1: no class vector (all zero)."""
    other_class: int = ranged(-1, -1, 100_000)
    """A second class, mixed in by `class_blend`."""
    class_blend: float = ranged(0.0, 0.0, 1.0)
    """0: the first class alone, 1: the second."""
    given: list[GivenLatent] = field(default_factory=list)
    """At most one: a latent from elsewhere, which stands in the place of the seeds."""
    noise: Noise = "const"
    """Per-pixel noise of StyleGAN2; the others have none."""


@dataclass(slots=True)
class TruncationState:
    """Pulls w towards the network's mean w."""

    psi: float = ranged(1.0, -1.0, 2.0)
    """1: untouched, 0: the mean."""
    cutoff: int | None = ranged(None, 0, 64)
    """Only the first so many layers are truncated; None: all of them."""


@dataclass(slots=True)
class StyleMixState:
    """Layers that take the w of a second seed."""

    on: bool = False
    seed: int = ranged(1, 0, SEED_COUNT - 1)
    layers: list[int] = field(default_factory=list)
    """Indices into ws, 0 the coarsest."""


@dataclass(slots=True)
class DirectionState:
    """A step along one principal direction of each network's W."""

    name: str = ""
    component: int = ranged(0, 0, 63)
    """Which principal direction, 0 the one along which w differ most."""
    amount: float = ranged(0.0, -10.0, 10.0)
    """In deviations of w along that direction."""
    first_layer: int = ranged(0, 0, MAX_LAYERS - 1)
    last_layer: int = ranged(MAX_LAYERS - 1, 0, MAX_LAYERS - 1)


@dataclass(slots=True)
class WRowState:
    """Offsets on one entry of ws."""

    layer: int = ranged(0, 0, MAX_LAYERS - 1)
    """Index into ws, 0 the coarsest."""
    basis: WBasis = "principal"
    offsets: list[float] = field(default_factory=list, metadata={"low": -10.0, "high": 10.0})
    """In deviations of each network's w along each component, from the first on."""


@dataclass(slots=True)
class WEditState:
    """W painted by hand: offsets by layer and component, and how they are painted."""

    rows: list[WRowState] = field(default_factory=list)
    basis: WBasis = "principal"
    """Which components are shown and painted; offsets along the others stay."""
    brush: float = ranged(2.0, -5.0, 5.0)
    """What a painted cell's offset becomes, in deviations."""
    all_layers: bool = False
    """Paint the same components of every layer at once."""
    first: int = ranged(0, 0, MAX_COMPONENTS - 1)
    """First component shown."""
    span: float = ranged(3.0, 0.1, 20.0)
    """± so many deviations span the colour map."""


@dataclass(slots=True)
class LayerChangeState:
    """What one layer of one network does differently."""

    layer: str
    """Name as in the layer table."""
    noise: bool = True
    """StyleGAN2: whether it adds its per-pixel noise."""
    style_gain: float = ranged(1.0, -1.0, 4.0)
    """Stretches the style about that of the mean w."""
    style_offset: float = ranged(0.0, -10.0, 10.0)
    """Added to the style; styles are about 1."""
    style_channel: int = ranged(-1, -1, 100_000)
    """The one input channel that gets the offset, or -1 for all."""


@dataclass(slots=True)
class TransformState:
    """Where the input of the networks is moved to; the picture follows it."""

    x: float = ranged(0.0, -10.0, 10.0)
    """Translation to the right, in fractions of the picture's width."""
    y: float = ranged(0.0, -10.0, 10.0)
    """Translation downwards, in fractions of the picture's height."""
    angle_rad: float = ranged(0.0, -1e4, 1e4)
    """Rotation about the picture's centre, anticlockwise."""
    scale: float = ranged(1.0, 0.1, 10.0)
    """Magnification about the picture's centre."""
    shear: float = ranged(0.0, -2.0, 2.0)
    """How far a place one height below the centre is moved to the right, in heights."""
    snap: bool = False
    """Round the translation to whole pixels of each network's picture."""
    orbit: bool = False
    """Move along a circle that passes through (x, y)."""
    orbit_radius: float = ranged(0.1, 0.0, 1.0)
    """Radius of that circle, in fractions of the picture."""
    orbit_period_s: float = ranged(6.0, 0.5, 120.0)
    """Seconds for one round."""
    orbit_phase: float = ranged(0.0, 0.0, 1.0)
    """How far around the circle, in rounds."""
    spin: bool = False
    """Turn steadily."""
    spin_period_s: float = ranged(12.0, -120.0, 120.0)
    """Seconds for one turn; negative turns clockwise, 0 stands still."""

    @property
    def offset(self) -> tuple[float, float]:
        """Translation with the orbit added, in fractions of the picture."""
        if not self.orbit:
            return self.x, self.y
        turn = 2 * math.pi * self.orbit_phase
        return (
            self.x + self.orbit_radius * math.sin(turn),
            self.y + self.orbit_radius * (1 - math.cos(turn)),
        )

    @property
    def inverse_matrix(self) -> tuple[float, ...]:
        """The inverse of scale, shear, turn, then shift: 3×3, row by row, for `synthesis`."""
        return inverse_of(
            shift=self.offset, angle_rad=self.angle_rad, shear=self.shear, scale=self.scale
        )


@dataclass(slots=True)
class CanvasState:
    """How much of the plane around a picture is drawn with it."""

    extent: int = ranged(1, 1, 8)
    """Picture widths along each side, about the same centre; 1 is the picture as trained."""


@dataclass(slots=True)
class AtlasState:
    """Where one looks on the endless plane that the networks draw."""

    x: float = ranged(0.0, -1e5, 1e5)
    """Place in the middle, in picture widths right of the trained picture's middle."""
    y: float = ranged(0.0, -1e5, 1e5)
    """The same, downwards."""
    picture_px: float = ranged(256.0, 16.0, 4096.0)
    """Magnification: so wide is a picture's width on the screen, at a scale of 1."""
    angle_rad: float = ranged(0.0, -1e4, 1e4)
    """The plane turned, anticlockwise."""
    seams: bool = False
    """Draw how well the tiles join, in colours."""
    memory_mb: int = ranged(256, 16, 65536)
    """Of tiles that are kept."""
    disk_mb: int = ranged(0, 0, 1 << 20)
    """Of tiles that are kept on disk as well; 0: none are."""


@dataclass(slots=True)
class KeyframeState:
    """A place in latent space at a time, and the transform and truncation of that moment."""

    x: float = ranged(0.0, -1e9, 1e9)
    """On the seed grid, as in `LatentState`."""
    y: float = ranged(0.0, -1e8, 1e8)
    at_s: float = ranged(0.0, -3600.0, 3600.0)
    shift_x: float = ranged(0.0, -10.0, 10.0)
    """Where the input is moved to, as in `TransformState`."""
    shift_y: float = ranged(0.0, -10.0, 10.0)
    angle_rad: float = ranged(0.0, -1e4, 1e4)
    scale: float = ranged(1.0, 0.1, 10.0)
    shear: float = ranged(0.0, -2.0, 2.0)
    psi: float = ranged(1.0, -1.0, 2.0)
    """Truncation."""
    place_x: float = ranged(0.0, -1e5, 1e5)
    """Where one looks on the atlas, as in `AtlasState`; so the next three."""
    place_y: float = ranged(0.0, -1e5, 1e5)
    picture_px: float = ranged(256.0, 16.0, 4096.0)
    plane_rad: float = ranged(0.0, -1e4, 1e4)


@dataclass(slots=True)
class TimelineState:
    """A path through keyframes, and where on it the locked networks stand."""

    frames: list[KeyframeState] = field(default_factory=list)
    on: bool = False
    """Whether the path says where the networks stand."""
    moves_transform: bool = False
    """Whether the path sets the transform too."""
    moves_truncation: bool = False
    """Whether the path sets psi too."""
    moves_atlas: bool = False
    """Whether the path flies over the atlas too."""
    closed: bool = True
    """Lead from the last keyframe back to the first."""
    closing_s: float = ranged(2.0, 0.1, 3600.0)
    """Seconds for that."""
    position_s: float = ranged(0.0, 0.0, 1e6)
    """Seconds after the first keyframe."""


@dataclass(slots=True)
class Inputs:
    """What an unlocked network has of its own."""

    latent: LatentState = field(default_factory=LatentState)
    transform: TransformState = field(default_factory=TransformState)


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


@dataclass(slots=True)
class LabState:
    """What the signal lab does to which signal; frequencies in cycles/px of the input."""

    signal: SignalKind = "zone plate"
    side: Literal[32, 64, 128] = 64
    """Samples of the signal along one axis."""
    frequency: float = ranged(0.2, 0.0, 0.5)
    """Of the sine."""
    angle_rad: float = ranged(0.0, -math.pi, math.pi)
    """Direction in which the sine's waves follow each other."""
    band: float = ranged(0.35, 0.02, 0.5)
    """Highest frequency of all other signals; 0.5: all that the pixels hold."""
    noise_seed: int = ranged(0, 0, 9999)
    file: str = ""
    """Image file the picture is taken from; empty: the picture of the network looked into."""
    operation: OperationKind = "nonlinearity"
    kernel: SteadyKernel = "radial"
    """Of the convolution that is compared with the 3×3 one."""
    naive: NaiveUpsampling = "nearest"
    """The upsampling that is compared with the windowed sinc."""
    taps: int = ranged(6, 2, 12)
    """n of the windowed sinc: taps for each sample of the coarser grid."""
    cutoff: float = ranged(0.3, 0.1, 0.5)
    """Of the windowed sinc, in cycles per sample of the coarser grid."""
    radial: bool = False
    """A jinc, the same in every direction, instead of the separable sinc."""
    m: Literal[1, 2, 4] = 2
    """How many times finer the filtered nonlinearity is computed."""
    slope: float = ranged(0.0, 0.0, 1.0)
    """Of the leaky ReLU below zero; 0: ReLU."""
    move: MoveKind = "shift"
    """What the operation should commute with."""
    shift_px: float = ranged(0.3, 0.0, 2.0)
    """To the right."""
    turn_rad: float = ranged(math.radians(20), 0.0, math.pi)
    """Anticlockwise."""
    zoom: Zoom = 2
    """Magnification of the middle of the signals."""
    cut: float = ranged(0.5, 0.0, 1.0)
    """Which row the cut goes along, in fractions of the height."""


@dataclass(slots=True)
class PerformanceState:
    """On what and how precisely the networks are computed."""

    device: str = "auto"
    """`auto`, `cpu`, `cuda`, `cuda:N` or `mps`."""
    threads: int = ranged(0, 0, 1024)
    """CPU threads of the worker; 0: chosen by itself."""
    precision: Precision = "fp32"
    """Arithmetic of the synthesis."""
    draft: bool = True
    """Draw in the faster precision while the user's hand moves, in `precision` when it rests."""
    max_rate: float = ranged(60.0, 1.0, 240.0)
    """Pictures a second never exceeded while something moves."""


@dataclass(slots=True)
class ViewState:
    """How the window shows it; no influence on the pictures."""

    theme: Theme = "dark"
    ui_scale: float = ranged(1.0, 0.5, 3.0)
    """Size of text and controls, on top of the display's own scale."""
    reduced_motion: bool = False
    """No drift at the start."""
    hint: int = ranged(0, 0, 100)
    """Number of the next hint; beyond the last none is shown."""
    focus: int = ranged(-1, -1, MAX_NETWORKS - 1)
    """The one network shown, or -1 for all."""
    zoom: float = ranged(1.0, 0.05, 64.0)
    """Magnification of the pictures, 1: they fit."""
    pan_x: float = ranged(0.0, -10.0, 10.0)
    """Shift of the view, in fractions of the picture."""
    pan_y: float = ranged(0.0, -10.0, 10.0)
    show: Show = "side"
    """Pictures side by side, two in one place behind a slider, with their difference, or as parts
    of the endless plane."""
    against: int = ranged(1, -1, MAX_NETWORKS - 1)
    """The network the first one is compared with; -1: the frozen pictures."""
    split_at: float = ranged(0.5, 0.0, 1.0)
    """Where the slider between two pictures stands, in fractions of the picture."""
    difference_low_db: float = ranged(-48.0, -120.0, 0.0)
    """Difference shown darkest; 0 dB is the full scale."""
    difference_high_db: float = ranged(0.0, -120.0, 0.0)
    untransform: bool = False
    """Show the pictures with their transform undone."""
    magnifier: bool = False
    """Show the pixels around the pointer enlarged in every picture."""
    smooth: bool = False
    """Enlarge bicubically; else pixels are squares."""
    target: int = ranged(-1, -1, MAX_NETWORKS - 1)
    """The unlocked network that the input panels set; -1: all locked ones."""


@dataclass(slots=True)
class MotionState:
    """A control that moves by itself between two values."""

    field: str
    """Path of a numeric field of the state, as in `transform.scale` (see `viz.fields`)."""
    low: float = ranged(0.0, -1e9, 1e9)
    high: float = ranged(1.0, -1e9, 1e9)
    period_s: float = ranged(4.0, 0.1, 600.0)
    """Seconds for one round."""
    phase: float = ranged(0.0, 0.0, 1.0)
    """How far through the round."""
    shape: MotionShape = "swing"
    """There and back as a sine does, or from low to high and at once to low again."""


@dataclass(slots=True)
class AppState:
    """The whole tree."""

    networks: list[NetworkSlot] = field(default_factory=list)
    latent: LatentState = field(default_factory=LatentState)
    truncation: TruncationState = field(default_factory=TruncationState)
    style_mix: StyleMixState = field(default_factory=StyleMixState)
    directions: list[DirectionState] = field(default_factory=list)
    w_edit: WEditState = field(default_factory=WEditState)
    transform: TransformState = field(default_factory=TransformState)
    canvas: CanvasState = field(default_factory=CanvasState)
    atlas: AtlasState = field(default_factory=AtlasState)
    timeline: TimelineState = field(default_factory=TimelineState)
    recording: RecordingState = field(default_factory=RecordingState)
    slit_scan: SlitScanState = field(default_factory=SlitScanState)
    training: TrainingState = field(default_factory=TrainingState)
    layers: LayersState = field(default_factory=LayersState)
    spectrum: SpectrumState = field(default_factory=SpectrumState)
    equivariance: EquivarianceState = field(default_factory=EquivarianceState)
    lab: LabState = field(default_factory=LabState)
    performance: PerformanceState = field(default_factory=PerformanceState)
    view: ViewState = field(default_factory=ViewState)
    motions: list[MotionState] = field(default_factory=list)
    """Controls that move by themselves."""
    locks: list[str] = field(default_factory=list)
    """Paths of fields that no hand may change (see `viz.fields`)."""
    playing: bool = True
    """Animations run; paused, they keep their place."""

    def latent_of(self, slot: int) -> LatentState:
        """The place of the network in a slot: its own, or that of the locked ones."""
        own = self.networks[slot].own if 0 <= slot < len(self.networks) else None
        return own.latent if own is not None else self.latent

    def transform_of(self, slot: int) -> TransformState:
        """The transform of the network in a slot: its own, or that of the locked ones."""
        own = self.networks[slot].own if 0 <= slot < len(self.networks) else None
        return own.transform if own is not None else self.transform

    @property
    def edited_latent(self) -> LatentState:
        """The place that the input panels set."""
        return self.latent_of(self.view.target)

    @property
    def edited_transform(self) -> TransformState:
        """The transform that the input panels set."""
        return self.transform_of(self.view.target)


def starting_state(sources: list[str], *, reduced_motion: bool = False) -> AppState:
    """The state a first start opens with: up to four networks, locked, drifting on a small loop.

    Args:
        sources: Networks to show (see `NetworkSlot.source`); more than four are left out.
        reduced_motion: Without the drift.
    """
    state = AppState(networks=[NetworkSlot(source) for source in sources[:MAX_NETWORKS]])
    state.view.reduced_motion = reduced_motion
    state.latent.walk = not reduced_motion
    return state


def seed_at(x: float, y: float) -> int:
    """The seed nearest to a place on the seed grid."""
    return (round(x) + SEEDS_PER_ROW * round(y)) % SEED_COUNT


def blended_seeds(x: float, y: float) -> tuple[tuple[int, float], ...]:
    """The up to four seeds around a place on the grid, with bilinear weights that sum to 1.

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
