"""Configurations and the layer plans that follow from them."""

import json

import pytest

from generator import NetworkConfig, build_network
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


@pytest.mark.parametrize("options", [{}, {"input": "const"}, {"c_dim": 5, "map_depth": 3}])
def test_weights_are_counted_without_building(kind: str, options: dict) -> None:
    config = NetworkConfig(kind=kind, resolution=32, channel_base=1024, w_dim=64, **options)
    stored = sum(tensor.numel() for tensor in build_network(config).state_dict().values())
    assert 0.9 * stored < count_weights(config) <= stored


def test_rotation_doubles_its_channels() -> None:
    sizes = {"resolution": 64, "channel_base": 2048, "channel_max": 64}
    plain = plan_layers(NetworkConfig(kind="stylegan3-t", **sizes))
    doubled = plan_layers(NetworkConfig(kind="stylegan3-r", **sizes))
    for t, r in zip(plain[:-1], doubled[:-1], strict=True):
        assert r.channels == pytest.approx(2 * t.channels, abs=1)


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
