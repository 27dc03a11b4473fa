"""Thumbnails are the pictures of the stage, drawn when nobody waits for anything else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from viz.protocol.request import LatentPoint, Placement, Request
from viz.protocol.thumbnails import LARGEST_PX, Thumbnail, ThumbnailsRequest, ThumbnailsResult
from viz.render import thumbnails as module
from viz.render.renderer import Renderer
from viz.render.thumbnails import ThumbnailDrawer

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Bench:
    """A drawer, what it sends, and whether something more urgent has come."""

    def __init__(self) -> None:
        self.renderer = Renderer()
        self.sent: list[ThumbnailsResult] = []
        self.asked = 0
        self.interrupted_at = -1
        """Number of the question whether something has come that is answered by yes."""
        self.drawer = ThumbnailDrawer(
            self.renderer.networks, self.sent.append, self._is_interrupted
        )

    def _is_interrupted(self) -> bool:
        self.asked += 1
        return self.asked == self.interrupted_at


class Counted:
    """Time that passes only while thumbnails are drawn, each of them as slowly as is said."""

    def __init__(self, bench: Bench, patch: pytest.MonkeyPatch, *, cost_s: float) -> None:
        self.now_s = 100.0
        draw = bench.drawer._draw

        def drawn(wanted: Thumbnail, *, stops: bool) -> NDArray[np.uint8]:
            pixels = draw(wanted, stops=stops)
            self.now_s += cost_s
            return pixels

        patch.setattr(bench.drawer, "_draw", drawn)
        patch.setattr(module, "time", SimpleNamespace(perf_counter=lambda: self.now_s))


def thumbnails(source: str, *seeds: int, psi: float = 1.0) -> ThumbnailsRequest:
    wanted = (Thumbnail(source, LatentPoint(((seed, 1.0),)), psi=psi) for seed in seeds)
    return ThumbnailsRequest(tuple(wanted), threads=1)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize("kind", ["stylegan2", "stylegan3-r"])
def test_a_thumbnail_is_the_picture_of_the_stage(
    bench: Bench, network_files: dict[str, str], kind: str
) -> None:
    source, point = network_files[kind], LatentPoint(((5, 1.0),))
    bench.drawer.take(thumbnails(source, 5, psi=0.7))
    bench.drawer.step()
    (result,) = bench.sent
    ((_wanted, pixels),) = result.drawn
    asked = Request(networks=(source,), place=Placement(point), psi=0.7, threads=1)
    expected = bench.renderer.render(asked).networks[0].picture
    assert expected is not None
    np.testing.assert_array_equal(pixels, expected[..., :3])


def test_large_pictures_are_shrunk_and_keep_their_mean(
    bench: Bench, network_files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = network_files["stylegan3-t"]
    bench.drawer.take(thumbnails(source, 5))
    bench.drawer.step()
    monkeypatch.setattr(module, "LARGEST_PX", 8)
    bench.drawer.take(thumbnails(source, 5))
    bench.drawer.step()
    whole, small = (result.drawn[0][1] for result in bench.sent)
    assert whole.shape == (32, 32, 3)
    assert whole.shape[0] <= LARGEST_PX
    assert small.shape == (8, 8, 3)
    np.testing.assert_allclose(small.mean((0, 1)), whole.mean((0, 1)), atol=2.0)


def test_it_gives_way_in_the_middle_of_a_picture_and_hands_the_request_back(
    bench: Bench, network_files: dict[str, str]
) -> None:
    bench.interrupted_at = 3
    request = thumbnails(network_files["stylegan3-t"], 1)
    bench.drawer.take(request)
    bench.drawer.step()
    assert bench.asked == 3, "a few layers were drawn, and no more"
    (result,) = bench.sent
    assert (result.request, result.drawn, result.errors) == (request, (), ())
    assert bench.drawer.patience_s is None


def test_while_pictures_follow_each_other_it_waits_and_gets_a_small_share(
    bench: Bench, network_files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Counted(bench, monkeypatch, cost_s=0.01)
    bench.drawer.take(thumbnails(network_files["stylegan3-t"], 9))
    bench.drawer.step()
    bench.sent.clear()
    bench.drawer.take(thumbnails(network_files["stylegan3-t"], 1, 2))
    bench.drawer.picture_took(0.0)
    patience = bench.drawer.patience_s
    assert patience is not None
    assert patience > 0
    assert not bench.drawer.insists
    bench.drawer.picture_took(1.0)
    assert bench.drawer.insists
    bench.drawer.step()
    (result,) = bench.sent
    assert len(result.drawn) == 1, "one at a time, so that the next picture does not wait"


def test_a_draft_tells_nothing_of_what_a_thumbnail_takes(
    bench: Bench, network_files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Counted(bench, monkeypatch, cost_s=0.8)
    bench.drawer.picture_took(0.8)
    bench.drawer.take(thumbnails(network_files["stylegan3-t"], 1, 2))
    for _ in range(20):
        bench.drawer.picture_took(0.01, is_draft=True)
        assert not bench.drawer.insists
    assert bench.drawer.patience_s == pytest.approx(0.8)


def test_those_of_slow_networks_are_drawn_at_rest_only(
    bench: Bench, network_files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = network_files["stylegan3-t"]
    clock = Counted(bench, monkeypatch, cost_s=0.8)
    for _ in range(20):
        bench.drawer.take(thumbnails(source, 1, 2))
        bench.drawer.picture_took(0.8)
        assert not bench.drawer.insists, "however long pictures have followed each other"
    patience = bench.drawer.patience_s
    assert patience is not None
    assert patience > 0.5, "the hand may come back"
    clock.now_s += patience
    assert bench.drawer.patience_s == 0.0
    bench.drawer.step()
    (result,) = bench.sent
    assert len(result.drawn) == 1, "one at a time"
    bench.drawer.take(thumbnails(source, 2))
    bench.drawer.picture_took(0.0)
    assert not bench.drawer.insists, "what one of them takes is known by now"


def test_what_cannot_be_drawn_is_told_in_one_line(
    bench: Bench, network_files: dict[str, str]
) -> None:
    missing = thumbnails("/nowhere.safetensors", 1).wanted
    good = thumbnails(network_files["stylegan3-t"], 1).wanted
    bench.drawer.take(ThumbnailsRequest((*missing, *good), threads=1))
    while bench.drawer.patience_s is not None:
        bench.drawer.step()
    errors = [error for result in bench.sent for error in result.errors]
    assert [one for one, _why in errors] == list(missing)
    assert "\n" not in errors[0][1]
