"""The form for a new training: its settings, their mistakes, and its run folder."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from systems.machine import usable_cores
from train.config.divisions import Division, possible_divisions
from train.config.form_fields import (
    ADVANCED,
    BASIC,
    changed,
    options,
    text_of,
    typed_differences,
    value_of,
)
from train.config.form_fields import Option as Option  # panels take it from here
from train.config.presets import ABLATION, KINDS, NAMES, TABLE, preset
from train.config.presets import joined as joined  # panels take these two from here
from train.config.presets import parts as parts
from train.config.training import VERY_FEW, TrainConfig, flat
from train.runs import launch
from viz.state.training import SettingState, TrainingState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.config import Kind
    from train.runs.reader import Run

RUNS = Path("runs")
"""Folder of the runs, under the one the program was started in."""

GROWING = {"lr_g_delay_kimg": "3", "lr_g_rampup_kimg": "3"}
"""Settings without which a fresh discriminator undoes what the generator knows."""

_DATA_NAMES = {
    "ffhq": "FFHQ",
    "ffhq-u": "FFHQ-U",
    "metfaces": "MetFaces",
    "metfaces-u": "MetFaces-U",
    "afhqv2": "AFHQv2",
    "beaches": "Beaches",
}


def config_of(training: TrainingState) -> TrainConfig:
    """Return the settings of the form.

    Raises:
        ValueError: something typed does not fit; the message names it.
    """
    return _config(training.preset, tuple(sorted(training.typed.items())))


@lru_cache(16)
def _config(name: str, typed: tuple[tuple[str, str], ...]) -> TrainConfig:
    return changed(preset(name), dict(typed))


def problem_of(training: TrainingState) -> str:
    """Say what is wrong with the form, in one line; empty if nothing is."""
    try:
        config, division = config_of(training), chosen_division(training)
    except ValueError as error:
        return str(error)
    if division is not None and config.batch % division.processes:
        return f"{division.processes} processes cannot share a batch of {config.batch}."
    return "" if training.data else "Choose the pictures first."


def beginning_of(training: TrainingState) -> launch.Beginning:
    """Return what the training in the form starts from and on."""
    sizes = {name: text for name, text in training.typed.items() if name.startswith("network.")}
    return launch.Beginning(
        init_from=training.init_from,
        allow_fresh=training.allow_fresh,
        grow=training.grow,
        sizes=sizes if training.grow else {},
        device=training.device,
        division=chosen_division(training),
    )


def chosen_division(training: TrainingState) -> Division | None:
    """Return how the cores are to be used; None: as measured."""
    if not training.processes or not training.threads or not takes_cores(training):
        return None
    return Division(training.processes, training.threads)


def takes_cores(training: TrainingState) -> bool:
    """Return whether the training may run on the CPU, whose cores can be divided."""
    return training.device.strip() in ("auto", "cpu")


def divisions(training: TrainingState) -> list[Division]:
    """List the ways to use the cores for the batch in the form."""
    try:
        return possible_divisions(config_of(training).batch, usable_cores())
    except ValueError:
        return []


def start_growing(training: TrainingState, *, kind: Kind | None, d_channel_base: object) -> None:
    """Set the form to grow the chosen weights: their kind, and time for the discriminator.

    Args:
        training: The form.
        kind: Kind of the network; None while unknown.
        d_channel_base: That of the discriminator beside it; None where there is none.
    """
    training.grow = True
    if kind is not None:
        training.preset = kind
    for name, text in GROWING.items():
        if training.text_of(name) is None:
            training.type(name, text)
    if isinstance(d_channel_base, int) and training.text_of("d_channel_base") is None:
        training.type("d_channel_base", str(2 * d_channel_base))


def stop_growing(training: TrainingState) -> None:
    """Take back what `start_growing` has typed and nobody has changed."""
    training.grow = False
    for name, text in GROWING.items():
        if training.text_of(name) == text:
            training.type(name, None)


def lacks_augmentation(training: TrainingState, pictures: int) -> bool:
    """Return whether so few pictures would be learned by heart with these settings."""
    try:
        return config_of(training).augment == "off" and pictures < VERY_FEW
    except ValueError:
        return False


def misfit(option: Option, text: str) -> str:
    """Say why a text cannot be a setting's value; empty if it can."""
    try:
        value_of(option, text)
    except ValueError as error:
        return str(error)
    return ""


def preset_texts(name: str) -> Mapping[str, str]:
    """Return a preset's settings as typed; those of the default preset if there is none."""
    return _texts(name if name in NAMES else KINDS[1])


@lru_cache(64)
def _texts(name: str) -> dict[str, str]:
    values = flat(preset(name).to_dict())
    return {one: text_of(values[one]) for one in options()}


def estimated(training: TrainingState) -> tuple[object, ...]:
    """Collect the settings that an estimate depends on."""
    typed = tuple(sorted(training.typed.items()))
    begun = (training.init_from, training.allow_fresh, training.grow, training.device)
    return training.data, training.preset, typed, begun, chosen_division(training)


def run_folder_of(training: TrainingState) -> Path:
    """Return the folder that the training in the form gets, one that does not hold a run yet."""
    stem = Path(training.data).stem or "run"
    typed = training.name.strip()
    named = (RUNS / (typed or f"{training.preset}-{stem}")).absolute()
    if typed or not named.exists():
        return named
    numbered = (named.with_name(f"{named.name}-{number}") for number in range(2, 10_000))
    return next(path for path in numbered if not path.exists())


def duplicate(run: Run, training: TrainingState) -> None:
    """Put the settings of a run into the form.

    Raises:
        ValueError: they are not of this trainer.
    """
    nested: dict[str, object] = {}
    network: dict[str, object] = {}
    for name, value in run.config.items():
        owner, _, field = name.rpartition(".")
        (network if owner == "network" else nested)[field] = value
    config = TrainConfig.from_dict({**nested, "network": network})
    training.preset = config.network.kind
    base = preset(training.preset)
    # Size and labels come from the pictures, and layers of octaves follow the size.
    size = (base.network.height, base.network.width)
    typed = typed_differences(config.for_data(size=size, c_dim=base.network.c_dim), base)
    training.settings = [SettingState(name, text) for name, text in typed.items()]
    training.data, training.name = run.data, ""


def groups(*, advanced: bool) -> Mapping[str, tuple[Option, ...]]:
    """Return the settings of a training in groups, the common or the others."""
    table = ADVANCED if advanced else BASIC
    return {title: tuple(options()[name] for name in names) for title, names in table.items()}


def kinds() -> tuple[Kind, ...]:
    """Return the kinds of networks that can be trained."""
    return KINDS


@lru_cache(1)
def subjects() -> Mapping[str, str]:
    """Map presets to their data sets, with names for people; an empty key is the demo."""
    table = {name: f"{_DATA_NAMES[name]} {one.resolution}²" for name, one in TABLE.items()}
    ablation = {name: f"Ablation {one.name}: {one.change}" for name, one in ABLATION.items()}
    return {"": "demo, 64² on a CPU", **table, **ablation}


def relief_size(training: TrainingState) -> int:
    """Return the side of the demo's pictures, 64 or 128 pixels."""
    return 128 if training.size == 128 else 64
