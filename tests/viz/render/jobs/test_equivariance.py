"""Equivariance in the visualizer: the live comparison, and the work in the background."""

from __future__ import annotations

import copy
import math
import pickle
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from generator import load_network, seed_z
from generator.equivariance.comparison import Moves, compare
from generator.equivariance.layers import layer_scores
from generator.equivariance.metrics import measure
from viz.protocol.equivariance import EquivarianceRequest, Move, PictureMove, SweepDirection
from viz.protocol.equivariance_tasks import (
    LayersTask,
    MetricTask,
    SweepTask,
    coarse_to_fine,
    for_random_latents,
    latents_only,
    sweep_amounts,
)
from viz.protocol.request import LatentPoint, Placement, Request
from viz.render.jobs import equivariance as equivariance_jobs  # noqa: F401  makes its tasks known
from viz.render.jobs.runner import steps
from viz.render.renderer import Renderer
from viz.state.app_state import AppState
from viz.state.history import leaves
from viz.state.inputs import NetworkSlot, TransformState
from viz.state.to_request import request_for
from viz.storage.session import parse_session, session_text

if TYPE_CHECKING:
    from viz.protocol.jobs import Task

SEED = 5
PLACE = Placement(LatentPoint(seeds=((SEED, 1.0),)), TransformState(x=0.3).inverse_matrix)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer()


def request(*sources: str) -> Request:
    return Request(networks=sources, place=PLACE, threads=1)


@pytest.mark.parametrize(
    ("kind", "amounts"),
    [("translation", [[0.1, -0.04]]), ("fractional", [[0.1, -0.04]]), ("rotation", [0.5])],
)
def test_the_live_comparison_is_that_of_the_library(
    renderer: Renderer, network_files: dict[str, str], kind: PictureMove, amounts: list[float]
) -> None:
    move = Move.of(kind, 0.1, -0.04, 0.5)
    asked = EquivarianceRequest(1, move)
    files = network_files["stylegan2"], network_files["stylegan3-t"]
    first, second = renderer.render(replace(request(*files), equivariance=asked)).networks
    assert first.equivariance is None
    view = second.equivariance
    assert view is not None
    assert view.asked == asked
    net = load_network(files[1])
    with torch.no_grad():
        ws = net.mapping(seed_z([SEED], net.z_dim))
        expected = compare(net, ws, Moves.of(kind, amounts, 32))
    # Exact but for the order of sums in one picture or another.
    assert view.psnr_db == pytest.approx(expected.psnr_db()[0], abs=0.01)
    assert view.valid_share == expected.valid_share()[0]
    inside = expected.mask[0, 0].numpy()
    assert np.array_equal(view.expected[..., 3] == 255, inside)
    assert np.array_equal(np.isfinite(view.error_db), inside)
    power = np.mean(10 ** (view.error_db[inside].astype(np.float64) / 10))
    assert -10 * math.log10(power) == pytest.approx(view.psnr_db, abs=0.01)
    assert pickle.loads(pickle.dumps(view)).psnr_db == view.psnr_db


def test_a_layer_is_compared_in_its_own_range(
    renderer: Renderer, network_files: dict[str, str]
) -> None:
    net = load_network(network_files["stylegan3-r"])
    layer = net.synthesis.layers[5]
    asked = EquivarianceRequest(0, Move.of("rotation", 0, 0, 0.5), layer.name, channel=2)
    source = network_files["stylegan3-r"]
    (drawn,) = renderer.render(replace(request(source), equivariance=asked)).networks
    view = drawn.equivariance
    assert view is not None
    assert view.expected.shape == layer.size
    with torch.no_grad():
        ws = net.mapping(seed_z([SEED], net.z_dim))
        (score,) = layer_scores(net, ws, Moves.of("rotation", [0.5], 32), [layer.name])
    assert view.psnr_db == pytest.approx(score.channel_db[2], abs=0.01)
    known = np.isfinite(view.expected)
    assert view.deviation == pytest.approx(float(view.expected[known].std()), rel=1e-3)


def test_a_layer_that_the_network_lacks_is_its_error(
    renderer: Renderer, network_files: dict[str, str]
) -> None:
    asked = EquivarianceRequest(0, Move("fractional", 0.1), "L99")
    source = network_files["stylegan3-t"]
    (drawn,) = renderer.render(replace(request(source), equivariance=asked)).networks
    assert "no layer 'L99'" in drawn.error


def test_every_network_is_compared_where_all_are_asked_for(
    renderer: Renderer, network_files: dict[str, str]
) -> None:
    sources = tuple(network_files[kind] for kind in ("stylegan2", "stylegan3-t"))
    net = load_network(network_files["stylegan3-t"])
    layer = net.synthesis.layers[1].name
    asked = EquivarianceRequest(None, Move("fractional", 0.1), layer)
    both = replace(request(sources[0]), networks=sources, equivariance=asked)
    views = [one.equivariance for one in renderer.render(both).networks]
    assert [view.asked.layer for view in views if view is not None] == ["", layer]


def last_result(task: Task, renderer: Renderer) -> object:
    """Carry a task out; what it reports must be picklable and its progress must rise."""
    done, result = 0.0, None
    for progress in steps(task, renderer):
        assert done <= progress.done <= progress.total
        done, result = progress.done, progress.result
        pickle.dumps(result)
    assert done == progress.total
    return result


