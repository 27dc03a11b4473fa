"""Style mixing, principal directions and blended classes, in w."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from generator import NetworkConfig, build_network, seed_z
from generator.seeds import seed_class
from viz.protocol.latent import GivenLatent
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


def random_w(space: LatentSpace) -> torch.Tensor:
    """The w of 4000 seeds, each of a random class: [4000, w_dim]."""
    classes = torch.randint(3, (4000,), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return space._net.mapping(seed_z(range(4000), 16), torch.eye(3)[classes])[:, 0]


def test_painted_layers_take_the_second_seed_and_the_rest_stay(space: LatentSpace) -> None:
    plain = ws_with(space, LayerEdits())
    other = space.ws_at(LatentPoint(seeds=((9, 1.0),)), psi=0.7, cutoff=None)[0]
    mixed = ws_with(space, LayerEdits(mix_seed=9, mix_layers=(0, 3, 40)))
    for layer in range(len(plain)):
        torch.testing.assert_close(mixed[layer], (other if layer in (0, 3) else plain)[layer])


@pytest.mark.slow
def test_principal_directions_are_orthogonal_and_as_long_as_w_deviate(space: LatentSpace) -> None:
    rows = space.principal
    lengths = rows.norm(dim=1)
    assert (lengths[:-1] >= lengths[1:]).all()
    unit = rows / lengths[:, None]
    torch.testing.assert_close(unit @ unit.T, torch.eye(12), atol=1e-4, rtol=0)
    w = random_w(space)
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


def test_every_w_is_of_a_class_that_the_network_has(
    space: LatentSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No network has seen an all-zero label in its training."""
    given: list[torch.Tensor] = []
    mapping = space._net.mapping.forward

    def noted(z: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
        given.append(c)
        return mapping(z, c)

    fresh = LatentSpace(space._net)
    monkeypatch.setattr(fresh._net.mapping, "forward", noted)
    z = GivenLatent.of("z", seed_z([1], 16).numpy())
    for point in (LatentPoint(walk=(0.1, 0.1)), LatentPoint(given=z)):
        fresh.ws_at(point, psi=1.0, cutoff=None)
    assert len(given) >= 4
    for labels in given:
        torch.testing.assert_close(labels.max(1).values, torch.ones(len(labels)))
        torch.testing.assert_close(labels.sum(1), torch.ones(len(labels)))


def test_a_seed_chooses_its_class_as_the_original_visualizer_does(space: LatentSpace) -> None:
    chosen = [seed_class(seed, 16, 3) for seed in range(60)]
    assert set(chosen) == {0, 1, 2}
    random = np.random.RandomState(7)
    random.randn(16)
    assert chosen[7] == random.randint(3)
    torch.testing.assert_close(space.w(7), space.w(7, ((chosen[7], 1.0),)))


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


@pytest.mark.slow
@pytest.mark.parametrize("basis", ["axes", "principal"])
def test_scores_of_random_w_have_unit_deviation(space: LatentSpace, basis: WBasis) -> None:
    w = random_w(space)
    scores = space.scores(w, basis)
    # How well 512 samples know a deviation depends on the fourth moment; some have long tails.
    kurtosis = (scores - scores.mean(0)).pow(4).mean(0) / scores.var(0).square()
    chance = ((kurtosis - 1) / (4 * 512)).sqrt()
    assert ((scores.std(0) - 1).abs() < 4 * chance).all()
    assert chance.median() < 0.06


def test_style_directions_move_their_layers_alone(space: LatentSpace) -> None:
    plain = ws_with(space, LayerEdits())
    step = WStep(0, 2.0, 2, 3, source="styles")
    moved = ws_with(space, LayerEdits(steps=(step,)))
    offset = moved[2] - plain[2]
    assert offset.norm() > 0.1
    for layer in range(len(plain)):
        expected = plain[layer] + offset if layer in (2, 3) else plain[layer]
        torch.testing.assert_close(moved[layer], expected)
    none = ws_with(space, LayerEdits(steps=(WStep(60, 2.0, source="styles"),)))
    torch.testing.assert_close(none, plain)


def test_a_direction_apart_has_nothing_in_common_with_those_before(space: LatentSpace) -> None:
    plain = ws_with(space, LayerEdits())
    mixed = space.principal[0] + 0.5 * space.principal[1] + 0.2 * space.principal[3]
    given = GivenLatent.of("w", mixed.numpy())
    others = (WStep(0, 0.0), WStep(3, 0.0))
    apart = WStep(0, 1.5, given=given, apart=True)
    offset = (ws_with(space, LayerEdits(steps=(*others, apart))) - plain)[0]
    expected = 1.5 * space.principal[1]  # all that is left, one deviation along it long
    torch.testing.assert_close(offset, expected, atol=2e-3, rtol=0)
    # The same twice leaves nothing, and the first of all has nothing before it.
    twice = (WStep(2, 0.0), WStep(2, 2.0, apart=True))
    torch.testing.assert_close(ws_with(space, LayerEdits(steps=twice)), plain)
    alone = ws_with(space, LayerEdits(steps=(WStep(2, 2.0, apart=True),)))
    torch.testing.assert_close(alone, ws_with(space, LayerEdits(steps=(WStep(2, 2.0),))))
