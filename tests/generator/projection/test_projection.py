"""Pictures are found where they were drawn, moved inputs included, and the same way each time."""

import math
from dataclasses import replace

import pytest
import torch

from generator import seed_z, transforms
from generator.projection import Pose, ProjectionOptions, project
from generator.projection.measures import Closeness, FeatureDistance, psnr_db
from generator.projection.pose import UNITS, composed, pose_matrices, poses_of

QUICK = ProjectionOptions(
    candidates=48, poses=60, starts=2, search_steps=24, refinements=4, layer_steps=12, features=0.0
)


@pytest.fixture
def turning(tiny):
    """Builds networks whose w move and turn the input."""

    def build(kind, **options):
        net = tiny(kind, **options)
        if kind != "stylegan2":
            with torch.no_grad():
                weight = net.synthesis.input.affine.weight
                weight.normal_(0, 0.5, generator=torch.Generator().manual_seed(0))
        return net

    return build


def drawn(net, seed, pose=None, label=None):
    with torch.no_grad():
        ws = net.mapping(seed_z([seed], net.z_dim), label)
        return net.synthesis(ws, transform=None if pose is None else pose.matrix)


def test_a_pose_enlarges_then_turns_then_moves() -> None:
    pose = Pose(0.1, -0.2, 0.4, 1.3)
    steps = transforms.scale(1.3), transforms.rotation(0.4), transforms.translation(0.1, -0.2)
    assert torch.allclose(pose.matrix.float(), transforms.compose(*steps), atol=1e-6)
    units = torch.tensor([[0.1, -0.2, 0.4, math.log(1.3)]]) / torch.tensor(UNITS)
    assert Pose.of(units[0]).x == pytest.approx(0.1)
    then = torch.tensor([[0.05, 0.1, -0.3, 0.1]]) / torch.tensor(UNITS)
    both = pose_matrices(composed(units, then))
    assert torch.allclose(both, pose_matrices(units) @ pose_matrices(then), atol=1e-5)


@pytest.mark.parametrize("kind", ["stylegan3-t", "stylegan3-r"])
def test_what_w_does_to_the_input_is_a_pose(turning, kind) -> None:
    net = turning(kind)
    with torch.no_grad():
        ws = net.mapping(seed_z([1, 2], net.z_dim))
        mean = net.mapping(seed_z(range(50), net.z_dim))[:, 0].mean(0)
        pose = poses_of(net, ws[:, 0], mean)
        assert pose[:, :2].abs().max() > 1, "w has to move the input for this to mean anything"
        still = ws.clone()
        still[:, 0] = mean
        assert torch.allclose(
            net.synthesis(still, transform=pose_matrices(pose)), net.synthesis(ws), atol=1e-3
        )


def test_the_loss_has_the_gradient_of_its_differences(turning) -> None:
    net = turning("stylegan3-r").double()
    target = drawn(net, 3).detach()
    ws = net.mapping(seed_z([4], net.z_dim)).detach().requires_grad_()
    pose = torch.tensor([[0.5, -0.3, 0.2, 0.1]], dtype=torch.float64, requires_grad=True)
    close = Closeness(target)

    def loss(ws, pose):
        return close(net.synthesis(ws, transform=pose_matrices(pose))).sum()

    gradients = torch.autograd.grad(loss(ws, pose), [ws, pose])
    for index, gradient in enumerate(gradients):
        direction = torch.randn(gradient.shape, generator=torch.Generator().manual_seed(index))
        moved = [[part.detach() for part in (ws, pose)] for _ in range(2)]
        for places, sign in zip(moved, (1, -1), strict=True):
            places[index] = places[index] + sign * 1e-6 * direction
        with torch.no_grad():
            change = (loss(*moved[0]) - loss(*moved[1])) / 2e-6
        assert float((gradient * direction).sum()) == pytest.approx(float(change), rel=5e-3)


