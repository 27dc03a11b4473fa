"""Directions in closed form are those that change styles most."""

import pytest
import torch

from generator import seed_z
from generator.directions import style_directions, style_entries


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
