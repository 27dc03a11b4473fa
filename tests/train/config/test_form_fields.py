"""Settings as a form shows and takes them."""

import dataclasses

import pytest

from generator import NetworkConfig
from train.commands.run import parse_training
from train.config.form_fields import (
    ADVANCED,
    BASIC,
    GIVEN,
    changed,
    command_words,
    options,
    text_of,
    typed_differences,
    value_of,
)
from train.config.presets import preset
from train.config.training import flat


def test_every_setting_is_offered_once_and_explained():
    grouped = [one for groups in (BASIC, ADVANCED) for names in groups.values() for one in names]
    assert len(grouped) == len(set(grouped))
    every = flat(preset("stylegan3-t").to_dict())
    assert set(options()) == set(every) - set(GIVEN) == set(grouped)
    assert all(len(option.explanation) > 10 for option in options().values())


@pytest.mark.parametrize("name", ["stylegan2", "beaches-stylegan3-r"])
def test_what_is_shown_is_what_is_typed(name):
    config = preset(name)
    values = flat(config.to_dict())
    typed = {one: text_of(values[one]) for one in options()}
    other = dataclasses.replace(config, network=NetworkConfig(kind=config.network.kind))
    other = other.for_data(size=(config.network.height, config.network.width), c_dim=0)
    assert changed(other, typed) == config


def test_differences_lead_from_one_preset_to_another():
    base, wanted = preset("stylegan3-t"), preset("metfaces-stylegan3-t")
    typed = typed_differences(wanted, base)
    made = changed(base, typed).for_data(size=(1024, 1024), c_dim=0)
    assert made == wanted


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("batch", "many", "batch is a whole number"),
        ("batch", "", "batch is a whole number"),
        ("batch", "0", "batch must be a whole number from 1"),
        ("kimg", "nan", "kimg must be"),
        ("lr_g", "fast", "learning rate of G is a number"),
        ("mirror", "yes", "mirror is on or off"),
        ("augment", "bgc", "augment is one of"),
        ("network.layers", "2", "critical_layers"),
        ("nothing", "1", "no setting"),
    ],
)
def test_what_does_not_fit_names_the_setting(name, text, message):
    with pytest.raises(ValueError, match=message):
        changed(preset("stylegan3-t"), {name: text})


def test_values():
    known = options()
    assert value_of(known["gamma"], " ") is None
    assert value_of(known["metrics"], "kid_effnet, eq_t") == ("kid_effnet", "eq_t")
    assert value_of(known["mirror"], "on") is True
    assert text_of(0.00012) == "0.00012"
    assert text_of(True) == "on"
    assert text_of(None) == ""


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("network.layers", "10", ["--layers", "10"]),
        ("network.clamp", "", ["--clamp", "None"]),
        ("network.radial", "on", ["--radial", "True"]),
        ("network.input_transform", "off", ["--no-input-transform"]),
        ("mirror", "on", ["--mirror"]),
        ("metrics", "eq_t kid_effnet", ["--metrics", "eq_t", "kid_effnet"]),
    ],
)
def test_a_setting_is_an_option_of_the_command_line(name, text, words):
    assert command_words(name, text) == words
    arguments = ["--config", "stylegan3-t", "--data", "a.zip", "--out", "b", *words]
    run = parse_training(["run", *arguments])
    assert (
        flat(run.settings.to_dict())[name]
        == flat(changed(preset("stylegan3-t"), {name: text}).to_dict())[name]
    )