@pytest.mark.slow
def test_a_sweep_has_the_levels_of_single_comparisons(
    renderer: Renderer, network_files: dict[str, str]
) -> None:
    wanted = latents_only(request("nowhere.safetensors", network_files["stylegan3-t"]))
    assert wanted == latents_only(replace(wanted, place=Placement(PLACE.latent)))
    *_, last = steps(SweepTask(wanted, turning=False), renderer)
    sweep = last.result
    assert np.isnan(sweep.psnr_db[0]).all(), "a network that cannot be read has no curve"
    net = load_network(network_files["stylegan3-t"])
    with torch.no_grad():
        ws = net.mapping(seed_z([SEED], net.z_dim))
        for index in (12, 40):
            shift = sweep.amounts[index] / 32
            alone = compare(net, ws, Moves.of("fractional", [[shift, 0.0]], 32)).psnr_db()[0]
            assert sweep.psnr_db[1, index] == pytest.approx(alone, abs=0.05)
    assert np.isinf(sweep.psnr_db[1, 0])


@pytest.mark.parametrize(("along", "step"), [("down", (0.0, 1.0)), ("diagonal", (1.0, 1.0))])
def test_a_sweep_leads_where_it_is_told(
    renderer: Renderer,
    network_files: dict[str, str],
    along: SweepDirection,
    step: tuple[float, float],
) -> None:
    wanted = Request(networks=(network_files["stylegan2"],))
    *_, last = steps(SweepTask(wanted, turning=False, along=along), renderer)
    net, ws, _ = renderer.latents(wanted, 0)
    index = 12
    shift = last.result.amounts[index] / 32 * np.array([step])
    alone = compare(net, ws, Moves.of("fractional", shift, 32)).psnr_db()[0]
    assert last.result.psnr_db[0, index] == pytest.approx(alone, abs=0.05)


def test_sweeps_show_early() -> None:
    order = coarse_to_fine(65)
    assert sorted(order) == list(range(65))
    assert order[:9] == list(range(0, 65, 8))
    assert sweep_amounts(False)[[0, 8, -1]].tolist() == [0.0, 1.0, 8.0]
    assert sweep_amounts(True)[[0, 36, -1]].tolist() == [-180.0, 0.0, 180.0]


@pytest.mark.slow
def test_every_layer_of_a_network_is_measured(
    renderer: Renderer, network_files: dict[str, str]
) -> None:
    source = network_files["stylegan3-r"]
    move = Move.of("rotation", 0.0, 0.0, 0.4)
    levels = last_result(LayersTask(latents_only(request(source)), 0, move), renderer)
    net = load_network(source)
    with torch.no_grad():
        ws = net.mapping(seed_z([SEED], net.z_dim))
        scores = [
            one for one in layer_scores(net, ws, Moves.of("rotation", [0.4], 32)) if one.complete
        ]
    assert isinstance(levels, tuple)
    assert [one.layer for one in levels] == [one.layer for one in scores]
    for level, score in zip(levels, scores, strict=True):
        assert level.db == pytest.approx(score.db, abs=0.01, nan_ok=True)


def test_layers_over_several_latents_have_intervals_whatever_is_shown(
    renderer: Renderer, network_files: dict[str, str]
) -> None:
    source = network_files["stylegan2"]
    move, asked = Move.of("fractional", 0.1, 0.0, 0.0), latents_only(request(source))

    def at(seed: int) -> Request:
        return replace(asked, place=Placement(LatentPoint(((seed, 1.0),))))

    task = LayersTask(for_random_latents(asked), 0, move, latents=3)
    assert task == LayersTask(for_random_latents(at(77)), 0, move, latents=3)
    pooled = last_result(task, renderer)
    assert isinstance(pooled, tuple)
    alone = [last_result(LayersTask(at(seed), 0, move), renderer) for seed in range(3)]
    for level, *singles in zip(pooled, *alone, strict=True):
        assert level.latents == 3
        assert all(math.isnan(end) for one in singles for end in one.interval)
        if not math.isfinite(level.db):
            continue
        low, high = min(one.db for one in singles), max(one.db for one in singles)
        assert low - 1e-6 <= level.interval[0] <= level.db <= level.interval[1] <= high + 1e-6
        assert level.channel_interval[0].shape == level.channel_db.shape


@pytest.mark.slow
def test_metrics_in_the_background_are_those_of_the_command_line(
    renderer: Renderer, network_files: dict[str, str]
) -> None:
    files = network_files["stylegan2"], network_files["stylegan3-t"]
    figures = last_result(MetricTask(files, samples=5, seed=2), renderer)
    assert isinstance(figures, tuple)
    for source, found in zip(files, figures, strict=True):
        expected = measure(load_network(source), samples=5, seed=2)
        assert (found.source, found.samples) == (source, 5)
        for name in ("eq_t", "eq_t_frac", "eq_r"):
            score, figure = getattr(expected, name), getattr(found, name)
            assert figure.db == pytest.approx(score.db, abs=0.05)
            assert figure.low_db == pytest.approx(score.low_db, abs=0.05)


def test_what_is_set_is_saved_undone_and_asked_for() -> None:
    state = AppState(networks=[NetworkSlot("a"), NetworkSlot("b")])
    state.layers.slot, state.layers.layer, state.layers.first_channel = 1, "L3", 4
    wanted = state.equivariance
    wanted.kind, wanted.angle_rad, wanted.of = "rotation", 0.25, "layer"
    wanted.page, wanted.samples, wanted.low_db = "layers", 50, -70.0
    assert request_for(state).equivariance is None, "nobody looks"
    asked = request_for(state, equivariance=True).equivariance
    assert asked == EquivarianceRequest(1, Move("rotation", angle_rad=0.25), "L3", 4)
    again = parse_session(session_text(state), "it").state
    assert again.equivariance == wanted
    changed = copy.deepcopy(state)
    changed.equivariance.x = 0.2
    assert leaves(changed)[("equivariance", "x")] == 0.2
    # A shift that a turn has no use for asks for nothing new.
    assert request_for(changed, equivariance=True) == request_for(state, equivariance=True)
