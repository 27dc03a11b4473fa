"""Plain moves are found exactly, handles are followed, and drags are the same each time."""

import math
from dataclasses import replace

import pytest
import torch

from benchmarks.dragging import found_again
from generator import load_network, seed_z, transforms
from generator.dragging import DragOptions, DragPair, drag, drag_steps
from generator.dragging.maps import LayerMaps, disc
from generator.dragging.plain_move import plain_move
from generator.dragging.points import checked_pairs
from generator.dragging.steps import Supervision

QUICK = DragOptions(steps=3, radius=2.0, search=2.0, move_first=False)
PAIRS = [DragPair(10.5, 12.5, 14.0, 11.0), DragPair(20.0, 20.0, 20.0, 20.0)]


def latent(net, seed=3):
    with torch.no_grad():
        return net.mapping(seed_z([seed], net.z_dim))


def moved_by(x, y, angle, places, size=32):
    """Pairs of places and where a turn about the middle, then a shift in pixels takes them."""
    cos, sin = math.cos(angle), math.sin(angle)
    pairs = []
    for left, top in places:
        across, down = left - size / 2, top - size / 2
        to = cos * across + sin * down + size / 2 + x, cos * down - sin * across + size / 2 + y
        pairs.append(DragPair(left, top, *to))
    return pairs


def test_the_wanted_change_has_the_gradient_of_its_differences(tiny, kind) -> None:
    net = tiny(kind).double().requires_grad_(False)
    maps = LayerMaps(net)
    ws = latent(net)
    handles, targets = checked_pairs(PAIRS, net.size)
    mask = torch.zeros(32, 32, dtype=torch.bool)
    mask[4:28, 4:28] = True
    options = DragOptions(radius=2.0, hold=1.5)
    goal = Supervision(maps, maps(ws), handles, options, maps.held(mask))
    random = torch.Generator().manual_seed(1)
    ws = ws + 0.1 * torch.randn(ws.shape, dtype=torch.float64, generator=random)
    ahead = goal.ahead(handles, targets)

    def loss(ws):
        return goal.loss(maps(ws), ahead)

    ws.requires_grad_()
    (gradient,) = torch.autograd.grad(loss(ws), [ws])
    direction = torch.randn(ws.shape, dtype=torch.float64, generator=random)
    with torch.no_grad():
        difference = (loss(ws + 1e-6 * direction) - loss(ws - 1e-6 * direction)) / 2e-6
    assert float((gradient * direction).sum()) == pytest.approx(float(difference), rel=1e-4)
    assert not gradient[:, maps.num_ws :].any(), "later ws take no part"
    assert gradient[:, maps.num_ws - 1].any()


@pytest.mark.parametrize("kind", ["stylegan3-t", "stylegan3-r"])
def test_a_shift_is_done_by_the_input_alone(tiny, kind) -> None:
    net, before = tiny(kind), transforms.rotation(0.3)
    ws = latent(net)
    pairs = moved_by(4.0, -2.0, 0.0, [(8, 10), (20, 15), (12, 24)])
    for chosen in (pairs, pairs[:1]):
        dragged = drag(net, ws, before, chosen)
        assert dragged.arrived
        assert dragged.steps == 0
        assert torch.equal(dragged.ws, ws)
        assert (dragged.pose.x, dragged.pose.y) == pytest.approx((4 / 32, -2 / 32))
        assert dragged.pose.angle_rad == pytest.approx(0.0, abs=1e-9)
        wanted = transforms.compose(before, transforms.translation(4 / 32, -2 / 32))
        assert torch.allclose(dragged.transform.float(), wanted, atol=1e-6)
        assert "moved by (4.0, -2.0) px, which is all of the drag" in dragged.note


def test_a_turn_is_done_by_the_input_of_r_alone(tiny) -> None:
    pairs = moved_by(3.0, 1.0, 0.4, [(8, 10), (20, 15), (12, 24)])
    net = tiny("stylegan3-r")
    dragged = drag(net, latent(net), None, pairs)
    assert dragged.steps == 0
    assert dragged.pose.angle_rad == pytest.approx(0.4)
    wanted = transforms.compose(transforms.rotation(0.4), transforms.translation(3 / 32, 1 / 32))
    assert torch.allclose(dragged.transform.float(), wanted, atol=1e-6)
    net = tiny("stylegan3-t")
    move = plain_move(net, *checked_pairs(pairs, net.size))
    assert move is not None
    assert move.pose.angle_rad == 0
    assert 0.1 < move.explained < 0.9
    net = tiny("stylegan2")
    assert plain_move(net, *checked_pairs(pairs, net.size)) is None


def test_what_a_move_does_not_explain_is_no_move(tiny) -> None:
    net = tiny("stylegan3-r")
    apart = [DragPair(10, 16, 7, 16), DragPair(22, 16, 25, 16)]
    one = DragPair(10, 16, 7, 16)
    mask = torch.zeros(32, 32)
    mask[8:24, 4:20] = 1
    quick = replace(QUICK, steps=1, move_first=True)
    for pairs, part, options in (
        (apart, None, quick),
        ([one], mask, quick),
        ([one], None, replace(quick, move_first=False)),
    ):
        dragged = drag(net, latent(net), None, pairs, part, options)
        assert dragged.note == ""
        assert torch.equal(dragged.transform, torch.eye(3, dtype=torch.float64))


