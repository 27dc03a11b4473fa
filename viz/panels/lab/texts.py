"""Texts of the signal lab about signals, operations, and the two ways to compute them.

Equations follow Karras et al. 2021, section 2: Z are samples, z is the continuous signal that they
represent, F acts on samples, f on signals, ψ is an ideal low-pass filter, t is a transform.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from viz.protocol.lab import OperationKind, SignalKind
    from viz.state.lab import LabState


@dataclass(frozen=True, slots=True)
class Explained:
    """Explanation of an operation."""

    button: str
    equation: str
    words: str
    """Two sentences."""


OPERATIONS: dict[OperationKind, Explained] = {
    "convolution": Explained(
        "Convolve",
        "F(Z) = K ∗ Z     f(z) = K ∗ z",
        "A kernel acts on the continuous signal itself: it makes no new frequencies and commutes"
        " with every shift. To commute with turns as well it must look the same in every direction,"
        " be it 1×1 or radially symmetric.",
    ),
    "upsampling": Explained(
        "Upsample",
        "F(Z) = ψ ∗ ↑2 Z     f(z) = z",
        "The signal should stay the same, but zeros between samples add images of its spectrum"
        " around every multiple of the old rate. Only a good low-pass filter removes them; what"
        " is left of them stays with the pixels when the signal moves.",
    ),
    "downsampling": Explained(
        "Downsample",
        "F(Z) = ↓2 (ψ ∗ Z)     f(z) = ψ ∗ z",
        "Half the samples hold half the frequencies: everything above ¼ cycle per pixel folds back"
        " to a wrong, lower frequency, which moves wrongly too. A low-pass filter takes it out"
        " before it can.",
    ),
    "nonlinearity": Explained(
        "Nonlinearity",
        "F(Z) = ↓m (ψ ∗ σ(ψ ∗ ↑m Z))     f(z) = ψ ∗ σ(z)",
        "The corner of a ReLU makes frequencies without limit, and those above ½ cycle per pixel"
        " fold back and stick to the grid. Computed m times finer most of them still fit, and a"
        " low-pass filter takes them out on the way back.",
    ),
}

SIGNALS: dict[SignalKind, tuple[str, str]] = {
    "impulse": (
        "Impulse",
        "One bright point: every frequency up to the band limit, all equally strong.",
    ),
    "zone plate": (
        "Zone plate",
        "Rings that become finer outwards: every frequency has its own place.",
    ),
    "sine": ("Sine", "A plane wave of one frequency and direction."),
    "noise": ("Noise", "Random values: every frequency, everywhere."),
    "channel": (
        "Channel",
        "The first feature map shown under Layers, as it is now; a double click there chooses one.",
    ),
    "picture": ("Picture", "The picture of the inspected network, or an image file, in grey."),
}

SYMBOLS = (
    "Z: samples, z: the continuous signal they stand for. F acts on samples, f on signals, t moves"
    " (shifts or turns); an operation is free of aliasing when f(t(z)) = t(f(z)).\n\n"
    "∗ convolution · ψ low-pass filter · σ ReLU, leaky or not · ↑m zeros between samples, m times"
    " as many · ↓m every m-th sample"
)


def lane_names(lab: LabState) -> tuple[str, str]:
    """Return the names of the two ways to compute the chosen operation."""
    match lab.operation:
        case "convolution":
            return "3×3", lab.kernel
        case "upsampling":
            return lab.naive, f"{_filter(lab)} n = {lab.taps}"
        case "downsampling":
            return "every 2nd", f"{_filter(lab)} n = {lab.taps}"
        case _:
            return "naive", f"filtered, {lab.m}×"


def _filter(lab: LabState) -> str:
    return "jinc" if lab.radial else "sinc"
