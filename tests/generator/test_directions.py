"""Directions in closed form are those that change styles most."""

import pytest
import torch

from generator import seed_z
from generator.directions import _RIDGES, learned_direction, style_directions, style_entries


def test_the_first_direction_changes_the_styles_most(tiny, kind) -> None:
    net = tiny(kind)
    directions = style_directions(net, 2, 3)
    square = directions @ directions.T
    torch.testing.assert_close(square, torch.eye(len(directions)), atol=1e-4, rtol=0)
    names = [name for name, entry in style_entries(net) if entry in (2, 3)]

    def change(direction):
        w = torch.zeros(2, net.w_dim)
        w[1] = direction
        with torch.no_grad():
            styles = [net.synthesis.style(name, w) for name in names]
            weights = [net.synthesis.get_submodule(name).affine.weight for name in names]
        return sum(
            float((style[1] - style[0]).square().sum() / weight.square().sum())
            for style, weight in zip(styles, weights, strict=True)
        )

    random = torch.randn(50, net.w_dim, generator=torch.Generator().manual_seed(0))
    most = max(change(row / row.norm()) for row in random)
    assert change(directions[0]) >= most * 0.999
    assert change(directions[0]) >= change(directions[1])


def test_each_layer_takes_the_entry_that_moves_it(tiny, kind) -> None:
    net = tiny(kind)
    with torch.no_grad():
        ws = net.mapping(seed_z([1], net.z_dim))
    entries = dict(style_entries(net))
    for entry in sorted(set(entries.values())):
        moved, seen = ws.clone(), {}
        moved[:, entry] += 1
        for which, one in (("plain", ws), ("moved", moved)):
            with torch.no_grad():
                seen[which] = {}
                net.synthesis(
                    one, taps=lambda name, x, to=seen[which]: to.update({name: x.clone()})
                )
        first = next(
            name for name, x in seen["plain"].items() if not torch.equal(x, seen["moved"][name])
        )
        assert entries[first] == entry


def test_entries_without_styles_are_refused(tiny) -> None:
    with pytest.raises(ValueError, match="no layer takes a style"):
        style_directions(tiny("stylegan3-t"), 0, 0)


def examples(more, less, noise, size=24, seed=0):
    """w with more and with less of what grows along the first axis."""
    random = torch.Generator().manual_seed(seed)
    w = torch.randn(more + less, size, generator=random)
    w[:, 0] = noise * w[:, 0] + torch.tensor([1.0] * more + [-1.0] * less)
    return w[:more], w[more:]


def test_what_parts_the_examples_is_learned() -> None:
    learned = learned_direction(*examples(300, 200, 0.1))
    assert learned.direction[0] > 0.99
    assert learned.accuracy > 0.99
    # More numbers than examples, as in a w of 512: still on the right side.
    few = learned_direction(*examples(15, 25, 0.5, size=512))
    assert few.direction[0] > 0.2, "a random one of 512 has 0.04"
    assert few.direction.norm() == pytest.approx(1, abs=1e-6)
    less, more = examples(15, 25, 0.5, size=512)
    torch.testing.assert_close(learned_direction(more, less).direction, -few.direction)


def test_examples_that_nothing_parts_are_told_so() -> None:
    random = torch.randn(400, 16, generator=torch.Generator().manual_seed(3))
    assert learned_direction(random[:200], random[200:]).accuracy < 0.6


def test_the_accuracy_is_that_of_leaving_each_example_out() -> None:
    """The closed form against ridge regression without each example, for the best ridge."""
    more, less = (group.double() for group in examples(7, 5, 2.0, size=6, seed=4))
    w, side = torch.cat([more, less]), torch.tensor([1.0] * 7 + [-1.0] * 5).double()
    weight = torch.tensor([0.5 / 7] * 7 + [0.5 / 5] * 5).double()
    variance = (weight[:, None] * (w - weight @ w).square()).sum() / 6

    def plane(keep, strength):
        columns = torch.cat([w, torch.ones(12, 1).double()], 1)[keep]
        square = columns.T @ (weight[keep, None] * columns)
        square[:6, :6] += strength * variance * torch.eye(6).double()
        return torch.linalg.solve(square, columns.T @ (weight[keep] * side[keep]))

    best = None
    for strength in _RIDGES:
        guesses = []
        for out in range(12):
            normal = plane([one for one in range(12) if one != out], strength)
            guesses.append(w[out] @ normal[:6] + normal[6])
        guess = torch.stack(guesses)
        error = float((weight * (guess - side).square()).sum())
        if best is None or error < best[0]:
            best = error, float(weight[(guess * side) > 0].sum()), plane(range(12), strength)[:6]
    assert best is not None
    learned = learned_direction(more, less)
    assert learned.accuracy == pytest.approx(best[1], abs=1e-9)
    torch.testing.assert_close(
        learned.direction.double(), best[2] / best[2].norm(), atol=1e-6, rtol=0
    )


def test_too_few_or_equal_examples_are_refused() -> None:
    w = torch.randn(4, 8, generator=torch.Generator().manual_seed(0))
    with pytest.raises(ValueError, match="at least 2 examples"):
        learned_direction(w[:1], w[1:])
    with pytest.raises(ValueError, match="same place"):
        learned_direction(w[:1].expand(2, 8), w[:1].expand(3, 8))
    with pytest.raises(ValueError, match="must be"):
        learned_direction(w, w[:, :4])