def test_handles_are_found_where_the_picture_has_moved_to(tiny) -> None:
    net = tiny("stylegan3-t", margin=10)
    still = LayerMaps(net)
    moved = LayerMaps(net, transform=transforms.translation(1.5 / 32, -2.25 / 32))
    handles, _ = checked_pairs(PAIRS, net.size)
    with torch.no_grad():
        before, after = still(latent(net)), moved(latent(net))
    goal = Supervision(still, before, handles, DragOptions(radius=4.0))
    shift = torch.tensor([1.5, -2.25], dtype=torch.float64)
    assert torch.allclose(goal.tracked(after, handles), handles + shift, atol=0.26)
    assert torch.equal(goal.tracked(before, handles), handles)
    assert float(goal.loss(before, handles)) == 0
    assert float(goal.loss(after, handles)) > 3 * float(goal.loss(after, handles + shift))


def test_maps_are_read_where_the_picture_is(tiny) -> None:
    for kind in ("stylegan2", "stylegan3-r"):
        net = tiny(kind)
        maps = LayerMaps(net)
        with torch.no_grad():
            drawn = maps(latent(net))
        high, wide = drawn.shape[2:]
        places = torch.tensor([[0.5, 0.5], [31.5, 7.5]], dtype=torch.float64)
        found = maps.at(drawn, places)
        top, left = (high - 32) // 2, (wide - 32) // 2
        assert torch.allclose(found[0], drawn[0, :, top, left], atol=1e-5)
        assert torch.allclose(found[1], drawn[0, :, top + 7, left + 31], atol=1e-5)
        mask = torch.ones(32, 32, dtype=torch.bool)
        mask[5, 9] = False
        assert maps.held(mask).nonzero().tolist() == [[top + 5, left + 9]]


@pytest.mark.parametrize("space", ["w", "w+"])
def test_a_drag_is_repeated_to_the_last_bit(tiny, kind, space) -> None:
    net = tiny(kind)
    ws, seen = latent(net), []
    options = replace(QUICK, space=space)
    dragged = drag(net, ws, None, PAIRS, options=options, progress=seen.append)
    again = drag(net, ws, None, PAIRS, options=options)
    assert torch.equal(dragged.ws, again.ws)
    assert torch.equal(dragged.places, again.places)
    assert [one.step for one in seen] == [0, 1, 2, 3]
    assert torch.equal(seen[0].ws, ws)
    assert dragged.distance_px == min(one.distance_px for one in seen)
    change = seen[-1].ws - ws
    assert change.abs().max() > 0
    if space == "w":
        assert torch.allclose(change, change[:, :1].expand_as(change), atol=1e-6)
    else:
        assert not change[:, LayerMaps(net).num_ws :].any()
    assert all(one.requires_grad for one in net.parameters()), "the network stays as it was"


def test_a_drag_ends_when_it_is_told_to(tiny) -> None:
    net = tiny("stylegan2")

    def stop(now):
        if now.step == 1:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        drag(net, latent(net), None, PAIRS, options=QUICK, progress=stop)
    steps = drag_steps(net, latent(net), None, PAIRS, options=QUICK)
    assert next(steps).step == 0
    steps.close()


@pytest.mark.parametrize(
    ("pairs", "mask", "options", "message"),
    [
        ([], None, {}, "name at least one handle"),
        ([DragPair(40, 3, 4, 4)], None, {}, r"the handle \(40, 3\) lies outside the picture of 32"),
        ([DragPair(4, 3, 4, -1)], None, {}, r"the target \(4, -1\) lies outside"),
        ([DragPair(math.nan, 3, 4, 4)], None, {}, "lies outside"),
        (PAIRS * 40, None, {}, "at most 64 handles"),
        (PAIRS, torch.ones(16, 32), {}, r"the mask must be \[32, 32\], as the picture"),
        (PAIRS, torch.zeros(32, 32), {}, "lets nothing move"),
        (PAIRS, None, {"layer": "b9.conv7"}, "no layer 'b9.conv7'; there are b4.conv1, "),
        (PAIRS, None, {"space": "z"}, "the space must be w or w"),
        (PAIRS, None, {"rate": 0.0}, "the rate must be"),
        (PAIRS, None, {"steps": 0}, "the number of steps must be"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tiny, pairs, mask, options, message) -> None:
    net = tiny("stylegan2")
    with pytest.raises(ValueError, match=message) as error:
        drag(net, latent(net), None, pairs, mask, DragOptions(**options))
    assert "\n" not in str(error.value)


def test_latents_of_another_network_are_refused(tiny) -> None:
    with pytest.raises(ValueError, match=r"ws must be \[1, 8, 16\]"):
        drag(tiny("stylegan2"), torch.zeros(1, 5, 16), None, PAIRS)


def test_a_disc_is_round() -> None:
    assert len(disc(1.0)) == 5
    assert len(disc(1.0, 0.5)) == 13


@pytest.mark.slow
def test_land_is_dragged_in_a_bundled_network() -> None:
    net = load_network("relief-stylegan2")
    ws = latent(net, 607941)
    pair = DragPair(30.5, 30.5, 33.5, 30.5)
    dragged = drag(net, ws, None, [pair])
    assert dragged.arrived
    with torch.no_grad():
        before, after = net.synthesis(ws), net.synthesis(dragged.ws)
    place, _ = found_again(before, after, pair.x, pair.y, 6.0)
    assert math.dist(place, (pair.to_x, pair.to_y)) < 1.5
