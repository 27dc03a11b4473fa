"""The mapping network: labels, truncation, the running mean."""

import numpy as np
import pytest
import torch

from generator import seed_z


@torch.no_grad()
def test_truncation_moves_towards_the_mean_up_to_the_cutoff(tiny) -> None:
    net = tiny("stylegan3-t")
    net.mapping.w_avg.normal_()
    z = seed_z([1, 2], 16)
    ws = net.mapping(z)
    truncated = net.mapping(z, psi=0.25, cutoff=3)
    expected = net.mapping.w_avg + 0.25 * (ws - net.mapping.w_avg)
    torch.testing.assert_close(truncated[:, :3], expected[:, :3])
    assert torch.equal(truncated[:, 3:], ws[:, 3:])
    torch.testing.assert_close(net.mapping(z, psi=0.25), expected)
    torch.testing.assert_close(net.mapping(z, psi=0)[0, 0], net.mapping.w_avg)
    with pytest.raises(ValueError, match="cutoff"):
        net.mapping(z, psi=0.5, cutoff=-1)


@torch.no_grad()
def test_styles_can_be_mixed_in_place(tiny, kind) -> None:
    net = tiny(kind)
    ws, other = net.mapping(seed_z([1], 16)), net.mapping(seed_z([2], 16))
    ws[:, 2:4] = other[:, 2:4]
    assert torch.equal(ws[:, :2], net.mapping(seed_z([1], 16))[:, :2])


@torch.no_grad()
def test_length_of_z_does_not_matter(tiny, kind) -> None:
    net = tiny(kind)
    z = seed_z([3], 16)
    torch.testing.assert_close(net.mapping(10 * z), net.mapping(z), atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_labels_choose_and_are_required(tiny, kind) -> None:
    net = tiny(kind, c_dim=3)
    z = seed_z([0, 0, 0], 16)
    ws = net.mapping(z, torch.eye(3))
    assert ws.shape == (3, net.num_ws, 16)
    assert (ws[0] - ws[1]).abs().max() > 0.01
    assert (ws[1] - ws[2]).abs().max() > 0.01
    with pytest.raises(ValueError, match="needs a class label"):
        net.mapping(z)
    with pytest.raises(ValueError, match=r"c must be \[N, 3\]"):
        net.mapping(z, torch.eye(4)[:3])
    with pytest.raises(ValueError, match="equal lengths"):
        net.mapping(z, torch.eye(3)[:2])


@torch.no_grad()
def test_conditional_mapping_by_its_formula(tiny) -> None:
    """Normalised latent and normalised embedding side by side, then lrelu layers of gain √2."""
    net = tiny("stylegan3-t", c_dim=3)
    z, c = seed_z([5], 16), torch.tensor([[0.0, 1.0, 0.0]])
    weights = {name: p.double().numpy() for name, p in net.mapping.state_dict().items()}

    def unit(x: np.ndarray) -> np.ndarray:
        return x / np.sqrt(np.mean(x**2))

    label = weights["embed.weight"] @ c[0].double().numpy() / np.sqrt(3) + weights["embed.bias"]
    x = np.concatenate([unit(z[0].double().numpy()), unit(label)])
    for name in ("fc0", "fc1"):
        x = weights[f"{name}.weight"] @ x * 0.01 / np.sqrt(len(x)) + 0.01 * weights[f"{name}.bias"]
        x = np.where(x > 0, x, 0.2 * x) * np.sqrt(2)
    torch.testing.assert_close(
        net.mapping(z, c)[0, 0].double(), torch.from_numpy(x), atol=1e-5, rtol=0
    )


def test_mean_w_is_tracked_only_when_asked(tiny) -> None:
    net = tiny("stylegan3-t")
    z = seed_z(range(8), 16)
    ws = net.mapping(z)
    assert net.mapping.w_avg.abs().max() == 0
    net.mapping(z, update_average=True)
    torch.testing.assert_close(net.mapping.w_avg, 0.002 * ws[:, 0].detach().mean(dim=0))


def test_wrong_latent_is_refused(tiny) -> None:
    with pytest.raises(ValueError, match=r"z must be \[N, 16\]"):
        tiny("stylegan3-t").mapping(torch.zeros(2, 17))


def test_seeds_follow_numpy() -> None:
    z = seed_z([7, 2**32 - 1], 5)
    assert z.dtype == torch.float32
    expected = np.random.RandomState(7).randn(1, 5).astype(np.float32)
    assert np.array_equal(z[:1].numpy(), expected)
    assert seed_z([], 5).shape == (0, 5)
    with pytest.raises(ValueError, match="seed must be"):
        seed_z([-1], 5)
