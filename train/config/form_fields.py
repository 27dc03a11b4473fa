"""The settings of a training as a form can show them: names, explanations, kinds, groups.

Explanations are the docstrings of the fields of `TrainConfig` and `NetworkConfig`, so that command
line, form and code say the same. Without PyTorch.
"""

import ast
import dataclasses
import functools
import inspect
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

from generator.config import NetworkConfig
from train.config.training import TrainConfig, flat

Kind = Literal["whole", "number", "switch", "choice", "names", "numbers"]

BASIC: Mapping[str, tuple[str, ...]] = {
    "Length and batch": ("kimg", "batch", "seed", "snapshot_kimg"),
    "Data": ("mirror", "augment", "augment_p", "ada_target"),
    "Learning": ("gamma", "lr_g", "lr_d", "freeze_d"),
    "Metrics": ("metrics", "metrics_samples", "metrics_every"),
}
"""Settings that most trainings choose, in groups."""
ADVANCED: Mapping[str, tuple[str, ...]] = {
    "Generator": (
        "network.z_dim",
        "network.w_dim",
        "network.map_depth",
        "network.channel_base",
        "network.channel_max",
        "network.clamp",
    ),
    "Generator: StyleGAN2": ("network.input", "network.architecture"),
    "Generator: StyleGAN3": (
        "network.layers",
        "network.critical_layers",
        "network.first_cutoff",
        "network.first_stopband",
        "network.last_stopband_rel",
        "network.margin",
        "network.output_scale",
        "network.filter_size",
        "network.lrelu_upsampling",
        "network.kernel",
        "network.radial",
        "network.channel_factor",
        "network.sampling",
        "network.upsampling_filter",
        "network.input_transform",
        "magnitude_half_life_kimg",
        "blur_sigma_px",
        "blur_fade_kimg",
    ),
    "Discriminator": (
        "d_channel_base",
        "d_channel_max",
        "group_size",
        "gamma_factor",
        "r1_interval",
    ),
    "Generator's training": (
        "style_mixing",
        "noise_inputs",
        "input_shift",
        "lr_g_delay_kimg",
        "lr_g_rampup_kimg",
        "path_length_weight",
        "path_length_interval",
        "share_fakes",
        "ema_half_life_kimg",
        "ema_rampup",
        "average_lengths",
    ),
    "Augmentation": ("ada_interval", "ada_kimg", "lecam_weight"),
    "Computing": ("precision", "micro_batch", "tick_kimg", "keep_states", "keep_networks"),
}
"""All other settings, in groups."""
GIVEN = (
    "network.kind",
    "network.resolution",
    "network.size",
    "network.c_dim",
    "network.activation",
    "network.img_channels",
    "network.class_features",
    "network.margin_across",
    "network.bands",
    "network.channels",
    "network.embed_features",
    "network.layer_features",
)
"""Settings that the preset, the data, or a network of another program decides."""


_LABELS = {
    "kimg": "length, kimg",
    "snapshot_kimg": "snapshot every, kimg",
    "tick_kimg": "log every, kimg",
    "lr_g": "learning rate of G",
    "lr_g_delay_kimg": "G waits for D, kimg",
    "lr_g_rampup_kimg": "learning rate of G ramps up, kimg",
    "input_shift": "random shift of the input, widths",
    "lr_d": "learning rate of D",
    "freeze_d": "frozen layers of D",
    "d_channel_base": "channel base",
    "d_channel_max": "channel max",
    "augment_p": "augmentation p",
    "ada_target": "ADA target",
    "ada_interval": "ADA interval, steps",
    "ada_kimg": "ADA full range, kimg",
    "ema_half_life_kimg": "EMA half-life, kimg",
    "ema_rampup": "EMA ramp-up",
    "magnitude_half_life_kimg": "magnitude half-life, kimg",
    "blur_sigma_px": "blur, px",
    "blur_fade_kimg": "blur fades in, kimg",
    "r1_interval": "R1 interval, steps",
    "path_length_interval": "path length interval, steps",
    "metrics_samples": "metrics' samples",
    "metrics_every": "metrics every, snapshots",
    "z_dim": "z, numbers",
    "w_dim": "w, numbers",
}


