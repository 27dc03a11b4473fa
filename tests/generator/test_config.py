"""Configurations and the layer plans that follow from them."""

import json

import pytest

from generator import NetworkConfig
from generator.layers import count_weights, plan_layers


def test_survives_json() -> None:
    config = NetworkConfig(kind="stylegan2", resolution=64, input="const", architecture="resnet")
    assert NetworkConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"kind": "stylegan4"}, "kind"),
        ({"kind": ["stylegan2"]}, "kind"),
        ({"resolution": 100}, "resolution"),
        ({"resolution": 2**40}, "resolution"),
        ({"resolution": "64"}, "resolution"),
        ({"resolution": True}, "resolution"),
        ({"z_dim": 0}, "z_dim"),
        ({"map_depth": 0}, "map_depth"),
        ({"channel_base": -1}, "channel_base"),
        ({"layers": 10**9}, "layers"),
        ({"critical_layers": 14}, "critical_layers"),
        ({"first_cutoff": float("nan")}, "first_cutoff"),
        ({"first_cutoff": 200.0}, "first_cutoff"),
        ({"first_stopband": 1.0}, "first_stopband"),
        ({"output_scale": "big"}, "output_scale"),
        ({"filter_size": 10**6}, "filter_size"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_refuses_nonsense_by_name(options: dict, named: str) -> None:
    with pytest.raises(ValueError, match=named) as error:
        NetworkConfig.from_dict(options)
    assert "\n" not in str(error.value)


def test_papers_defaults_give_the_papers_networks() -> None:
    """Table 5 of the StyleGAN3 paper: 22.3 M parameters for T and 15.8 M for R at 1024²."""
    assert count_weights(NetworkConfig(resolution=1024)) / 1e6 == pytest.approx(22.3, abs=0.3)
    rotation = NetworkConfig(kind="stylegan3-r", resolution=1024)
    assert count_weights(rotation) / 1e6 == pytest.approx(15.8, abs=0.3)


def test_rotation_doubles_its_channels() -> None:
    sizes = {"resolution": 64, "channel_base": 2048, "channel_max": 64}
    plain = plan_layers(NetworkConfig(kind="stylegan3-t", **sizes))
    doubled = plan_layers(NetworkConfig(kind="stylegan3-r", **sizes))
    for t, r in zip(plain[:-1], doubled[:-1], strict=True):
        assert r.channels == pytest.approx(2 * t.channels, abs=1)


@pytest.mark.parametrize("kind", ["stylegan2", "stylegan3-t", "stylegan3-r"])
@pytest.mark.parametrize("resolution", [16, 64, 512])
def test_plan_is_consistent(kind: str, resolution: int) -> None:
    layers = plan_layers(NetworkConfig(kind=kind, resolution=resolution))
    assert layers[0].name == "input"
    assert layers[-1].to_rgb
    assert layers[-1].channels == 3
    assert layers[-1].size == (resolution, resolution)
    assert len({layer.name for layer in layers}) == len(layers)
    for layer in layers:
        assert layer.cutoff <= layer.sampling_rate / 2
        assert layer.tmp_rate == pytest.approx(layer.sampling_rate * layer.down)
