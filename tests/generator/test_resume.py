"""Pictures that begin where they differ from the one before."""

import pytest
import torch
from torch import Tensor

from generator import Generator, LayerEdit, seed_z
from generator.resume import Resume


class Counted:
    """A network drawn with and without `resume`, and the layers that were computed."""

    def __init__(self, net: Generator) -> None:
        self.net = net.requires_grad_(False)
        self.resume = Resume()
        self.drawn: list[str] = []
        for info in net.synthesis.layers:
            name = info.name if info.kernel else "input"
            if name in dict(net.synthesis.named_modules()):
                net.synthesis.get_submodule(name).register_forward_hook(
                    lambda *_, name=name: self.drawn.append(name)
                )

    def layers(self, ws: Tensor, **arguments: object) -> list[str]:
        """The layers computed for a picture that must equal that of a whole pass."""
        with torch.inference_mode():
            expected = self.net.synthesis(ws, **arguments)
            self.drawn.clear()
            picture = self.net.synthesis(ws, resume=self.resume, **arguments)
        assert torch.equal(picture, expected)
        return self.drawn.copy()


@pytest.fixture
def counted(tiny, kind) -> Counted:
    return Counted(tiny(kind))


def ws_from(net: Generator, first: int, seed: int) -> Tensor:
    """Return ws of one seed up to a row, of another from there on."""
    with torch.inference_mode():
        both = net.mapping(seed_z([0, seed], 16))
        return torch.cat([both[:1, :first], both[1:, first:]], 1)


def test_only_what_changes_is_drawn(counted: Counted) -> None:
    net = counted.net
    whole = counted.layers(ws_from(net, net.num_ws, 1))
    last = net.num_ws - 2
    assert counted.layers(ws_from(net, last, 1)) == whole  # tells where changes begin
    for seed in (2, 3):
        rest = counted.layers(ws_from(net, last, seed))
        assert 0 < len(rest) < len(whole)
        assert rest == whole[-len(rest) :]
    # Something before that changes: all is drawn again, but for an input that takes no w.
    for first, seed in ((0, 4), (last, 5)):
        assert counted.layers(ws_from(net, first, seed))[-len(whole) + 1 :] == whole[1:]


def test_edits_of_a_late_layer(counted: Counted) -> None:
    net, ws = counted.net, ws_from(counted.net, counted.net.num_ws, 1)
    late = [info.name for info in net.synthesis.layers if not info.to_rgb][-1]
    whole = counted.layers(ws)
    counts = []
    for offset in (0.1, 0.2, torch.full((1,), 0.3)):
        edits = {late: LayerEdit(style_offset=offset)}
        counts.append(len(counted.layers(ws, edits=edits)))
    assert counts[0] == len(whole)
    assert counts[1] == counts[2] < len(whole) / 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [{"transform": torch.eye(3) * torch.tensor([[1.0], [-1.0], [1.0]])}, {"precision": "bf16"}],
    ids=["transform", "precision"],
)
def test_what_all_layers_depend_on(counted: Counted, change: dict[str, object]) -> None:
    net = counted.net
    last = net.num_ws - 2
    for seed in (1, 2, 3):
        counted.layers(ws_from(net, last, seed))
    whole = counted.layers(ws_from(net, last, 4), **change)
    assert len(whole) > len(net.synthesis.layers) / 2
    assert counted.layers(ws_from(net, last, 5)) == whole


def test_batches_taps_and_gradients_draw_every_layer(tiny, kind) -> None:
    net, resume = tiny(kind), Resume()
    ws = ws_from(net, net.num_ws, 1).clone()
    names: list[str] = []
    with torch.no_grad():
        for _ in range(3):
            net.synthesis(ws, resume=resume)
        net.synthesis(ws, resume=resume, taps=lambda name, x: names.append(name))
        pair = net.synthesis(ws.repeat(2, 1, 1), resume=resume)
    assert names == [info.name for info in net.synthesis.layers]
    assert pair.shape[0] == 2
    net.synthesis(ws, resume=resume).sum().backward()
    assert net.synthesis.get_submodule(names[-1]).weight.grad is not None


def test_a_state_beyond_the_limit_is_not_kept(tiny) -> None:
    counted = Counted(tiny("stylegan3-t"))
    counted.resume = Resume(limit_bytes=100)
    lengths = {len(counted.layers(ws_from(counted.net, 5, seed))) for seed in (1, 2, 3)}
    assert lengths == {len(counted.net.synthesis.layers)}
