"""Figures that the paper reports, to be shown beside one's own: nothing here was measured here.

Karras et al. 2021, "Alias-Free Generative Adversarial Networks": the ablation on FFHQ-U at 256²
(figure 3 and its table), and the main table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generator.config import Kind


@dataclass(frozen=True)
class PaperFigures:
    """The paper's values for one configuration: equivariance in dB, None where it has none."""

    fid: float
    eq_t: float | None = None
    eq_t_frac: float | None = None
    eq_r: float | None = None


ABLATION: dict[str, PaperFigures] = {
    "A": PaperFigures(5.14),
    "B": PaperFigures(4.79, 16.23, 16.28, 10.81),
    "C": PaperFigures(4.54, 15.81, 15.84, 10.84),
    "D": PaperFigures(5.21, 19.47, 19.57, 10.41),
    "E": PaperFigures(6.02, 24.62, 24.70, 10.97),
    "F": PaperFigures(6.35, 30.60, 30.68, 10.81),
    "G": PaperFigures(4.78, 43.90, 42.24, 10.84),
    "H": PaperFigures(4.64, 45.20, 42.78, 10.61),
    "T": PaperFigures(4.62, 63.01, 46.40, 13.12),
    "R": PaperFigures(4.50, 66.65, 45.92, 40.48),
}
"""By configuration, FFHQ-U at 256²."""

SYSTEMS: dict[Kind, PaperFigures] = {
    "stylegan2": ABLATION["B"],
    "stylegan3-t": ABLATION["T"],
    "stylegan3-r": ABLATION["R"],
}
"""The three systems in that ablation, the only place with all three metrics of equivariance. What
the paper calls StyleGAN2 in its tables starts from Fourier features: configuration B."""

MAIN_TABLE: dict[str, tuple[PaperFigures, PaperFigures, PaperFigures]] = {
    data: tuple(PaperFigures(fid, eq_t, None, eq_r) for fid, eq_t, eq_r in systems)  # type: ignore[misc]
    for data, systems in {
        "FFHQ-U 1024²": ((3.79, 15.89, 10.79), (3.67, 61.69, 13.95), (3.66, 64.78, 47.64)),
        "FFHQ 1024²": ((2.70, 13.58, 10.22), (2.79, 61.21, 13.82), (3.07, 64.76, 46.62)),
        "MetFaces-U 1024²": ((18.98, 18.77, 13.19), (18.75, 64.11, 16.63), (18.75, 66.34, 48.57)),
        "MetFaces 1024²": ((15.22, 16.39, 12.89), (15.11, 65.23, 16.82), (15.33, 64.86, 46.81)),
        "AFHQv2 512²": ((4.62, 13.83, 11.50), (4.04, 60.15, 13.51), (4.40, 64.89, 40.34)),
        "Beaches 512²": ((5.03, 15.73, 12.69), (4.32, 59.33, 15.88), (4.57, 63.66, 37.42)),
    }.items()
}
"""By data set: StyleGAN2, StyleGAN3-T and StyleGAN3-R."""
