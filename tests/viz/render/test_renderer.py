"""Request → result without a window."""

from __future__ import annotations

import logging
import math
import os
import pickle
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from generator import NetworkConfig, build_network, load_network, network_file, seed_z, to_uint8
from viz.protocol.request import (
    LatentPoint,
    LayerEdits,
    MapsOf,
    MapsRequest,
    Placement,
    Request,
    SpectrumRequest,
)
from viz.render import feature_maps, networks
from viz.render import renderer as render_module
from viz.render.latents import LatentSpace
from viz.render.renderer import Renderer
from viz.state.app_state import AppState
from viz.state.inputs import NetworkSlot, TransformState
from viz.state.to_request import request_for

if TYPE_CHECKING:
    from pathlib import Path

    from viz.protocol.result import WorkerEvent

LIVELY_SEED = 5
"""Gives the small StyleGAN3-R network a picture with some contrast."""
KINDS = ("stylegan2", "stylegan3-t", "stylegan3-r")


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer()


def request(*sources: str, **changes: object) -> Request:
    return replace(Request(networks=sources, threads=1), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_picture_is_that_of_the_network(
    renderer: Renderer, network_files: dict[str, str], kind: str
) -> None:
    transform = TransformState(x=0.1, y=0.05, angle_rad=0.3)
    result = renderer.render(
        request(
            network_files[kind],
            place=Placement(LatentPoint(seeds=((5, 1.0),)), transform.inverse_matrix),
            psi=0.6,
            cutoff=3,
        )
    )
    (drawn,) = result.networks
    net = load_network(network_files[kind])
    with torch.no_grad():
        ws = net.mapping(seed_z([5], net.z_dim), psi=0.6, cutoff=3)
        matrix = torch.tensor(transform.inverse_matrix).view(3, 3)
        expected = to_uint8(net.synthesis(ws, transform=matrix))[0].permute(1, 2, 0).numpy()
    assert drawn.error == ""
    assert drawn.picture is not None
    assert drawn.picture.shape == (32, 32, 4)
    # The renderer truncates by itself: rounding may move a value over a whole number.
    difference = np.abs(drawn.picture[..., :3].astype(int) - expected)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.02
    assert (drawn.picture[..., 3] == 255).all()
    assert drawn.summary is not None
    assert drawn.summary.kind == kind
    assert ("Training", "12.0 kimg") in drawn.summary.facts
    assert [row.name for row in drawn.summary.layers] == [i.name for i in net.synthesis.layers]
    assert pickle.loads(pickle.dumps(result)).request == result.request


def test_dragging_right_and_down_moves_the_picture_right_and_down(
    renderer: Renderer, network_files: dict[str, str]
) -> None:
    state = AppState(networks=[NetworkSlot(network_files["stylegan3-r"])])
    state.latent.x = LIVELY_SEED
    still = renderer.render(request_for(state)).networks[0].picture
    state.transform.x, state.transform.y = 4 / 32, 2 / 32
    moved = renderer.render(request_for(state)).networks[0].picture
    assert still is not None
    assert moved is not None
    # StyleGAN3 follows whole-pixel shifts up to rounding, away from the borders.
    assert np.abs(moved[2:, 4:, :3].astype(int) - still[:-2, :-4, :3]).max() <= 1
    assert np.abs(moved[..., :3].astype(int) - still[..., :3]).max() > 8


def test_turning_is_anticlockwise(renderer: Renderer, network_files: dict[str, str]) -> None:
    state = AppState(networks=[NetworkSlot(network_files["stylegan3-r"])])
    state.latent.x = LIVELY_SEED
    still = renderer.render(request_for(state)).networks[0].picture
    state.transform.angle_rad = math.pi / 2
    turned = renderer.render(request_for(state)).networks[0].picture
    assert still is not None
    assert turned is not None
    difference = np.abs(turned[..., :3].astype(float) - np.rot90(still[..., :3]))
    clockwise = np.abs(turned[..., :3].astype(float) - np.rot90(still[..., :3], -1))
    assert difference.mean() < 1 < clockwise.mean()


def test_networks_are_locked_to_the_same_z(
    renderer: Renderer, network_files: dict[str, str]
) -> None:
    """Each network's w is its own mapping of the same z, blended alike and walked alike."""
    point = LatentPoint(seeds=((1, 0.25), (2, 0.75)), walk=(0.3, -0.4), walk_seed=1)
    for kind in ("stylegan2", "stylegan3-r"):
        net = load_network(network_files[kind])
        space = LatentSpace(net)
        with torch.no_grad():
            w = net.mapping(seed_z([1, 2], net.z_dim))[:, 0]
            blend = 0.25 * w[0] + 0.75 * w[1]
            offset = space.w_at(point) - blend
            samples = net.mapping(torch.randn(4000, net.z_dim))[:, 0]
        deviation = (samples - samples.mean(0)).square().sum(1).mean().sqrt()
        # 512 samples estimate the deviation to about 2 %; 10 % leaves room for chance.
        assert offset.norm().item() == pytest.approx(0.5 * deviation.item(), rel=0.1)
        u, v = space.plane(1)
        assert (u @ v).abs() < 1e-4 * u.norm() * v.norm()
        assert not torch.allclose(space.plane(2)[0], u)


def test_classes_choose_among_a_networks_own() -> None:
    net = build_network(
        NetworkConfig(
            kind="stylegan3-t",
            resolution=16,
            z_dim=8,
            w_dim=8,
            c_dim=3,
            channel_base=64,
            channel_max=8,
        )
    )
    space = LatentSpace(net)
    with torch.no_grad():
        expected = net.mapping(seed_z([7], 8), torch.eye(3)[1:2])[0, 0]
        assert torch.allclose(space.w(7, ((1, 1.0),)), expected)
        assert torch.allclose(space.w(7, ((4, 1.0),)), expected)
        assert not torch.allclose(space.w(7), expected)


def test_no_truncation_leaves_w_and_psi_zero_is_the_mean(network_files: dict[str, str]) -> None:
    net = load_network(network_files["stylegan3-t"])
    space = LatentSpace(net)
    point = LatentPoint(walk=(0.2, 0.0))
    with torch.no_grad():
        ws = space.ws_at(point, psi=1.0, cutoff=None)
        assert torch.equal(ws[0, 3], space.w_at(point))
        mean = space.ws_at(point, psi=0.0, cutoff=2)
    assert torch.allclose(mean[0, :2], net.mapping.w_avg, atol=1e-6)
    assert torch.equal(mean[0, 2:], ws[0, 2:])


def test_feature_maps_are_the_layers_output(
    renderer: Renderer, network_files: dict[str, str]
) -> None:
    source = network_files["stylegan3-t"]
    net = load_network(source)
    layer = net.synthesis.layers[5]
    taps: dict[str, torch.Tensor] = {}
    with torch.no_grad():
        net.synthesis(net.mapping(seed_z([0], net.z_dim)), taps=taps.__setitem__)
    maps = renderer.render(request(source, maps=MapsRequest(0, layer.name, 2, 4))).networks[0].maps
    assert maps is not None
    expected = taps[layer.name][0].numpy()
    np.testing.assert_allclose(maps.maps, expected[2:6], atol=1e-4)
    assert maps.total_channels == layer.channels
    assert maps.mean == pytest.approx(expected.mean(), abs=1e-4)
    assert maps.std == pytest.approx(expected.std(), rel=1e-3)
    assert (maps.low, maps.high) == pytest.approx((expected.min(), expected.max()), abs=1e-3)
    beyond = request(source, maps=MapsRequest(0, layer.name, 1000, 4))
    last = renderer.render(beyond).networks[0].maps
    assert last is not None
    assert last.first_channel == layer.channels - 4


def test_only_what_was_asked_is_there(renderer: Renderer, network_files: dict[str, str]) -> None:
    both = (network_files["stylegan2"], network_files["stylegan3-t"])
    plain = renderer.render(request(*both))
    assert all(n.maps is None and n.spectrum is None and n.strip is None for n in plain.networks)
    asked = request(*both, spectrum=SpectrumRequest(), strip_slot=1, strip_px=24)
    first, second = renderer.render(asked).networks
    assert first.spectrum is not None
    assert second.spectrum is not None
    assert first.strip is None
    assert second.strip is not None
    assert second.summary is not None
    assert second.strip.shape == (len(second.summary.layers), 24, 24)


def test_one_bad_network_does_not_harm_the_other(
    renderer: Renderer, network_files: dict[str, str], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"nonsense")
    sources = (str(broken), network_files["stylegan2"], str(tmp_path / "none"), "bundled:nothing")
    bad, good, missing, unknown = renderer.render(request(*sources)).networks
    assert good.picture is not None
    assert not good.error
    for failed in (bad, missing, unknown):
        assert failed.picture is None
        assert failed.error
        assert "\n" not in failed.error
    assert "broken.safetensors" in bad.error
    assert "there is no file" in missing.error
    assert "no bundled network called 'nothing'" in unknown.error


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"maps": MapsRequest(0, "L99", 0, 1)}, "no layer 'L99'"),
        ({"device": "cuda:77"}, "no device cuda:77"),
        pytest.param(
            {"device": "mps"},
            "no device mps",
            marks=pytest.mark.skipif(torch.backends.mps.is_available(), reason="there is one"),
        ),
        ({"device": "abacus"}, "device must be auto"),
        ({"precision": "fp8"}, "precision must be"),
    ],
)
def test_what_cannot_be_done_is_told(
    renderer: Renderer, network_files: dict[str, str], changes: dict[str, object], told: str
) -> None:
    (drawn,) = renderer.render(request(network_files["stylegan2"], **changes)).networks
    assert told in drawn.error
    assert drawn.picture is None


