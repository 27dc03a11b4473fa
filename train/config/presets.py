"""Settings to start from: the demo's, the ablation's and those of the paper's data sets.

The ablation's configurations are trained at the demo's size, on a CPU. Those of the table are for
eight GPUs or patience: gamma, batch and length as Karras et al. 2021 (arXiv 2106.12423, appendix
G) report them.
"""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import get_args

from generator.ablation.variants import VARIANTS, Variant
from generator.config import Kind, NetworkConfig
from generator.files.atomic_files import read_regular
from train.config.training import MOST_SETTINGS_BYTES, TrainConfig

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclasses.dataclass(frozen=True)
class DataPreset:
    """Settings for a data set of the table."""

    resolution: int
    gamma: tuple[float, float, float]
    """Gamma of StyleGAN2, -T and -R."""
    kimg: float
    adaptive: bool = False
    """True if there are too few pictures to go without augmentation."""
    start_from: str = ""
    """The data set whose networks these are fine-tuned from; empty: from scratch."""


TABLE: Mapping[str, DataPreset] = MappingProxyType(
    {
        "ffhq": DataPreset(1024, (10, 32.8, 32.8), 25000),
        "ffhq-u": DataPreset(1024, (10, 32.8, 32.8), 25000),
        "metfaces": DataPreset(1024, (5, 6.6, 3.3), 5000, adaptive=True, start_from="ffhq"),
        "metfaces-u": DataPreset(1024, (10, 16.4, 6.6), 5000, adaptive=True, start_from="ffhq-u"),
        "afhqv2": DataPreset(512, (5, 8.2, 16.4), 25000, adaptive=True),
        # The paper does not list gamma for Beaches; these scale with resolution² as its others do.
        "beaches": DataPreset(512, (2.5, 8.2, 8.2), 25000, adaptive=True),
    }
)

ABLATION: Mapping[str, Variant] = MappingProxyType(
    {"ablation-" + one.name.lower().replace(", ", "-").replace(" = ", ""): one for one in VARIANTS}
)
"""Configurations of the ablation: `ablation-a` to `ablation-r`, `ablation-t-n4` and the like."""

NAMES = (*KINDS, *ABLATION, *(f"{data}-{kind}" for data in TABLE for kind in KINDS))
"""Every preset: a kind alone is the demo's."""


def preset(name: str) -> TrainConfig:
    """Make the settings of a preset.

    Args:
        name: One of `NAMES`: a kind for the demo, a configuration of the ablation, or a data set
            and a kind, as in `afhqv2-stylegan3-r`.

    Raises:
        ValueError: There is none of that name.
    """
    if name not in NAMES:
        demo, table = ", ".join(KINDS), ", ".join(TABLE)
        raise ValueError(
            f"no preset is called {name:.60}; there are {demo} for the demo, each of them after a "
            f"data set's name ({table}), as in afhqv2-stylegan3-r, and {', '.join(ABLATION)}"
        )
    subject, kind = parts(name)
    if subject in ABLATION:
        return _ablated(ABLATION[subject])
    return _of_table(kind, TABLE[subject]) if subject else _demo(kind)


def parts(name: str) -> tuple[str, Kind]:
    """Split a preset into its subject, empty for the demo, and the kind of its network.

    A configuration of the ablation decides the kind: its subject is its whole name.
    """
    if name in ABLATION:
        kind: Kind = dict(ABLATION[name].options)["kind"]
        return name, kind
    kind = next((one for one in KINDS if name.endswith(one)), KINDS[0])
    return name.removesuffix(kind).rstrip("-"), kind


def joined(subject: str, kind: Kind) -> str:
    """Name the preset for a subject and, where the subject does not decide it, a kind."""
    return subject if subject in ABLATION else f"{subject}-{kind}".lstrip("-")


def stored_settings(path: Path) -> TrainConfig:
    """Read the settings in the `config.json` of a run.

    Raises:
        ValueError: It cannot be read, or is no such file.
    """
    try:
        stored = json.loads(read_regular(path, MOST_SETTINGS_BYTES))
        return TrainConfig.from_dict(stored["config"])
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} is no config.json of a run: {error}") from None


_DEMO_LAYERS = 10
_DOUBLED = 0.4 / 0.2048
"""Factor that makes gamma 0.4, at 64x64 and batch 4."""
_DEMO_SIZES = {
    "resolution": 64,
    "z_dim": 128,
    "w_dim": 128,
    "channel_base": 2048,
    "channel_max": 64,
}


def _demo(kind: Kind) -> TrainConfig:
    """Make the settings for 64x64 pictures on a CPU, as the bundled networks were trained.

    About half a million parameters in the generator, 1.2 M in the discriminator.
    """
    layers = {} if kind == "stylegan2" else {"layers": _DEMO_LAYERS}
    base = TrainConfig(
        network=NetworkConfig.from_dict({"kind": kind, **_DEMO_SIZES, **layers}),
        d_channel_base=2048,
        d_channel_max=128,
        batch=4,
        kimg=100.0,
    )
    if kind == "stylegan2":
        # Path-length regularisation (weight 2) costs a second backward pass every fourth step,
        # which a demo on a CPU spends better on more steps; style mixing and noise pay off only
        # in trainings a thousand times as long.
        return dataclasses.replace(base, lr_g=0.002, noise_inputs=False, gamma_factor=_DOUBLED)
    if kind == "stylegan3-r":
        return dataclasses.replace(
            base, blur_sigma_px=2.5, blur_fade_kimg=5.0, gamma_factor=2 * _DOUBLED
        )
    return base


def _ablated(variant: Variant) -> TrainConfig:
    """Make a configuration of the ablation, trained as the demo but for what it is about.

    T and R have the paper's 14 layers, the demo's networks 10. A to C are StyleGAN2's training,
    which D simplifies: style mixing and the path-length penalty.
    """
    network = variant.config(**_DEMO_SIZES)
    base = dataclasses.replace(_demo(network.kind), network=network)
    if network.kind != "stylegan2":
        return base
    noise = variant.name != "C"
    return dataclasses.replace(base, noise_inputs=noise, style_mixing=0.9, path_length_weight=2.0)


def _of_table(kind: Kind, data: DataPreset) -> TrainConfig:
    batch = 32
    base = TrainConfig(
        # The baseline is StyleGAN2 as published: a learned constant, noise, a deep mapping.
        network=NetworkConfig(kind=kind, resolution=data.resolution, input="const")
        if kind == "stylegan2"
        else NetworkConfig(kind=kind, resolution=data.resolution),
        batch=batch,
        kimg=data.kimg,
        gamma=data.gamma[KINDS.index(kind)],
        mirror=True,
        augment="ada" if data.adaptive else "off",
        ada_kimg=100.0 if data.start_from else 500.0,
        tick_kimg=4.0,
        snapshot_kimg=200.0,
    )
    if kind == "stylegan2":
        return dataclasses.replace(base, lr_g=0.002, style_mixing=0.9, path_length_weight=2.0)
    if kind == "stylegan3-r":
        return dataclasses.replace(base, blur_sigma_px=10.0, blur_fade_kimg=batch * 200 / 32)
    return base
