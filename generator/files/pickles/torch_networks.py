"""Makes of a module in an NVIDIA pickle a configuration and tensors by our names.

The published generators of StyleGAN2 and StyleGAN3 share their class name: the names of their
tensors tell them apart, and the arguments they were made with decide the architecture.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from generator.config import LR_MULTIPLIER, NetworkConfig
from generator.files.pickles.pickle_machine import PickleRefusedError
from generator.files.pickles.stylegan3_sizes import matched_layers, size_fields
from generator.layers import plan_stylegan3

if TYPE_CHECKING:
    from generator.files.pickles.stored import StoredModule

Array = npt.NDArray[Any]

_POSITIONAL = ("z_dim", "c_dim", "w_dim", "img_resolution", "img_channels")
_SHARED = {
    "z_dim": "z_dim",
    "c_dim": "c_dim",
    "w_dim": "w_dim",
    "img_resolution": "resolution",
    "img_channels": "img_channels",
    "channel_base": "channel_base",
    "channel_max": "channel_max",
}
_STYLEGAN3 = {
    "num_layers": "layers",
    "num_critical": "critical_layers",
    "first_cutoff": "first_cutoff",
    "first_stopband": "first_stopband",
    "last_stopband_rel": "last_stopband_rel",
    "margin_size": "margin",
    "output_scale": "output_scale",
    "filter_size": "filter_size",
    "lrelu_upsampling": "lrelu_upsampling",
}
# Shown to the user: they say how the network was trained and drawn, and change no picture here.
_REMARKS = ("num_fp16_res", "magnitude_ema_beta", "conv_clamp")
_BLOCK = re.compile(r"synthesis\.b(\d{1,4})\.")
_MAPPING_LAYER = re.compile(r"mapping\.fc(\d{1,3})\.weight")
_DEFAULT_CLAMP = 256.0


class Readable(Protocol):
    """A tensor of a file."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Its sizes, without reading it."""

    def read(self) -> Array:
        """Its values."""


@dataclass(frozen=True, slots=True)
class Converted:
    """A tensor that is stored in another form than ours."""

    source: Readable
    convert: Callable[[Array], Array]
    shape: tuple[int, ...]
    """After the conversion."""

    def read(self) -> Array:
        """The converted values."""
        return self.convert(self.source.read())


@dataclass(frozen=True, slots=True)
class Zeros:
    """A tensor that the file lacks because it has no effect there."""

    shape: tuple[int, ...]

    def read(self) -> Array:
        """The zeros, without memory of their own."""
        return np.broadcast_to(np.float32(0), self.shape)


@dataclass(frozen=True)
class ImportedNetwork:
    """A generator as the importers describe it."""

    config: NetworkConfig
    tensors: Mapping[str, Readable]
    """By our names; filters are among them, to be compared with those we design."""
    remarks: Mapping[str, Any]
    """Other facts worth showing, as JSON."""
    measure_average: bool = False
    """Whether the file has no mean w, so that it has to be measured."""


def import_module(module: StoredModule) -> ImportedNetwork:
    """Describe a generator of the PyTorch repositories.

    Raises:
        PickleRefusedError: it is none, or of a kind that cannot be drawn here.
    """
    parts = dict(module.walk())
    if (other := _other_program(module, parts)) is not None:
        raise PickleRefusedError(f"it is {other} generator, which cannot be drawn here")
    if module.class_name != "Generator":
        raise PickleRefusedError(f"it is a {module.class_name!r:.40}, not a generator")
    tensors: dict[str, Readable] = dict(module.tensors())
    options = _options(module)
    fields = {ours: options[theirs] for theirs, ours in _SHARED.items() if theirs in options}
    fields["clamp"] = clamp_of(parts, options)
    alias_free = "synthesis.input.freqs" in tensors
    if alias_free:
        fields |= _stylegan3_fields(options) | size_fields(parts)
        if "resolution" not in fields:
            raise PickleRefusedError("neither an argument nor a layer of it tells its resolution")
    else:
        fields |= _stylegan2_fields(options) | _mapping_fields(tensors)
        fields["activation"] = common_activation(parts, options)
        fields |= shape_fields(tensors)
    fields["map_depth"] = mapping_depth(tensors, 2 if alias_free else 8)
    config = make_config(fields)
    if alias_free:
        names = matched_layers(plan_stylegan3(config), parts)
        tensors = {renamed(name, names): tensor for name, tensor in tensors.items()}
    else:
        _fill_in_noise(tensors, config)
    scale_mapping(tensors, parts.get("mapping"))
    program = "stylegan3" if alias_free else "stylegan2-ada-pytorch or stylegan3"
    remarks = {"program": f"NVIDIA's {program}"}
    remarks |= {name: options[name] for name in _REMARKS if name in options}
    return ImportedNetwork(config, tensors, remarks)


