"""The state: all that a user can set, as one tree of plain dataclasses.

Panels change the tree in place; `viz.state.animation` and `viz.state.to_request` make something new
of it. This module imports neither torch nor any window library, so the window opens before either
is needed. Fields with a range carry it in their metadata (`viz.state.ranges`), where sliders and
session files find it. Larger parts stand beside what they set: `viz.state.inputs`,
`viz.state.instruments`, `viz.state.lab`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from viz.protocol.request import Precision
from viz.state.dragging import DraggingState
from viz.state.inputs import (
    MAX_NETWORKS,
    SEED_COUNT,
    CanvasState,
    DirectionState,
    Favourite,
    LatentState,
    NetworkSlot,
    StyleMixState,
    TransformState,
    TruncationState,
    WEditState,
)
from viz.state.instruments import EquivarianceState, LayersState, SpectrumState
from viz.state.lab import LabState
from viz.state.ranges import ranged
from viz.state.recording import RecordingState, SlitScanState
from viz.state.training import TrainingState

Theme = Literal["dark", "light"]
MotionShape = Literal["swing", "zigzag", "loop"]
Easing = Literal["steady", "smooth"]
Show = Literal["side", "split", "difference", "atlas", "gallery", "equivariance", "lab"]
Pace = Literal["flow", "soft", "start", "end", "steady", "hold"]


@dataclass(slots=True)
class AtlasState:
    """The view of the endless plane that the networks draw."""

    x: float = ranged(0.0, -1e5, 1e5)
    """Place in the middle, in picture widths right of the trained picture's middle."""
    y: float = ranged(0.0, -1e5, 1e5)
    """The same, downwards."""
    picture_px: float = ranged(256.0, 16.0, 4096.0)
    """Magnification: width of a picture on the screen in pixels, at a scale of 1."""
    angle_rad: float = ranged(0.0, -1e4, 1e4)
    """Turn of the plane, anticlockwise."""
    seams: bool = False
    """Colour the borders of tiles by how well they join."""
    memory_mb: int = ranged(256, 16, 65536)
    """Memory for tiles, megabytes."""
    disk_mb: int = ranged(0, 0, 16384)
    """Disk space for tiles, megabytes; 0: none are kept there."""


@dataclass(slots=True)
class GalleryState:
    """The sheet of seeds on the stage."""

    first: int = ranged(0, 0, SEED_COUNT - 1)
    """Its first seed."""
    columns: int = ranged(6, 2, 16)
    more: list[int] = field(default_factory=list, metadata={"low": 0, "high": SEED_COUNT - 1})
    """Seeds marked as having more of what a direction is to be learned of."""
    less: list[int] = field(default_factory=list, metadata={"low": 0, "high": SEED_COUNT - 1})
    marked_source: str = ""
    """The network whose pictures are marked."""


@dataclass(slots=True)
class KeyframeState:
    """A place in latent space at a time, and the transform and truncation of that moment."""

    x: float = ranged(0.0, -1e9, 1e9)
    """Position on the seed grid, as in `LatentState`."""
    y: float = ranged(0.0, -1e8, 1e8)
    at_s: float = ranged(0.0, -4000.0, 4000.0)
    shift_x: float = ranged(0.0, -10.0, 10.0)
    """Translation of the input, as in `TransformState`."""
    shift_y: float = ranged(0.0, -10.0, 10.0)
    angle_rad: float = ranged(0.0, -1e4, 1e4)
    scale: float = ranged(1.0, 0.1, 10.0)
    shear: float = ranged(0.0, -2.0, 2.0)
    psi: float = ranged(1.0, -1.0, 2.0)
    """Truncation."""
    place_x: float = ranged(0.0, -1e5, 1e5)
    """View of the atlas, as in `AtlasState`; so the next three."""
    place_y: float = ranged(0.0, -1e5, 1e5)
    picture_px: float = ranged(256.0, 16.0, 4096.0)
    plane_rad: float = ranged(0.0, -1e4, 1e4)
    pace: Pace = "flow"
    """How the way to the next keyframe is travelled: without stopping, slowly at both ends, at the
    start or at the end, straight and steady, or not at all until its time has come."""


@dataclass(slots=True)
class TimelineState:
    """A path through keyframes, and the place of the locked networks on it."""

    frames: list[KeyframeState] = field(default_factory=list)
    on: bool = False
    """The path sets the place of the locked networks."""
    moves_transform: bool = False
    """The path sets the transform too."""
    moves_truncation: bool = False
    """The path sets psi too."""
    moves_atlas: bool = False
    """The path flies over the atlas too."""
    closed: bool = True
    """Lead from the last keyframe back to the first."""
    closing_s: float = ranged(2.0, 0.001, 4000.0)
    """Seconds for the way from the last keyframe back to the first."""
    position_s: float = ranged(0.0, 0.0, 1e6)
    """Seconds after the first keyframe."""
    zoom: float = ranged(1.0, 1.0, 64.0)
    """Magnification of the time axis; 1: the whole path is seen."""
    from_s: float = ranged(0.0, 0.0, 1e6)
    """Time at the left end of the axis, after the first keyframe."""


