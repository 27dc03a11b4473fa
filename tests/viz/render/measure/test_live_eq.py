"""EQ-T of what is shown, measured between the pictures."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from generator import load_network
from generator.equivariance.comparison import Moves, compare, psnr_db
from generator.equivariance.metrics import LARGEST_SHIFT
from viz.protocol.request import LatentPoint, LayerChange, Placement, Request
from viz.render.layer_edits import layer_edits
from viz.render.measure import live_eq
from viz.render.measure.live_eq import SHOTS, LiveEquivariance
from viz.render.renderer import Renderer

if TYPE_CHECKING:
    from pathlib import Path

    from viz.protocol.result import LiveEq, Result


class Bench:
    """A renderer, and what is measured beside it."""

    def __init__(self) -> None:
        self.renderer = Renderer()
        self.told: list[LiveEq] = []
        self.live = LiveEquivariance(self.renderer.networks, self.told.append)

    def draw(self, *sources: str, seed: int = 0, seconds: float = 0.0, **changes: object) -> Result:
        place = Placement(LatentPoint(seeds=((seed, 1.0),)))
        result = self.renderer.render(Request(networks=sources, place=place, **changes))  # type: ignore[arg-type]
        self.live.drawn(result, seconds)
        return result

    def rest(self) -> int:
        """Measure as long as there is anything to; returns the steps."""
        steps = 0
        while self.live.patience_s is not None:
            self.live.step()
            steps += 1
            assert steps < 100
        return steps


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_the_figure_is_that_of_the_latent_on_the_stage(
    bench: Bench, network_files: dict[str, str]
) -> None:
    source = network_files["stylegan3-t"]
    bench.draw(source, seed=5, psi=0.7)
    steps = bench.rest()
    assert steps == SHOTS + 1, "the unmoved picture is drawn once"
    assert [one.shots for one in bench.told] == list(range(1, SHOTS + 1))

    net = load_network(source)
    z = torch.from_numpy(np.random.default_rng(0).standard_normal((1, 16), np.float32))
    loaded = bench.renderer.networks.get(source, torch.device("cpu"))
    ws = loaded.latents.ws_at(LatentPoint(seeds=((5, 1.0),)), psi=0.7, cutoff=None)
    shifts = [
        np.random.default_rng((0, shot)).uniform(-LARGEST_SHIFT, LARGEST_SHIFT, 2)
        for shot in range(SHOTS)
    ]
    sums = compare(net, ws, Moves.of("translation", np.stack(shifts), 32)).sums().sum(1)
    assert bench.told[-1].db == pytest.approx(psnr_db(*sums.tolist()), abs=0.01)
    other = net.mapping(z)
    assert not torch.equal(other, ws)


def test_the_order_of_kinds_is_the_papers(bench: Bench, network_files: dict[str, str]) -> None:
    bench.draw(network_files["stylegan2"], network_files["stylegan3-t"])
    bench.rest()
    newest = {one.slot: one for one in bench.told}
    assert newest[1].db > newest[0].db + 10
    assert newest[0].source == network_files["stylegan2"]


def test_nothing_is_measured_twice_and_a_new_latent_is(
    bench: Bench, network_files: dict[str, str]
) -> None:
    source = network_files["stylegan2"]
    bench.draw(source)
    bench.rest()
    bench.draw(source)
    assert bench.live.patience_s is None, "the same latent is known"
    before = bench.told[-1].db
    bench.draw(source, seed=1)
    assert bench.rest() > SHOTS
    assert bench.told[-1].db != before


def test_a_latent_that_moves_on_while_it_is_measured_still_gets_figures(
    bench: Bench, network_files: dict[str, str]
) -> None:
    for seed in range(8):
        bench.draw(network_files["stylegan2"], seed=seed)
        bench.live.step()
    assert len(bench.told) == 4, "every second step ends a shot"


def test_while_pictures_follow_each_other_only_a_small_share_is_taken(
    bench: Bench, network_files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    results = [bench.draw(network_files["stylegan2"], seed=seed) for seed in range(2)]
    step_s, picture_s = 0.02, 0.02
    now = 100.0
    monkeypatch.setattr(live_eq.time, "perf_counter", lambda: now)

    def slow(spot: object) -> bool:
        nonlocal now
        now += step_s
        return False

    monkeypatch.setattr(live_eq, "_step", slow)
    spent = 0.0
    for number in range(200):
        now += picture_s
        bench.live.drawn(results[number % 2], picture_s)
        while bench.live.insists:
            bench.live.step()
            spent += step_s
        assert bench.live.patience_s is not None
        assert bench.live.patience_s > 0.1
    assert 0.04 < spent / (200 * picture_s) < 0.1


def test_networks_that_draw_slowly_are_left_alone(
    bench: Bench, network_files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_eq, "SLOWEST_MS", 0.0)
    monkeypatch.setattr(live_eq, "LARGE_PX", 32)
    bench.draw(network_files["stylegan2"])
    assert bench.live.patience_s is None
    monkeypatch.setattr(live_eq, "SLOWEST_MS", 1e9)
    monkeypatch.setattr(live_eq, "SLOWEST_MOVING_MS", 0.0)
    bench.draw(network_files["stylegan2"], seconds=100.0)
    assert not bench.live.insists
    assert bench.live.patience_s is not None


def test_a_network_that_cannot_be_read_is_no_trouble(bench: Bench, tmp_path: Path) -> None:
    bench.draw(str(tmp_path / "none.pkl"))
    assert bench.live.patience_s is None
    assert time.perf_counter() > 0


def test_changed_layers_are_measured_as_they_are_drawn(
    bench: Bench, network_files: dict[str, str]
) -> None:
    source = network_files["stylegan3-t"]
    change = LayerChange(load_network(source).synthesis.layers[3].name, style_gain=0.2)
    bench.draw(source)
    bench.live.step()  # a shot of the unchanged layer has been begun and counts for nothing
    result = bench.draw(source, changes=((0, (change,)),))
    bench.rest()
    loaded = bench.renderer.networks.get(source, torch.device("cpu"))
    shifts = [
        np.random.default_rng((0, shot)).uniform(-LARGEST_SHIFT, LARGEST_SHIFT, 2)
        for shot in range(1, SHOTS + 1)
    ]
    moves = Moves.of("translation", np.stack(shifts), 32)
    ws = torch.from_numpy(np.array(result.networks[0].ws))[None]
    edits = layer_edits(loaded.net, (change,))
    changed = compare(loaded.net, ws, moves, edits=edits).sums().sum(1)
    plain = compare(loaded.net, ws, moves).sums().sum(1)
    assert bench.told[-1].db == pytest.approx(psnr_db(*changed.tolist()), abs=0.01)
    assert abs(psnr_db(*plain.tolist()) - psnr_db(*changed.tolist())) > 0.1