def renamed(name: str, names: Mapping[str, str]) -> str:
    """The name of a tensor after the layers of the synthesis network got other names."""
    place, _, rest = name.partition(".")
    layer, dot, leaf = rest.partition(".")
    return f"{place}.{names[layer]}{dot}{leaf}" if place == "synthesis" and layer in names else name


def make_config(fields: Mapping[str, Any]) -> NetworkConfig:
    """The configuration of these fields.

    Raises:
        PickleRefusedError: instead of the configuration's own ValueError.
    """
    try:
        return NetworkConfig.from_dict(fields)
    except ValueError as error:
        raise PickleRefusedError(f"it is no network that can be drawn here: {error}") from None


def shape_fields(tensors: Mapping[str, Readable]) -> dict[str, Any]:
    """The size of a StyleGAN2 whose constant is not 4x4, as forks for other pictures have it.

    Every block doubles it, whatever the arguments call the resolution.
    """
    const = tensors.get("synthesis.b4.const")
    if const is None or len(const.shape) != 3 or tuple(const.shape[1:]) == (4, 4):
        return {}
    blocks = (_BLOCK.match(name) for name in tensors)
    unit = max((int(found[1]) for found in blocks if found), default=4)
    return {"resolution": unit, "size": [side * unit // 4 for side in const.shape[1:]]}


def mapping_depth(tensors: Mapping[str, Readable], usual: int) -> int | None:
    """Layers of the mapping network; None for the usual number, as in our configurations."""
    depth = sum(_MAPPING_LAYER.fullmatch(name) is not None for name in tensors)
    return None if depth == usual else depth


def plain_values(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that are numbers, short texts or None."""
    return {
        str(name)[:80]: value
        for name, value in options.items()
        if value is None
        or type(value) in (bool, int, float)
        or (type(value) is str and len(value) <= 200)
    }


def _options(module: StoredModule) -> dict[str, Any]:
    """The arguments of the generator and, under the same roof, of its synthesis network."""
    options: dict[str, Any] = {}
    arguments = module.state.get("_init_args")
    if type(arguments) in (tuple, list):
        options |= dict(zip(_POSITIONAL, arguments or (), strict=False))
    given = module.options()
    options |= given
    nested = given.get("synthesis_kwargs")
    if type(nested) is dict:
        options |= {str(name): value for name, value in nested.items()}
    return plain_values(options)


def _stylegan3_fields(options: Mapping[str, Any]) -> dict[str, Any]:
    fields = {ours: options[theirs] for theirs, ours in _STYLEGAN3.items() if theirs in options}
    radial = options.get("use_radial_filters", False) is True
    kernel = options.get("conv_kernel", 3)
    fields["kind"] = "stylegan3-r" if radial else "stylegan3-t"
    if kernel != (1 if radial else 3):
        fields["kernel"] = kernel
    if radial:
        # These files hold the doubled channels already.
        base = _number(options.get("channel_base", 32768))
        most = _number(options.get("channel_max", 512))
        if base % 2 == 0 and most % 2 == 0:
            fields |= {"channel_base": base // 2, "channel_max": most // 2}
        else:
            fields["channel_factor"] = 1
    return fields


def _stylegan2_fields(options: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": "stylegan2",
        "input": "const",
        "architecture": options.get("architecture", "skip"),
    }


def _other_program(module: StoredModule, parts: Mapping[str, StoredModule]) -> str | None:
    """The program of a generator that is no StyleGAN, though it comes in the same kind of file."""
    classes = {part.class_name for part in parts.values()}
    if classes & {"DummyMapping", "FastganSynthesis", "FastganSynthesisCond"}:
        return "Projected GAN's FastGAN"
    if any(name.split(".")[:2] == ["synthesis", "feat_8"] for name in parts):
        return "Projected GAN's FastGAN"
    if "Model.MainLayers" in parts or "MainLayers" in parts:
        return "an R3GAN"
    if any(name.split(".")[0] in ("init", "feat_8") for name in parts):
        return "a FastGAN"
    return None


def _mapping_fields(tensors: Mapping[str, Readable]) -> dict[str, Any]:
    """Widths within the mapping network, where they differ from that of w."""
    average = tensors.get("mapping.w_avg")
    w_dim = average.shape[0] if average is not None and len(average.shape) == 1 else None
    widths = {"embed_features": "mapping.embed.weight"}
    if "mapping.fc1.weight" in tensors:
        widths["layer_features"] = "mapping.fc0.weight"
    return {
        field: tensors[name].shape[0]
        for field, name in widths.items()
        if name in tensors and len(tensors[name].shape) == 2 and tensors[name].shape[0] != w_dim
    }


def common_activation(parts: Mapping[str, StoredModule], options: Mapping[str, Any]) -> object:
    """The nonlinearity of all 3x3 convolutions: as they hold it, else as it was asked for.

    Raises:
        PickleRefusedError: they have several.
    """
    held = {
        str(part.state["activation"])[:40]
        for name, part in parts.items()
        if name.rpartition(".")[2] in ("conv0", "conv1") and "activation" in part.state
    }
    if len(held) > 1:
        raise PickleRefusedError(f"its layers have several activations: {', '.join(sorted(held))}")
    return held.pop() if held else options.get("activation", "lrelu")


def clamp_of(parts: Mapping[str, StoredModule], options: Mapping[str, Any]) -> float | None:
    """The limit on activations: as the layers hold it, else as it was asked for.

    The repositories differ in their defaults, so the layers know best. The convolutions around
    residual blocks never have a limit.
    """
    held = {
        _limit(part.state["conv_clamp"])
        for name, part in parts.items()
        if name.startswith("synthesis.")
        and not name.endswith(".skip")
        and "conv_clamp" in part.state
    }
    if len(held) > 1:
        raise PickleRefusedError("its layers limit activations each in its own way")
    return held.pop() if held else _limit(options.get("conv_clamp", _DEFAULT_CLAMP))


def _limit(value: object) -> float | None:
    if value is not None and type(value) not in (int, float):
        raise PickleRefusedError("its layers limit activations in an unknown way")
    return None if value is None else float(value)  # type: ignore[arg-type]


def _number(value: object) -> int:
    if type(value) is not int:
        raise PickleRefusedError(f"a whole number was expected, got {value!r:.40}")
    return value


def _fill_in_noise(tensors: dict[str, Readable], config: NetworkConfig) -> None:
    """Networks trained without noise store none: ours has noise of strength zero."""
    for name in [name for name in tensors if name.endswith(".weight")]:
        layer = name.removesuffix(".weight")
        block, _, kind = layer.removeprefix("synthesis.").partition(".")
        if kind not in ("conv0", "conv1") or not block[1:].isdecimal():
            continue
        if f"{layer}.noise_const" not in tensors and f"{layer}.noise_strength" not in tensors:
            rate = min(int(block[1:5]), config.resolution)
            height, width = (
                side * rate // config.resolution for side in (config.height, config.width)
            )
            tensors[f"{layer}.noise_const"] = Zeros((height, width))
            tensors[f"{layer}.noise_strength"] = Zeros(())


def scale_mapping(tensors: dict[str, Readable], mapping: StoredModule | None) -> None:
    """Bring another learning-rate multiplier of the mapping network to the usual one."""
    options = mapping.options() if mapping is not None else {}
    activation = options.get("activation", "lrelu")
    if activation != "lrelu":
        raise PickleRefusedError(f"its mapping network has the activation {activation!r:.40}")
    multiplier = options.get("lr_multiplier", LR_MULTIPLIER)
    if type(multiplier) not in (int, float) or not 0 < multiplier < 1e6:
        raise PickleRefusedError("its mapping network has no learning-rate multiplier")
    factor = multiplier / LR_MULTIPLIER
    if factor == 1:
        return
    for name in [name for name in tensors if name.startswith("mapping.fc")]:
        stored = tensors[name]
        tensors[name] = Converted(stored, lambda values: values * np.float32(factor), stored.shape)
