"""The paper's way from StyleGAN2 to StyleGAN3, one change at a time, as architectures.

Karras et al. 2021, "Alias-Free Generative Adversarial Networks", section 3 and figure 3:
configurations A to R, and T with other filters. Without PyTorch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from generator.ablation.paper_figures import ABLATION, PaperFigures
from generator.config import NetworkConfig, octave_layers

_STYLEGAN2: dict[str, Any] = {"kind": "stylegan2", "map_depth": 8}
_T: dict[str, Any] = {"kind": "stylegan3-t"}
_OCTAVES: dict[str, Any] = {**_T, "sampling": "octaves", "input_transform": False}


@dataclass(frozen=True)
class Variant:
    """One network of the ablation."""

    name: str
    """The paper's letter; for T with other filters, T and what differs."""
    change: str
    """Against the one before; for T with other filters, against T."""
    options: tuple[tuple[str, Any], ...]
    """Fields of `NetworkConfig` that differ from its defaults."""
    all_critical: bool = False
    """Every layer of octaves is sampled critically, not only the last two."""

    @property
    def paper(self) -> PaperFigures | None:
        """The paper's values, on other data and after training; None where it has none."""
        return ABLATION.get(self.name)

    def config(self, **sizes: int) -> NetworkConfig:
        """The architecture; `sizes` are resolution, channel_base, z_dim and the like.

        Raises:
            ValueError: a size is out of range.
        """
        options = {**sizes, **dict(self.options)}
        if options.get("sampling") == "octaves":
            options["layers"] = octave_layers(options.get("resolution", 256))
            if self.all_critical:
                options["critical_layers"] = options["layers"]
        return NetworkConfig.from_dict(options)


def _variant(name: str, change: str, all_critical: bool = False, **options: Any) -> Variant:
    return Variant(name, change, tuple(options.items()), all_critical)


VARIANTS = (
    _variant("A", "StyleGAN2, from a learned constant", **_STYLEGAN2, input="const"),
    _variant("B", "Fourier features instead of the constant", **_STYLEGAN2, input="fourier"),
    _variant("C", "no noise inputs", **_STYLEGAN2, input="fourier"),
    _variant(
        "D",
        "simplified generator: mapping of 2 layers, no skips, inputs of layers normalised",
        **_OCTAVES,
        all_critical=True,
        margin=0,
        upsampling_filter="bilinear",
        filter_size=2,
        lrelu_upsampling=1,
    ),
    _variant(
        "E",
        "margins of 10 samples; windowed sinc (n = 6) for upsampling",
        **_OCTAVES,
        all_critical=True,
        lrelu_upsampling=1,
    ),
    _variant("F", "filtered nonlinearities (m = 2)", **_OCTAVES, all_critical=True),
    _variant("G", "cutoffs below half the sampling rate, but for the last layers", **_OCTAVES),
    _variant(
        "H", "Fourier features turned and moved by w", **{**_OCTAVES, "input_transform": True}
    ),
    _variant("T", "flexible layers: cutoffs grow from layer to layer", **_T),
    _variant("R", "1×1 convolutions, radial filters, twice the channels", kind="stylegan3-r"),
    _variant("T, n = 4", "shorter filters", **_T, filter_size=4),
    _variant("T, n = 8", "longer filters", **_T, filter_size=8),
    _variant("T, m = 1", "no oversampling of the nonlinearity", **_T, lrelu_upsampling=1),
    _variant("T, m = 4", "more oversampling of the nonlinearity", **_T, lrelu_upsampling=4),
)
"""A to R, then T (n = 6, m = 2) with other filters."""


def chosen_variants(names: tuple[str, ...]) -> tuple[Variant, ...]:
    """Variants by name; all of them without any.

    Raises:
        ValueError: there is none of such a name.
    """
    by_name = {one.name: one for one in VARIANTS}
    for name in names:
        if name not in by_name:
            known = "; ".join(by_name)
            raise ValueError(f"no configuration is called {name:.20}; there are {known}")
    return tuple(by_name[name] for name in names) or VARIANTS