@dataclass(slots=True)
class PerformanceState:
    """Device and precision of the computation."""

    device: str = "auto"
    """`auto`, `cpu`, `cuda`, `cuda:N` or `mps`."""
    threads: int = ranged(0, 0, 256)
    """CPU threads of the worker; 0: chosen by itself."""
    precision: Precision = "fp32"
    """Arithmetic of the synthesis."""
    draft: bool = True
    """Render in the faster precision while the user's hand moves, in `precision` when it rests."""
    max_rate: float = ranged(60.0, 1.0, 240.0)
    """Pictures a second never exceeded while something moves."""


@dataclass(slots=True)
class ViewState:
    """Look of the window, without influence on the pictures."""

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
    """Pictures side by side, two in one place behind a slider, with their difference, as parts of
    the endless plane, or a sheet of seeds; or an instrument in their place."""
    against: int = ranged(1, -1, MAX_NETWORKS - 1)
    """The network the first one is compared with; -1: the frozen pictures."""
    split_at: float = ranged(0.5, 0.0, 1.0)
    """Position of the slider between two pictures, in fractions of the picture."""
    difference_low_db: float = ranged(-48.0, -120.0, 0.0)
    """Difference shown darkest; 0 dB is the full scale."""
    difference_high_db: float = ranged(0.0, -120.0, 0.0)
    untransform: bool = False
    """Show the pictures with their transform undone."""
    magnifier: bool = False
    """Show the pixels around the pointer enlarged in every picture."""
    squares: bool = False
    """Show pixels as squares however little they are enlarged; else only from close by."""
    free_axes: bool = False
    """Every chart fits its own curves; else all networks have the same axes."""
    target: int = ranged(-1, -1, MAX_NETWORKS - 1)
    """The unlocked network that the input panels set; -1: all locked ones."""


@dataclass(slots=True)
class MotionState:
    """A control that moves by itself between two values."""

    field: str
    """Path of a numeric field of the state, as in `transform.scale` (see `viz.state.paths`)."""
    low: float = ranged(0.0, -1e9, 1e9)
    high: float = ranged(1.0, -1e9, 1e9)
    period_s: float = ranged(4.0, 0.01, 4000.0)
    """Seconds for one round."""
    phase: float = ranged(0.0, 0.0, 1.0)
    """Position in the round, 0…1."""
    shape: MotionShape = "swing"
    """There and back as a sine or steadily, or from low to high and at once to low again."""


@dataclass(slots=True)
class AppState:
    """The whole state."""

    networks: list[NetworkSlot] = field(default_factory=list)
    latent: LatentState = field(default_factory=LatentState)
    truncation: TruncationState = field(default_factory=TruncationState)
    style_mix: StyleMixState = field(default_factory=StyleMixState)
    directions: list[DirectionState] = field(default_factory=list)
    w_edit: WEditState = field(default_factory=WEditState)
    transform: TransformState = field(default_factory=TransformState)
    canvas: CanvasState = field(default_factory=CanvasState)
    atlas: AtlasState = field(default_factory=AtlasState)
    gallery: GalleryState = field(default_factory=GalleryState)
    favourites: list[Favourite] = field(default_factory=list)
    """Places kept by the user, in their order; no part of sessions."""
    timeline: TimelineState = field(default_factory=TimelineState)
    recording: RecordingState = field(default_factory=RecordingState)
    slit_scan: SlitScanState = field(default_factory=SlitScanState)
    dragging: DraggingState = field(default_factory=DraggingState)
    training: TrainingState = field(default_factory=TrainingState)
    layers: LayersState = field(default_factory=LayersState)
    spectrum: SpectrumState = field(default_factory=SpectrumState)
    equivariance: EquivarianceState = field(default_factory=EquivarianceState)
    lab: LabState = field(default_factory=LabState)
    performance: PerformanceState = field(default_factory=PerformanceState)
    view: ViewState = field(default_factory=ViewState)
    motions: list[MotionState] = field(default_factory=list)
    """Controls that move by themselves."""
    easing: Easing = "steady"
    """`smooth`: what goes in rounds is at rest where each round begins."""
    locks: list[str] = field(default_factory=list)
    """Paths of fields that no hand may change (see `viz.state.paths`)."""
    playing: bool = True
    """Animations run; paused, they keep their place."""

    def latent_of(self, slot: int) -> LatentState:
        """Return the place of the network in a slot: its own, or that of the locked ones."""
        own = self.networks[slot].own if 0 <= slot < len(self.networks) else None
        return own.latent if own is not None else self.latent

    def transform_of(self, slot: int) -> TransformState:
        """Return the transform of the network in a slot: its own, or that of the locked ones."""
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
    """Make the state of a first start: up to four networks, locked, drifting on a small loop.

    Args:
        sources: Networks to show (see `NetworkSlot.source`); more than four are left out.
        reduced_motion: Without the drift.
    """
    state = AppState(networks=[NetworkSlot(source) for source in sources[:MAX_NETWORKS]])
    state.view.reduced_motion = reduced_motion
    state.latent.walk = not reduced_motion
    return state
