"""Hyperparameters of StyleGAN2 and StyleGAN3-T/R."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from generator import shapes

Kind = Literal["stylegan2", "stylegan3-t", "stylegan3-r"]
InputKind = Literal["fourier", "const"]
Architecture = Literal["skip", "resnet", "orig"]
Sampling = Literal["flexible", "octaves"]
UpsamplingFilter = Literal["sinc", "bilinear"]
Activation = Literal[
    "lrelu", "relu", "linear", "tanh", "sigmoid", "elu", "selu", "softplus", "swish"
]


LR_MULTIPLIER = 0.01
"""Learning rate of the mapping network relative to the synthesis network's."""


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """Hyperparameters of a generator; the defaults are those of the papers.

    Raises:
        ValueError: a field is out of range; the message names it.
    """

    kind: Kind = "stylegan3-t"
    """Which system: StyleGAN2, or StyleGAN3 in its translation or rotation configuration."""
    resolution: int = 256
    """Width and height of the picture in pixels, a power of two. Of a picture of another `size` the
    pixels of the length in which frequencies, sampling rates and transforms are counted."""
    size: tuple[int, int] | None = None
    """Height and width of the picture in pixels where they are not both `resolution`: multiples of
    the distance of the coarsest layer's samples."""
    z_dim: int = 512
    """Numbers in the latent z."""
    c_dim: int = 0
    """Numbers in the class label, 0 for an unconditional network."""
    img_channels: int = 3
    """Channels of the pictures: 1 for grey, 3 for colours, 4 for colours and opacity."""
    w_dim: int = 512
    """Numbers in the intermediate latent w."""
    map_depth: int | None = None
    """Fully connected layers from z to w; None takes the paper's: 8 for StyleGAN2, else 2."""
    embed_features: int | None = None
    """Numbers that the mapping network makes of a class label; None for `w_dim`."""
    layer_features: int | None = None
    """Outputs of the mapping network's layers before the last; None for `w_dim`."""
    class_features: int | None = None
    """StyleGAN-XL: numbers in the description of a class, a table of constants from which the label
    is embedded, with a mean w for each class; None where labels are embedded themselves."""
    channel_base: int = 32768
    """Channels times resolution, before the doubling that -R does itself."""
    channel_max: int = 512
    """Most channels of any layer, before the doubling that -R does itself."""
    channels: tuple[int, ...] | None = None
    """Channels at every resolution from 4 (StyleGAN2) or of every layer but toRGB (StyleGAN3) where
    `channel_base` and `channel_max` do not tell them; nothing doubles these."""
    clamp: float | None = 256.0
    """Activations are limited to plus and minus this value; None for no limit."""

    input: InputKind = "fourier"
    """StyleGAN2: start from Fourier features (config B) or from a learned 4x4 constant."""
    architecture: Architecture = "skip"
    """StyleGAN2: how blocks combine: image skips, residual blocks, or neither."""
    activation: Activation = "lrelu"
    """StyleGAN2: nonlinearity of the convolutions, one of `ops.bias_act`."""

    layers: int = 14
    """StyleGAN3: layers between the Fourier features and toRGB."""
    critical_layers: int = 2
    """StyleGAN3: last layers sampled critically (cutoff at half the sampling rate)."""
    first_cutoff: float = 2.0
    """StyleGAN3: cutoff of the first layer, cycles per picture."""
    first_stopband: float = 2.0**2.1
    """StyleGAN3: where the first layer's filter begins to stop, cycles per picture."""
    last_stopband_rel: float = 2.0**0.3
    """StyleGAN3: the last layer's stopband relative to its cutoff."""
    margin: int = 10
    """StyleGAN3: samples kept around the picture on each side."""
    margin_across: int | None = None
    """StyleGAN3: samples kept to the left and right of the picture; None for `margin`."""
    output_scale: float = 0.25
    """StyleGAN3: factor on toRGB's output."""
    filter_size: int = 6
    """StyleGAN3: taps of the low-pass filters per sample of the lower rate."""
    lrelu_upsampling: int = 2
    """StyleGAN3: oversampling around the nonlinearity."""
    kernel: int | None = None
    """StyleGAN3: side of the convolution kernels; None takes the paper's: 1 for -R, else 3."""
    radial: bool | None = None
    """StyleGAN3: radially symmetric down-filters; None takes the paper's: for -R only."""
    channel_factor: int | None = None
    """StyleGAN3: factor on the channels; None takes the paper's: 2 for -R, else 1."""
    sampling: Sampling = "flexible"
    """StyleGAN3: cutoffs that grow from layer to layer, or, as in the paper's configurations D to
    H, two layers for each octave of StyleGAN2's."""
    upsampling_filter: UpsamplingFilter = "sinc"
    """StyleGAN3: windowed sinc, or StyleGAN2's bilinear filter, for octaves only."""
    input_transform: bool = True
    """StyleGAN3: whether w turns and moves the Fourier features."""
    bands: tuple[tuple[float, float, int], ...] | None = None
    """StyleGAN3: cutoff, half the width of the transition band, and sampling rate of every layer,
    toRGB the last, for networks that grew in stages (StyleGAN-XL); None where they follow from the
    fields above."""

    def __post_init__(self) -> None:
        for name, allowed in _CHOICES.items():
            value = getattr(self, name)
            if value not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")
        for name, (low, high) in _OPTIONAL_INT_RANGES.items():
            if getattr(self, name) is not None:
                _check_int(name, getattr(self, name), low, high)
        if not isinstance(self.input_transform, bool):
            raise ValueError(
                f"input_transform must be true or false, got {self.input_transform!r:.60}"
            )
        if self.radial is not None and not isinstance(self.radial, bool):
            raise ValueError(f"radial must be true, false or nothing, got {self.radial!r:.60}")
        self._check_numbers()
        self._check_channels()
        if self.class_features is not None and not self.c_dim:
            raise ValueError("class_features goes with classes, but c_dim is 0")
        if self.kind != "stylegan2":
            self._check_stylegan3()
        self._check_size()

    def _check_numbers(self) -> None:
        for name, (low, high) in _INT_RANGES.items():
            _check_int(name, getattr(self, name), low, high)
        for name, (least, most) in _FLOAT_RANGES.items():
            value = getattr(self, name)
            if value is None and name == "clamp":
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError(f"{name} must be a number, got {value!r:.60}")
            if not least <= value <= most:
                raise ValueError(f"{name} must be {least} to {most}, got {value!s:.60}")
        if self.resolution & (self.resolution - 1):
            raise ValueError(f"resolution must be a power of two, got {self.resolution}")

    def _check_size(self) -> None:
        if self.size is None:
            return
        size = _as_tuple("size", self.size)
        if len(size) != 2:
            raise ValueError(f"size must be height and width, got {self.size!r:.60}")
        for length in size:
            _check_int("size", length, 1, MOST_COARSE * LARGEST_SIDE)
        if size[0] * size[1] > LARGEST_SIDE**2:
            raise ValueError(f"size must be at most {LARGEST_SIDE}² pixels, got {size}")
        step = self.resolution // self._coarsest_rate(self.resolution)
        if any(length % step or length > MOST_COARSE * step for length in size):
            raise ValueError(
                f"size must be multiples of {step} pixels up to {MOST_COARSE * step} for a "
                f"resolution of {self.resolution}, got {size[0]} × {size[1]}"
            )
        square = size == (self.resolution, self.resolution)
        object.__setattr__(self, "size", None if square else size)

    def _check_channels(self) -> None:
        if self.img_channels not in PICTURE_CHANNELS:
            raise ValueError(
                f"img_channels must be 1 (grey), 3 (colours) or 4 (colours and opacity), "
                f"got {self.img_channels}"
            )
        if self.channels is None:
            return
        channels = _as_tuple("channels", self.channels)
        needed = self.resolution.bit_length() - 2 if self.kind == "stylegan2" else self.layers
        if len(channels) != needed:
            raise ValueError(f"channels must be {needed} numbers, got {len(channels)}")
        for count in channels:
            _check_int("channels", count, 1, 1 << 14)
        object.__setattr__(self, "channels", channels)

    def _check_bands(self) -> None:
        bands = _as_tuple("bands", self.bands)
        if len(bands) != self.layers + 1:
            raise ValueError(f"bands must be {self.layers + 1}, got {len(bands)}")
        checked = tuple(_checked_band(band, self.resolution) for band in bands)
        if checked[-1][2] != self.resolution:
            raise ValueError(f"the last band's rate must be the resolution, got {checked[-1][2]}")
        object.__setattr__(self, "bands", checked)

    def _check_stylegan3(self) -> None:
        if self.activation != "lrelu":
            raise ValueError(f"activation must be lrelu for StyleGAN3, got {self.activation}")
        if self.resolution < 16:
            raise ValueError(f"resolution must be at least 16 for StyleGAN3, got {self.resolution}")
        if self.bands is not None:
            if self.sampling != "flexible":
                raise ValueError("bands stand instead of octaves")
            self._check_bands()
        if self.sampling == "octaves":
            self._check_octaves()
        elif self.critical_layers >= self.layers:
            raise ValueError(
                f"critical_layers must be below layers ({self.layers}), got {self.critical_layers}"
            )
        if self.upsampling_filter == "bilinear" and (
            (self.sampling, self.filter_size, self.lrelu_upsampling) != ("octaves", 2, 1)
        ):
            raise ValueError(
                "upsampling_filter bilinear goes with sampling octaves, filter_size 2 and "
                "lrelu_upsampling 1"
            )
        if self.first_cutoff >= self.resolution / 2:
            raise ValueError(
                f"first_cutoff must be below half the resolution, got {self.first_cutoff}"
            )
        if self.first_stopband <= self.first_cutoff:
            raise ValueError(
                f"first_stopband must exceed first_cutoff ({self.first_cutoff}), "
                f"got {self.first_stopband}"
            )

    def _check_octaves(self) -> None:
        if self.layers != (needed := octave_layers(self.resolution)):
            raise ValueError(
                f"layers must be {needed} for octaves up to {self.resolution}, got {self.layers}"
            )
        if self.critical_layers > self.layers:
            raise ValueError(
                f"critical_layers must be at most layers ({self.layers}), "
                f"got {self.critical_layers}"
            )

    @property
    def height(self) -> int:
        """Height of the picture in pixels."""
        return self.resolution if self.size is None else self.size[0]

    @property
    def width(self) -> int:
        """Width of the picture in pixels."""
        return self.resolution if self.size is None else self.size[1]

    @property
    def mapping_layers(self) -> int:
        """Depth of the mapping network, the paper's where `map_depth` is None."""
        if self.map_depth is not None:
            return self.map_depth
        return 8 if self.kind == "stylegan2" else 2

    @property
    def mapping_features(self) -> tuple[int, ...]:
        """Numbers that enter the mapping network's first layer, and those that leave each one."""
        embedded = (self.embed_features or self.w_dim) if self.c_dim else 0
        inner = (self.layer_features or self.w_dim,) * (self.mapping_layers - 1)
        return (self.z_dim + embedded, *inner, self.w_dim)

    @property
    def channel_multiplier(self) -> int:
        """Factor on `channel_base` and `channel_max`: -R makes up for its 1x1 kernels."""
        if self.channel_factor is not None:
            return self.channel_factor
        return 2 if self.kind == "stylegan3-r" else 1

    @property
    def conv_kernel(self) -> int:
        """Side of the convolution kernels."""
        if self.kernel is not None:
            return self.kernel
        return 1 if self.kind == "stylegan3-r" else 3

    @property
    def radial_filters(self) -> bool:
        """True for radially symmetric down-filters (except in critically sampled layers)."""
        if self.radial is not None:
            return self.radial
        return self.kind == "stylegan3-r"

    def for_pictures(
        self, *, size: tuple[int, int], c_dim: int, img_channels: int = 3
    ) -> NetworkConfig:
        """The same architecture for pictures of another size, of other channels or labels.

        Octaves bring or take their layers; where all were sampled critically, all are. Where the
        sides have no common multiple near the picture's size, the unit is smaller, and channels
        follow the size all the same.

        Args:
            size: Height and width in pixels.
            c_dim: Numbers in a label.
            img_channels: 1, 3 or 4.

        Raises:
            ValueError: its layers are laid down one by one, for one size, or there are no such
                networks.
        """
        changed = dataclasses.asdict(self) | {"c_dim": c_dim, "img_channels": img_channels}
        if size != (self.height, self.width):
            changed |= self._resized(size)
        return NetworkConfig(**changed)

    def _coarsest_rate(self, unit: int) -> int:
        """Samples per unit of the coarsest layer, for a unit of so many pixels."""
        if self.kind == "stylegan2" or self.sampling == "octaves":
            return shapes.STYLEGAN2_RATE
        if self.bands is not None:
            return min(rate for _, _, rate in self.bands)
        return int(shapes.sampling_rate(self.first_stopband, unit))

    def _resized(self, size: tuple[int, int]) -> dict[str, Any]:
        """The fields that another size asks for."""
        if self.channels or self.bands:
            raise ValueError(
                f"this network's layers are laid down one by one for {self.width}x{self.height}, "
                f"it cannot be made for {size[1]}x{size[0]}"
            )
        unit = shapes.unit_of(size, self._coarsest_rate)
        scaled = self.channel_base * shapes.full_unit((self.height, self.width)) // self.resolution
        changed: dict[str, Any] = {
            "resolution": unit,
            "size": size,
            "channel_base": max(scaled * unit // shapes.full_unit(size), 1),
        }
        if self.sampling == "octaves":
            changed["layers"] = octave_layers(unit)
            if self.critical_layers == self.layers:
                changed["critical_layers"] = changed["layers"]
        return changed

    @property
    def why_not_trained(self) -> str | None:
        """Reason why such a network cannot be trained; None where it can."""
        if self.class_features is not None:
            return "each of its classes has a mean w of its own, which trainings do not follow"
        if self.channels is not None or self.bands is not None:
            return "its layers are laid down one by one, as no preset makes them"
        return None

    def to_dict(self) -> dict[str, Any]:
        """Every field, as values that JSON can hold."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> NetworkConfig:
        """The configuration that `to_dict` described.

        Raises:
            ValueError: unknown fields, wrong types or values out of range.
        """
        if not isinstance(fields, Mapping):
            raise ValueError(f"a network configuration must be an object, got {fields!r:.60}")
        known = {field.name for field in dataclasses.fields(cls)}
        unknown = [str(name) for name in fields if name not in known]
        if unknown:
            raise ValueError(f"unknown network option {sorted(unknown)[0]!r:.60}")
        return cls(**fields)


def octave_layers(resolution: int) -> int:
    """Layers of a network that has one at 4 samples a side and two at every octave above."""
    return 2 * resolution.bit_length() - 5


def _as_tuple(name: str, values: object) -> tuple[Any, ...]:
    """Values that JSON holds as a list."""
    if not isinstance(values, tuple | list) or len(values) > _MOST_LAYERS + 1:
        raise ValueError(f"{name} must be a list of numbers, got {values!r:.60}")
    return tuple(values)


def _checked_band(band: object, resolution: int) -> tuple[float, float, int]:
    values = _as_tuple("bands", band)
    if len(values) != 3:
        raise ValueError(f"bands must be three numbers each, got {band!r:.60}")
    *widths, rate = values
    for value in widths:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"bands must be numbers, got {value!r:.60}")
        if not 0 < value <= resolution:
            raise ValueError(f"cutoff and half width must be 0 to {resolution}, got {value!s:.60}")
    _check_int("the sampling rate of a band", rate, 4, resolution)
    if rate & (rate - 1):
        raise ValueError(f"the sampling rate of a band must be a power of two, got {rate}")
    return float(widths[0]), float(widths[1]), rate


def _check_int(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name} must be a whole number, got {value!r:.60}")
    if not low <= value <= high:
        raise ValueError(f"{name} must be {low} to {high}, got {value!s:.60}")


_CHOICES: dict[str, tuple[str, ...]] = {
    "kind": get_args(Kind),
    "input": get_args(InputKind),
    "architecture": get_args(Architecture),
    "activation": get_args(Activation),
    "sampling": get_args(Sampling),
    "upsampling_filter": get_args(UpsamplingFilter),
}

PICTURE_CHANNELS = (1, 3, 4)
"""Grey, colours, colours and opacity."""

LARGEST_SIDE = 4096
"""Most pixels along a side of a square picture; others have no more pixels in all."""

MOST_COARSE = 64
"""Most samples along a side of the coarsest layer, margins not counted."""

_MOST_LAYERS = 64

_INT_RANGES: dict[str, tuple[int, int]] = {
    "resolution": (8, LARGEST_SIDE),
    "z_dim": (1, 65536),
    "c_dim": (0, 65536),
    "w_dim": (1, 65536),
    "channel_base": (1, 1 << 20),
    "channel_max": (1, 1 << 14),
    "img_channels": (1, 1 << 14),
    "layers": (2, _MOST_LAYERS),
    "critical_layers": (0, 63),
    "margin": (0, 64),
    "filter_size": (2, 32),
    "lrelu_upsampling": (1, 8),
}

_OPTIONAL_INT_RANGES: dict[str, tuple[int, int]] = {
    "map_depth": (1, 64),
    "embed_features": (1, 65536),
    "layer_features": (1, 65536),
    "class_features": (1, 65536),
    "margin_across": (0, 64),
    "kernel": (1, 9),
    "channel_factor": (1, 8),
}

_FLOAT_RANGES: dict[str, tuple[float, float]] = {
    "clamp": (1e-3, 1e9),
    "first_cutoff": (0.1, 1024.0),
    "first_stopband": (0.1, 4096.0),
    "last_stopband_rel": (1.0, 4.0),
    "output_scale": (1e-6, 1e6),
}