@pytest.mark.slow
def test_its_own_picture_is_found(turning, kind) -> None:
    net = turning(kind)
    pose = Pose(0.1, -0.05, 0.3 if kind == "stylegan3-r" else 0.0)
    target = drawn(net, 7, pose if kind != "stylegan2" else None)
    levels = []
    found = project(net, target, QUICK, lambda now: levels.append(now.psnr_db))
    with torch.no_grad():
        random = net.synthesis(net.mapping(seed_z(range(100, 300), net.z_dim)))
    assert found.psnr_db > float(psnr_db(random, target).max()) + 3
    matrix = None if kind == "stylegan2" else found.transform
    with torch.no_grad():
        again = net.synthesis(found.ws, transform=matrix)
    assert torch.allclose(again, found.image, atol=1e-5), "what is told draws what was shown"
    assert levels[-1] <= found.psnr_db + 1e-3


@pytest.mark.soak
def test_the_same_seed_finds_the_same(turning) -> None:
    net = turning("stylegan3-t")
    target = drawn(net, 7)
    options = replace(QUICK, search_steps=6, refinements=1, layer_steps=3, tune=2)
    one, other = project(net, target, options), project(net, target, options)
    assert torch.equal(one.ws, other.ws)
    assert one.pose == other.pose
    assert torch.equal(one.tuned_image, other.tuned_image)
    third = project(net, target, replace(options, seed=1))
    assert not torch.equal(one.ws, third.ws)


def test_it_ends_where_progress_raises_and_leaves_the_network_alone(turning) -> None:
    net = turning("stylegan2")
    before = {name: value.clone() for name, value in net.state_dict().items()}
    seen = []

    def stop(now):
        seen.append(now)
        if now.stage == "searching":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        project(net, drawn(net, 1), QUICK, stop)
    assert all(0 <= now.done <= now.total for now in seen)
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    assert all(part.requires_grad for part in net.mapping.parameters())


@pytest.mark.soak
def test_tuning_draws_the_picture_and_leaves_the_network_alone(turning) -> None:
    net = turning("stylegan3-t")
    target = torch.full((1, 3, 32, 32), 0.3)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    options = replace(QUICK, search_steps=6, refinements=0, layer_steps=0, tune=60)
    found = project(net, target, options)
    assert found.tuned_psnr_db > found.psnr_db + 1
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    assert not any(part.requires_grad for part in found.tuned.parameters())


def test_a_network_with_classes_tells_the_class(turning) -> None:
    net = turning("stylegan2", c_dim=3)
    label = torch.tensor([[0.0, 1.0, 0.0]])
    options = replace(QUICK, search_steps=4, refinements=0, layer_steps=0)
    found = project(net, drawn(net, 5, label=label), options)
    assert found.class_index in (0, 1, 2)


@pytest.mark.slow
def test_pictures_of_any_shape_are_found(turning) -> None:
    net = turning("stylegan3-t", size=(32, 48))
    options = replace(QUICK, candidates=16, search_steps=3, refinements=1, layer_steps=2)
    found = project(net, drawn(net, 5), options)
    assert found.image.shape == (1, 3, 32, 48)
    assert math.isfinite(found.psnr_db)


def test_features_tell_a_picture_from_another() -> None:
    random = torch.Generator().manual_seed(0)
    one, other = (torch.rand(1, 3, 64, 64, generator=random) * 2 - 1 for _ in range(2))
    distance = FeatureDistance(one)
    assert float(distance(one)) == pytest.approx(0, abs=1e-6)
    assert float(distance(0.9 * one)) < float(distance(other))


def test_pictures_of_another_size_are_refused(tiny) -> None:
    with pytest.raises(ValueError, match=r"must be \[1, 3, 32, 32\]"):
        project(tiny("stylegan2"), torch.zeros(3, 16, 16))
    with pytest.raises(ValueError, match="finite"):
        project(tiny("stylegan2"), torch.full((3, 32, 32), math.nan))
