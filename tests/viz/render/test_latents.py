"""Style mixing, principal directions and blended classes, in w."""

from __future__ import annotations

import pytest
import torch

from generator import NetworkConfig, build_network, seed_z
from viz.protocol.request import LatentPoint, LayerEdits, WBasis, WOffsets, WStep
from viz.render.latents import LatentSpace


@pytest.fixture(scope="module")
def space() -> LatentSpace:
    config = NetworkConfig(
        kind="stylegan2",
        resolution=16,
        z_dim=16,
        c_dim=3,
        w_dim=12,
        channel_base=128,
        channel_max=8,
    )
    return LatentSpace(build_network(config, seed=1).requires_grad_(False))


def ws_with(space: LatentSpace, edits: LayerEdits) -> torch.Tensor:
    return space.ws_at(LatentPoint(seeds=((1, 1.0),)), psi=0.7, cutoff=None, edits=edits)[0]


def test_painted_layers_take_the_second_seed_and_the_rest_stay(space: LatentSpace) -> None:
    plain = ws_with(space, LayerEdits())
    other = space.ws_at(LatentPoint(seeds=((9, 1.0),)), psi=0.7, cutoff=None)[0]
    mixed = ws_with(space, LayerEdits(mix_seed=9, mix_layers=(0, 3, 40)))
    for layer in range(len(plain)):
        torch.testing.assert_close(mixed[layer], (other if layer in (0, 3) else plain)[layer])


def test_principal_directions_are_orthogonal_and_as_long_as_w_deviate(space: LatentSpace) -> None:
    rows = space.principal
    lengths = rows.norm(dim=1)
    assert (lengths[:-1] >= lengths[1:]).all()
    unit = rows / lengths[:, None]
    torch.testing.assert_close(unit @ unit.T, torch.eye(12), atol=1e-4, rtol=0)
    with torch.no_grad():
        w = space._net.mapping(seed_z(range(4000), 16), torch.zeros(4000, 3))[:, 0]
    along = ((w - w.mean(0)) @ unit.T).std(0)
    # 512 samples know a deviation to about 3 %, four times that is chance's limit.
    torch.testing.assert_close(along[:4], lengths[:4], rtol=0.15, atol=0)


def test_a_step_moves_only_its_layers(space: LatentSpace) -> None:
    plain = ws_with(space, LayerEdits())
    moved = ws_with(space, LayerEdits(steps=(WStep(1, -2.0, 2, 3),)))
    for layer in range(len(plain)):
        expected = plain[layer] - 2.0 * space.principal[1] if layer in (2, 3) else plain[layer]
        torch.testing.assert_close(moved[layer], expected)


def test_classes_blend_in_the_label(space: LatentSpace) -> None:
    blended = space.w(4, ((0, 0.25), (5, 0.75)))  # 5 is class 2 of 3
    with torch.no_grad():
        label = torch.tensor([[0.25, 0.0, 0.75]])
        expected = space._net.mapping(seed_z([4], 16), label)[0, 0]
    torch.testing.assert_close(blended, expected)
    assert not torch.equal(blended, space.w(4, ((0, 1.0),)))


def test_a_direction_that_a_network_lacks_moves_nothing(space: LatentSpace) -> None:
    moved = ws_with(space, LayerEdits(steps=(WStep(60, 2.0),)))
    torch.testing.assert_close(moved, ws_with(space, LayerEdits()))


@pytest.mark.parametrize("basis", ["axes", "principal"])
def test_offsets_add_to_the_scores_of_their_layer_alone(space: LatentSpace, basis: WBasis) -> None:
    plain = ws_with(space, LayerEdits())
    values = (0.5, 0.0, -1.5)
    beyond = (WOffsets(40, basis, (1.0,)), WOffsets(1, basis, (0.0,) * 12 + (9.0,)))
    moved = ws_with(space, LayerEdits(offsets=(WOffsets(2, basis, values), *beyond)))
    expected = space.scores(plain, basis)
    expected[2, :3] += torch.tensor(values)
    # Scores are a change of basis and back in float32; the shortest direction amplifies it most.
    torch.testing.assert_close(space.scores(moved, basis), expected, atol=2e-3, rtol=0)


@pytest.mark.parametrize("basis", ["axes", "principal"])
def test_scores_of_random_w_have_unit_deviation(space: LatentSpace, basis: WBasis) -> None:
    with torch.no_grad():
        w = space._net.mapping(seed_z(range(4000), 16), torch.zeros(4000, 3))[:, 0]
    scores = space.scores(w, basis)
    # 512 samples know a deviation to about 3 %, four times that is chance's limit.
    torch.testing.assert_close(scores.std(0), torch.ones(12), rtol=0.15, atol=0)