def test_unexpected_errors_are_told_and_logged_once(
    network_files: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def explode(*_: object, **__: object) -> None:
        raise ZeroDivisionError("so\nwhat")

    renderer = Renderer()
    monkeypatch.setattr(feature_maps, "rgba", explode)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            (drawn,) = renderer.render(request(network_files["stylegan2"])).networks
    assert drawn.error == "ZeroDivisionError: so what"
    assert len(caplog.records) == 1
    assert caplog.records[0].exc_info


def kinds(events: list[WorkerEvent]) -> list[str]:
    """Kinds of the events, without how far the loading was."""
    return [event.kind for event in events if event.fraction is None]


def test_a_changed_file_is_read_again(network_files: dict[str, str], tmp_path: Path) -> None:
    events: list[WorkerEvent] = []
    renderer = Renderer(events.append)
    path = tmp_path / "network.safetensors"
    shutil.copy(network_files["stylegan2"], path)
    assert renderer.render(request(str(path))).networks[0].summary.kind == "stylegan2"  # type: ignore[union-attr]
    renderer.render(request(str(path), psi=0.5))
    assert kinds(events) == ["loading", "loaded"]
    shutil.copy(network_files["stylegan3-t"], path)
    os.utime(path, ns=(1, 1))
    assert renderer.render(request(str(path))).networks[0].summary.kind == "stylegan3-t"  # type: ignore[union-attr]
    assert kinds(events) == ["loading", "loaded"] * 2


def test_results_tell_what_made_them_slow(
    network_files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render_module, "missing_kernels", {"cpu": "no compiler"}.get)
    slow = Renderer()
    results = [slow.render(request(network_files["stylegan2"], psi=psi)) for psi in (1.0, 0.5)]
    assert [one.read_networks for one in results] == [True, False]
    assert {one.missing_kernels for one in results} == {"no compiler"}


def test_a_broken_file_is_read_once_until_it_changes(
    network_files: dict[str, str], tmp_path: Path
) -> None:
    """Also that "loading" is always followed by "loaded", which ends it."""
    events: list[WorkerEvent] = []
    renderer = Renderer(events.append)
    path = tmp_path / "network.safetensors"
    path.write_bytes(b"nonsense")
    for psi in (1.0, 0.5):
        (failed,) = renderer.render(request(str(path), psi=psi)).networks
        assert "network.safetensors" in failed.error
    assert kinds(events) == ["loading", "loaded"]
    shutil.copy(network_files["stylegan2"], path)
    (mended,) = renderer.render(request(str(path))).networks
    assert mended.picture is not None
    assert not mended.error


@pytest.mark.parametrize("reason", [RecursionError("so\ndeep"), KeyError("odd"), MemoryError()])
def test_whatever_a_file_raises_costs_only_its_own_picture(
    network_files: dict[str, str], monkeypatch: pytest.MonkeyPatch, reason: Exception
) -> None:
    hostile, good = network_files["stylegan3-t"], network_files["stylegan2"]

    def load(path: Path, device: str, progress: object) -> object:
        if str(path) == hostile:
            raise reason
        return load_network(path, device)

    monkeypatch.setattr(networks, "load_network", load)
    events: list[WorkerEvent] = []
    bad, fine = Renderer(events.append).render(request(hostile, good)).networks
    assert bad.error
    assert "\n" not in bad.error
    assert bad.picture is None
    assert fine.picture is not None
    assert kinds(events) == ["loading", "loaded"] * 2


def test_a_run_folder_means_its_newest_network(tmp_path: Path) -> None:
    for name in ("network-000999.safetensors", "network-001000.safetensors", "state-2.pt"):
        (tmp_path / name).touch()
    (tmp_path / "network-1000000.safetensors").touch()
    assert network_file(str(tmp_path)).name == "network-1000000.safetensors"


def test_drafts_are_drawn_in_either_precision_and_spectra_in_fp32(
    renderer: Renderer, network_files: dict[str, str]
) -> None:
    state = AppState(networks=[NetworkSlot(network_files["stylegan3-t"])])
    hurried = [
        renderer.render(request_for(state, spectrum=False, hurried=True)).networks[0]
        for _ in range(6)
    ]
    assert {one.precision for one in hurried} == {"fp32", "bf16"}, "each is tried"
    measured = renderer.render(request_for(state, spectrum=True, hurried=True)).networks[0]
    assert measured.precision == "fp32"
    assert measured.spectrum is not None
    state.performance.draft = False
    assert request_for(state, hurried=True) == request_for(state)


def test_mixing_late_styles_begins_late(network_files: dict[str, str]) -> None:
    file = network_files["stylegan3-t"]
    renderer, drawn = Renderer(), []
    synthesis = renderer.networks.get(file, torch.device("cpu")).net.synthesis
    synthesis.get_submodule("input").register_forward_hook(lambda *_: drawn.append("input"))
    late = (synthesis.num_ws - 2, synthesis.num_ws - 1)
    for seed in (1, 2, 3, 4):
        drawn.clear()
        mixed = request(file, file, edits=LayerEdits(mix_seed=seed, mix_layers=late))
        results = renderer.render(mixed).networks
        afresh = Renderer().render(mixed).networks
        for one, expected in zip(results, afresh, strict=True):
            assert np.array_equal(one.picture, expected.picture)
        assert len(drawn) == (2 if seed <= 2 else 0), "both networks begin where styles differ"


def test_maps_of_all_channels_in_one_picture() -> None:
    """Two patterns mixed into five channels come back as two principal components."""
    patterns = torch.randn(2, 12, 16, generator=torch.Generator().manual_seed(1))
    patterns -= patterns.mean((1, 2), keepdim=True)
    weights = torch.tensor([[3.0, 0.0], [2.0, 0.1], [0.0, 1.0], [0.0, -1.0], [-1.0, 0.0]])
    x = torch.einsum("ck,khw->chw", weights, patterns)[None] + 5

    def maps(of: MapsOf) -> torch.Tensor:
        return torch.from_numpy(feature_maps.feature_maps(x, MapsRequest(0, "layer", of=of)).maps)

    torch.testing.assert_close(maps("mean"), x[0].mean(0, keepdim=True))
    torch.testing.assert_close(maps("max"), x[0].abs().amax(0, keepdim=True))
    components = maps("pca")
    assert components.shape == (3, 12, 16)
    torch.testing.assert_close(components[:2].std((1, 2), correction=0), torch.ones(2))
    assert not components[2].any(), "there are only two"
    basis = torch.linalg.qr(patterns.flatten(1).T).Q
    flat = components[:2].flatten(1).T
    torch.testing.assert_close(basis @ (basis.T @ flat), flat, atol=1e-3, rtol=1e-3)