@dataclass(frozen=True)
class Option:
    """A setting of a training."""

    name: str
    """Name as in `TrainConfig`; those of the generator begin with `network.`."""
    explanation: str
    kind: Kind
    optional: bool
    """True if it may be left to the trainer (None)."""
    choices: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Its name for people."""
        own = self.name.removeprefix("network.")
        return _LABELS.get(own, own.replace("_", " "))


@functools.cache
def options() -> Mapping[str, Option]:
    """List every setting that can be chosen, by name."""
    found = {
        **_of(TrainConfig, ""),
        **_of(NetworkConfig, "network."),
    }
    grouped = [name for groups in (BASIC, ADVANCED) for names in groups.values() for name in names]
    listed = [*grouped, *(name for name in found if name not in (*grouped, *GIVEN))]
    return {name: found[name] for name in listed if name in found}


def text_of(value: Any) -> str:
    """Write a value as it is typed; empty for what is left to the trainer."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        short = f"{value:.6g}"
        return short if float(short) == value else repr(value)
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return str(value)


def value_of(option: Option, text: str) -> Any:
    """Read a typed text.

    Raises:
        ValueError: it means nothing; the message names the setting.
    """
    text = text.strip()
    if not text and option.optional:
        return None
    match option.kind:
        case "names":
            return tuple(text.replace(",", " ").split())
        case "numbers":
            return tuple(_number(option, part) for part in text.replace(",", " ").split())
        case "switch":
            if text not in ("on", "off"):
                raise ValueError(f"{option.label} is on or off, got {text!r:.30}")
            return text == "on"
        case "choice":
            if text not in option.choices:
                raise ValueError(f"{option.label} is one of {', '.join(option.choices)}")
            return text
        case "whole":
            try:
                return int(text)
            except ValueError:
                raise ValueError(f"{option.label} is a whole number, got {text!r:.30}") from None
        case "number":
            return _number(option, text)


def _number(option: Option, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{option.label} is a number, got {text!r:.30}") from None


def changed(config: TrainConfig, typed: Mapping[str, str]) -> TrainConfig:
    """Replace some settings by what was typed.

    Raises:
        ValueError: a name is unknown, or a value does not fit; the message names it.
    """
    values: dict[str, dict[str, Any]] = {"": {}, "network": {}}
    for name, text in typed.items():
        option = options().get(name)
        if option is None:
            raise ValueError(f"there is no setting {name!r:.40}")
        owner, _, field = name.rpartition(".")
        values[owner][field] = value_of(option, text)
    network = dataclasses.replace(config.network, **values["network"])
    return dataclasses.replace(config, network=network, **values[""])


def command_words(name: str, text: str) -> list[str]:
    """Write a setting as options of `python -m train run`.

    Args:
        name: As in `options`.
        text: As it was typed.

    Raises:
        ValueError: there is no such setting, or the text means nothing.
    """
    option = options().get(name)
    if option is None:
        raise ValueError(f"there is no setting {name!r:.40}")
    value = value_of(option, text)
    flag = name.rpartition(".")[2].replace("_", "-")
    if isinstance(value, bool) and not option.optional:
        return [f"--{flag}" if value else f"--no-{flag}"]
    parts = value if isinstance(value, tuple) else (value,)
    return [f"--{flag}", *map(str, parts)]


def typed_differences(config: TrainConfig, base: TrainConfig) -> dict[str, str]:
    """Write out what has to be typed to make `config` of `base`, as far as a form can."""
    before, after = flat(base.to_dict()), flat(config.to_dict())
    return {name: text_of(after[name]) for name in options() if before[name] != after[name]}


def _of(owner: type, prefix: str) -> dict[str, Option]:
    """List the options of a dataclass with docstrings under its fields."""
    body = ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0]
    assert isinstance(body, ast.ClassDef)
    explained = {}
    for statement, after in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        ):
            explained[statement.target.id] = inspect.cleandoc(str(after.value.value))
    hints = get_type_hints(owner)
    found = {}
    for field in dataclasses.fields(owner):
        if field.name == "network":
            continue
        explanation = " ".join(explained.get(field.name, "").split())
        name = prefix + field.name
        found[name] = _option(name, explanation, hints[field.name])
    return found


def _option(name: str, explanation: str, hint: Any) -> Option:
    parts = get_args(hint) if type(None) in get_args(hint) else (hint,)
    own = next(part for part in parts if part is not type(None))
    optional = len(parts) > 1
    if get_origin(own) is Literal:
        return Option(name, explanation, "choice", optional, get_args(own))
    kinds: dict[Any, Kind] = {
        bool: "switch",
        int: "whole",
        float: "number",
        tuple[float, ...]: "numbers",
    }
    return Option(name, explanation, kinds.get(own, "names"), optional)
