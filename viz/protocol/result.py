"""Results of the render worker: frozen, picklable, plain data.

Results hold NumPy arrays of their own: nothing in them is overwritten later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from viz.protocol.equivariance import EquivarianceView
from viz.protocol.request import IDENTITY, MapsOf, Precision, Request, StepName


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One line of the layer table; rates and frequencies are per picture width."""

    name: str
    channels: int
    height: int
    width: int
    sampling_rate: float
    cutoff: float
    stopband: float | None
    """Frequency at which the filter reaches its attenuation; None for StyleGAN2."""
    critical: bool
    up: int = 1
    """Upsampling before the nonlinearity."""
    down: int = 1
    """Downsampling after it."""
    style_channels: int = 0
    """Channels of its style; 0: it takes none."""
    has_noise: bool = False
    """Whether the layer adds per-pixel noise."""
    inner_rate: float = 0.0
    """The temporary rate at which the nonlinearity is applied; 0 where there is none."""
    radial: bool = False
    """Whether the down-filter is radially symmetric, its pass band a disc."""
    steps: tuple[StepName, ...] = ()
    """Inner steps that can be looked at, in order."""


@dataclass(frozen=True, slots=True)
class LayerFigures:
    """Statistics of a layer's output over all of its channels."""

    dtype: str
    """As in `float32`."""
    mean: float
    std: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class NetworkSummary:
    """Description of a loaded network."""

    kind: str
    """`stylegan2`, `stylegan3-t` or `stylegan3-r`."""
    resolution: int
    """Side of square pictures in pixels; of others what rates and transforms count in."""
    z_dim: int
    c_dim: int
    w_dim: int
    num_ws: int
    parameter_count: int
    path: str
    """The file it was loaded from (for a folder: the newest in it)."""
    facts: tuple[tuple[str, str], ...]
    """The lines of its card, as in ("Kind", "StyleGAN3-R")."""
    equivariance_db: tuple[tuple[str, float], ...]
    """As in ("EQ-T", 60.2), as far as the file says."""
    layers: tuple[LayerRow, ...]
    """In drawing order."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of its pictures in pixels."""
        return self.layers[-1].height, self.layers[-1].width

    @property
    def size_text(self) -> str:
        """The size for a heading, as in 256² or 512×288, width first."""
        height, width = self.size
        return f"{width}²" if width == height else f"{width}×{height}"


@dataclass(frozen=True, slots=True, eq=False)
class FeatureMaps:
    """Chosen channels of one layer."""

    layer: str
    first_channel: int
    maps: NDArray[np.float32]
    """[channels, height, width]; the mean or the largest magnitude is one, principal components
    are three, each in its own deviations."""
    mean: float
    """Statistics over all channels of the layer, as are the next three."""
    std: float
    low: float
    high: float
    total_channels: int
    of: MapsOf = "channels"


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """A power spectrum, whitened, centred."""

    layer: str
    """Empty: of the picture."""
    power_db: NDArray[np.float32]
    """[n, n] in dB, zero frequency at [n//2, n//2]; both axes span ± rate/2."""
    radial_db: NDArray[np.float32]
    """[m] dB, power averaged over rings; frequencies 0…rate/2, at (i + ½)/m · rate/2."""
    rate: float
    """Sampling rate, in samples per picture width."""
    cutoff: float
    """In cycles per picture width; rate/2 for the picture."""
    stopband: float | None
    step: StepName | None = None
    """After this step inside the layer; None: of its output."""
    radial: bool = False
    """Whether the pass band is a disc instead of a square."""
    nyquist: float = 0.0
    """Half the layer's own sampling rate, in cycles per picture width; after a step at another
    rate it lies inside the spectrum."""
    inner_rate: float = 0.0
    """The temporary rate inside the layer's nonlinearity; 0: none."""
    outside_db: float | None = None
    """Energy outside the pass band over all of it but the mean; None where nothing can be."""
    planes: int = 0
    """Channels, or pictures times colours, averaged over."""


@dataclass(frozen=True, slots=True)
class StepLevel:
    """The signal after one step of a layer; frequencies in cycles per picture width."""

    layer: str
    step: StepName
    above_db: float | None
    """Energy above the limit over all of it but the mean; None where its samples hold no
    frequency above the limit."""
    limit: float
    rate: float
    """Samples per picture width."""
    latents: int = 1
    """Latents over which the energies are summed."""
    interval_db: tuple[float, float] | None = None
    """95 % interval of `above_db`; None for a single latent."""


@dataclass(frozen=True, slots=True, eq=False)
class FilterView:
    """One filter of a layer, with what was measured on it; frequencies as in the layer table."""

    factor: int
    """By which it changes the sampling rate."""
    rate: float
    """Sampling rate it runs at."""
    taps: NDArray[np.float32]
    """[k], or [k, k] for a radial one."""
    gain_db: NDArray[np.float32]
    """[n] along an axis, from 0 to rate/2, both included."""
    map_db: NDArray[np.float32] | None
    """[m, m] for a radial one, 0 at [m//2, m//2], spanning ± rate/2."""
    cutoff: float | None
    """Measured: −6 dB."""
    passed_to: float | None
    """Measured: −1 dB, where the transition band begins."""
    stopped_from: float | None
    """Measured: where the transition band ends, the attenuation being reached."""
    attenuation_db: float
    """Measured: at least so far is all from the stop edge on kept down."""
    designed_cutoff: float
    stop_edge: float
    """Designed: cutoff and half the transition band; StyleGAN2: where the copies begin."""
    designed_attenuation_db: float | None
    """By Kaiser's formula; None for a filter that was not designed so."""


@dataclass(frozen=True, slots=True, eq=False)
class LayerFilters:
    """The filters around a layer's nonlinearity; None where there is none."""

    layer: str
    up: FilterView | None
    down: FilterView | None


Quality = Literal["full", "draft"]
"""How a picture was drawn: by the network, or by a thin copy of it (`generator.drafts`)."""


@dataclass(frozen=True, slots=True, eq=False)
class NetworkResult:
    """Result of one network. With an error, everything that could not be computed is None."""

    source: str
    error: str = ""
    """One readable line, or empty."""
    notice: str = ""
    """Warning beside a picture that could be drawn: one readable line, or empty."""
    picture: NDArray[np.uint8] | None = None
    """[height, width, 4], RGBA, alpha 255."""
    summary: NetworkSummary | None = None
    maps: FeatureMaps | None = None
    spectrum: Spectrum | None = None
    filters: LayerFilters | None = None
    equivariance: EquivarianceView | None = None
    strip: NDArray[np.uint8] | None = None
    """[layers, strip_px, strip_px]: a lively channel of every layer, mid-grey is zero."""
    figures: tuple[LayerFigures, ...] = ()
    """Statistics of every layer in drawing order, where the strip was asked for."""
    scores: NDArray[np.float32] | None = None
    """[num_ws, components]: the ws from the mean, in deviations of w along each component."""
    mapping_ms: float = 0.0
    synthesis_ms: float = 0.0
    precision: Precision = "fp32"
    """Precision that the picture was drawn in."""
    quality: Quality = "full"
    transform: tuple[float, ...] = IDENTITY
    """The inverse transform it was drawn with."""
    extent: int = 1
    """Picture widths along each side of the picture."""
    z: NDArray[np.float32] | None = None
    """[seeds, z_dim]: the z of the seeds of its place."""
    ws: NDArray[np.float32] | None = None
    """[num_ws, w_dim]: what the synthesis took."""

    @property
    def units(self) -> tuple[float, float]:
        """Height and width of the picture in the length that transforms count in."""
        if self.summary is None:
            return float(self.extent), float(self.extent)
        height, width = self.summary.size
        unit = self.summary.resolution
        return self.extent * height / unit, self.extent * width / unit


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """The answer to a request, one entry per network, in its order."""

    request: Request
    networks: tuple[NetworkResult, ...]
    total_ms: float
    """Time in the renderer."""
    device: str = ""
    """Device that computed it, as in `cpu, 2 threads`."""
    missing_kernels: str = ""
    """Reason why no native kernels were used, so that it was slow; empty: they were."""
    read_networks: bool = False
    """Networks were read for it first: its times say nothing about pictures."""
    latency_ms: float = 0.0
    """From handing in the request to the result's arrival; 0 without a worker."""


EventKind = Literal[
    "starting", "ready", "compiling", "compiled", "loading", "loaded", "crashed", "held"
]


@dataclass(frozen=True, slots=True)
class WorkerEvent:
    """Something the worker has to say besides results.

    starting: a process is being started (also again after a crash).
    ready:    it takes requests.
    compiling, compiled: the kernels are being compiled, once on a machine; they are there.
    loading, loaded: a network is being read; it is there (or its error is in the result).
    crashed:  the process died; it is started again after a pause.
    held:     one request has crashed it three times and is not tried again until it changes.
    """

    kind: EventKind
    message: str
    """One readable line for the status bar; empty where there is nothing to say."""
    fraction: float | None = None
    """While loading, how much has been read, 0…1; None while not known."""
    source: str = ""
    """The network that is being read, or has been."""


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """State of one network's picture while it is being drawn."""

    request: Request
    slot: int
    network: NetworkResult
    """A draft."""


@dataclass(frozen=True, slots=True)
class LiveEq:
    """EQ-T of what a network shows, measured on the side."""

    slot: int
    source: str
    db: float
    """Infinite without any difference."""
    shots: int
    """Translations pooled."""
