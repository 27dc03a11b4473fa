"""What is measured while a network is drawn: spectra, aliasing, filters."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from generator import load_network
from viz.protocol.equivariance_tasks import for_random_latents, latents_only
from viz.protocol.request import (
    FiltersRequest,
    LatentPoint,
    LayerChange,
    Placement,
    Request,
    SpectrumRequest,
)
from viz.protocol.result import LayerRow, Spectrum, StepLevel
from viz.protocol.spectra import AliasingTask
from viz.render.jobs.runner import steps
from viz.render.measure.spectra import SignalTap, counterpart, picture_spectrum, signal_spectrum
from viz.render.renderer import Renderer
from viz.state.app_state import AppState, starting_state
from viz.state.to_request import request_for
from viz.worker import all_jobs  # noqa: F401 - makes the kinds of jobs known


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer()


def request(*networks: str, **settings: object) -> Request:
    return Request(networks=networks, **settings)


def test_spectrum_of_a_sinusoid_peaks_at_its_frequency() -> None:
    n, pad = 64, 4
    along = torch.arange(n) / n
    wave = torch.cos(2 * math.pi * (10 * along[None, :] + 6 * along[:, None]))
    found = picture_spectrum(wave.expand(1, 3, n, n), SpectrumRequest(pad=pad))
    power = found.power_db
    assert power.shape == (n * pad, n * pad)
    row, column = np.unravel_index(power.argmax(), power.shape)
    centre = n * pad // 2
    assert {abs(row - centre), abs(column - centre)} == {6 * pad, 10 * pad}
    assert (row - centre) * (column - centre) > 0
    # Kaiser β 8: side lobes lie at least 55 dB down, and by symmetry the peak appears twice.
    far = power.copy()
    for sign in (1, -1):
        y, x = centre + sign * (row - centre), centre + sign * (column - centre)
        far[y - 4 * pad : y + 4 * pad + 1, x - 4 * pad : x + 4 * pad + 1] = -300
    assert power.max() - far.max() > 55
    rings = found.radial_db
    peak_frequency = (rings.argmax() + 0.5) / len(rings) * found.rate / 2
    assert peak_frequency == pytest.approx(math.hypot(10, 6), abs=1.0)
    assert found.cutoff == 32


def test_spectrum_of_a_layer_carries_its_cutoff(
    renderer: Renderer, network_files: dict[str, str]
) -> None:
    source = network_files["stylegan3-r"]
    layer = load_network(source).synthesis.layers[4]
    asked = request(source, source, spectrum=SpectrumRequest(slot=1, layer=layer.name))
    first, second = renderer.render(asked).networks
    assert first.spectrum is not None
    assert second.spectrum is not None
    assert first.spectrum.layer == second.spectrum.layer
    assert second.spectrum.layer == layer.name
    assert second.spectrum.cutoff == layer.cutoff
    assert second.spectrum.stopband == layer.stopband
    assert second.spectrum.rate == layer.sampling_rate


def test_a_flat_picture_has_a_finite_spectrum() -> None:
    flat = picture_spectrum(torch.zeros(1, 3, 32, 32), SpectrumRequest())
    assert np.isfinite(flat.power_db).all()
    assert np.isfinite(flat.radial_db).all()


def layer_spectrum(x: torch.Tensor, wanted: SpectrumRequest, row: LayerRow) -> Spectrum:
    """The spectrum of a layer that has just been drawn like this."""
    tap = SignalTap(None, None, wanted, row)
    tap(row.name, x)
    return signal_spectrum(tap.signal, wanted, row)


def row(**changes: object) -> LayerRow:
    about = {"name": "L1_64_8", "channels": 8, "height": 64, "width": 64, "sampling_rate": 64.0}
    about |= {"cutoff": 16.0, "stopband": 20.0, "critical": False, "inner_rate": 128.0}
    return LayerRow(**(about | changes))


def test_the_energy_outside_a_pass_band_is_one_figure() -> None:
    """A wave inside and one of a tenth of its amplitude outside: 1/101, which is −20.04 dB."""
    along = torch.arange(64) / 64
    inside, outside = torch.cos(2 * math.pi * 5 * along), torch.cos(2 * math.pi * 25 * along)
    planes = (inside[None, :] + 0.1 * outside[:, None] + 3.0).expand(1, 8, 64, 64)
    found = layer_spectrum(planes, SpectrumRequest(), row())
    assert found.outside_db == pytest.approx(-20.04, abs=0.05)
    # 13 cycles both ways lie in the square of 16, and 18.4 from the middle.
    corner = torch.cos(2 * math.pi * 13 * (along[None, :] + along[:, None])).expand(1, 8, 64, 64)
    square = layer_spectrum(corner, SpectrumRequest(), row()).outside_db
    disc = layer_spectrum(corner, SpectrumRequest(), row(radial=True)).outside_db
    assert square is not None
    assert square < -30
    assert disc == pytest.approx(0, abs=0.1)
    # A critically sampled layer has nothing outside.
    assert layer_spectrum(corner, SpectrumRequest(), row(cutoff=32.0)).outside_db is None


def test_chosen_channels_are_averaged_alone() -> None:
    x = torch.zeros(1, 8, 64, 64)
    x[0, 5] = torch.cos(2 * math.pi * 10 * torch.arange(64) / 64)
    x[0, :5] = torch.randn(5, 64, 64, generator=torch.Generator().manual_seed(0))
    one = layer_spectrum(x, SpectrumRequest(channels=(5, 1)), row())
    assert one.planes == 1
    assert one.power_db.argmax() % one.power_db.shape[1] in (128 - 40, 128 + 40)
    beyond = layer_spectrum(x, SpectrumRequest(channels=(100, 3)), row())
    assert beyond.planes == 3


@pytest.mark.parametrize(
    ("name", "rate", "cutoff", "found"),
    [
        ("L1_36_8", 16.0, 3.0, "L1_52_16"),
        ("b16.conv0", 16.0, 8.0, "L1_52_16"),
        ("b64.conv1", 64.0, 32.0, "L2_84_16"),
    ],
)
def test_every_layer_has_a_counterpart(name: str, rate: float, cutoff: float, found: str) -> None:
    others = tuple(
        row(name=other, channels=16, sampling_rate=r, cutoff=c)
        for other, r, c in (
            ("L0_36_16", 16.0, 2.0),
            ("L1_52_16", 16.0, 7.0),
            ("L2_84_16", 64.0, 30.0),
        )
    )
    chosen = row(name=name, sampling_rate=rate, cutoff=cutoff)
    assert counterpart(chosen, others).name == found


def test_inside_a_layer_the_spectrum_has_the_temporary_rate(
    renderer: Renderer, network_files: dict[str, str]
) -> None:
    source = network_files["stylegan3-t"]
    layer = load_network(source).synthesis.layers[4]
    asked = SpectrumRequest(slot=0, layer=layer.name, step="nonlinearity")
    found = renderer.render(request(source, spectrum=asked)).networks[0].spectrum
    assert found is not None
    assert (found.step, found.rate) == ("nonlinearity", layer.tmp_rate)
    assert found.nyquist == layer.sampling_rate / 2
    assert found.inner_rate == layer.tmp_rate
    # The nonlinearity makes what the filter after it takes away.
    asked = SpectrumRequest(slot=0, layer=layer.name, step="downsample")
    after = renderer.render(request(source, spectrum=asked)).networks[0].spectrum
    assert after is not None
    assert after.outside_db is not None
    assert found.outside_db is not None
    assert after.outside_db < found.outside_db


def test_a_layer_that_is_not_there_is_an_error(
    renderer: Renderer, network_files: dict[str, str]
) -> None:
    asked = request(network_files["stylegan2"], spectrum=SpectrumRequest(slot=0, layer="L99"))
    assert "no layer 'L99'" in renderer.render(asked).networks[0].error


def measured_steps(
    renderer: Renderer, task: AliasingTask
) -> tuple[tuple[StepLevel, ...] | None, ...]:
    """The newest result of a task carried out to its end."""
    progress = list(steps(task, renderer))
    assert progress[-1].done == progress[-1].total
    return next(one.result for one in reversed(progress) if one.result is not None)


@pytest.mark.slow
def test_the_aliasing_meter_follows_the_signal_through_every_layer(
    renderer: Renderer, network_files: dict[str, str]
) -> None:
    both = (network_files["stylegan2"], network_files["stylegan3-t"])
    found = measured_steps(renderer, AliasingTask(request(*both), "stopband", 8.0))
    drawn = renderer.render(request(*both))
    for one, levels in zip(drawn.networks, found, strict=True):
        assert one.summary is not None
        assert levels is not None
        expected = [(layer.name, step) for layer in one.summary.layers for step in layer.steps]
        assert [(level.layer, level.step) for level in levels] == expected
    left = {(one.layer, one.step): one for one in found[1] or ()}
    layer = (drawn.networks[1].summary or pytest.fail("not read")).layers[3]
    made = left[layer.name, "nonlinearity"]
    kept = left[layer.name, "downsample"]
    assert made.limit == kept.limit == layer.stopband
    assert made.rate == layer.inner_rate
    assert (made.above_db or 0) > (kept.above_db or 0) + 10
    (cutoff,) = measured_steps(renderer, AliasingTask(request(both[1]), "cutoff", 8.0))
    wider = {(one.layer, one.step): one for one in cutoff or ()}
    assert (wider[layer.name, "nonlinearity"].above_db or 0) > (made.above_db or 0)
    assert wider[layer.name, "nonlinearity"].limit == layer.cutoff


def test_the_aliasing_meter_pools_several_latents_with_intervals(
    renderer: Renderer, network_files: dict[str, str]
) -> None:
    source = network_files["stylegan2"]
    asked = for_random_latents(latents_only(request(source)))
    (pooled,) = measured_steps(renderer, AliasingTask(asked, "stopband", 8.0, latents=3))
    singles = []
    for seed in range(3):
        place = Placement(LatentPoint(((seed, 1.0),)))
        one = AliasingTask(replace(asked, place=place), "stopband", 8.0)
        singles.append(measured_steps(renderer, one)[0] or ())
    for level, *alone in zip(pooled or (), *singles, strict=True):
        assert level.latents == 3
        assert all(one.interval_db is None for one in alone)
        if level.above_db is None:
            assert level.interval_db is None
            continue
        assert level.interval_db is not None
        found = [one.above_db for one in alone if one.above_db is not None]
        low, high = level.interval_db
        assert min(found) - 1e-6 <= low <= level.above_db <= high <= max(found) + 1e-6


@pytest.mark.slow
def test_the_aliasing_meter_leaves_out_what_cannot_be_read_and_heeds_changed_layers(
    renderer: Renderer, network_files: dict[str, str]
) -> None:
    source = network_files["stylegan3-t"]
    asked = request("nowhere.pkl", source)
    missing, plain = measured_steps(renderer, AliasingTask(asked, "stopband", 8.0))
    assert missing is None
    assert plain is not None
    change = LayerChange(load_network(source).synthesis.layers[2].name, style_gain=0.2)
    asked = request("nowhere.pkl", source, changes=((1, (change,)),))
    _, changed = measured_steps(renderer, AliasingTask(asked, "stopband", 8.0))
    assert changed is not None
    assert changed != plain
    before = [one.layer for one in plain].index(change.layer)
    assert changed[:before] == plain[:before], "what comes earlier stays"


def test_the_filters_of_a_layer_are_measured(
    renderer: Renderer, network_files: dict[str, str]
) -> None:
    source = network_files["stylegan3-r"]
    net = load_network(source)
    layer = net.synthesis.layers[4]
    asked = request(source, filters=FiltersRequest(0, layer.name))
    found = renderer.render(asked).networks[0].filters
    assert found is not None
    assert found.up is not None
    assert found.down is not None
    assert found.up.taps.shape == (6 * layer.up,)
    assert found.down.taps.shape == (6 * layer.down, 6 * layer.down)
    assert found.up.map_db is None
    assert found.down.map_db is not None
    for view, cutoff in ((found.up, layer.in_cutoff), (found.down, layer.cutoff)):
        assert view.rate == layer.tmp_rate
        assert view.designed_cutoff == cutoff
        # Six taps a sample: the −6 dB point lies within a quarter of the transition band.
        band = view.stop_edge - cutoff
        assert view.cutoff == pytest.approx(cutoff, abs=0.25 * band)
        assert view.attenuation_db > 10
        assert view.gain_db[0] == pytest.approx(0, abs=1e-4)
    first = net.synthesis.layers[0]
    empty = renderer.render(request(source, filters=FiltersRequest(0, first.name))).networks[0]
    assert empty.filters is not None
    assert empty.filters.up is None
    assert empty.filters.down is None


def test_stylegan2_has_its_bilinear_filter_alone(
    renderer: Renderer, network_files: dict[str, str]
) -> None:
    asked = request(network_files["stylegan2"], filters=FiltersRequest(0, "b16.conv0"))
    found = renderer.render(asked).networks[0].filters
    assert found is not None
    assert found.up is not None
    assert found.down is None
    np.testing.assert_allclose(found.up.taps, np.array([1, 3, 3, 1]) / 8, atol=1e-7)
    assert found.up.attenuation_db == pytest.approx(9.03, abs=0.01)
    assert found.up.designed_attenuation_db is None


@pytest.mark.parametrize("page", ["spectrum", "filters"])
def test_only_the_page_that_is_seen_is_asked_for(page: str) -> None:
    state: AppState = starting_state(["bundled:a", "bundled:b"])
    state.spectrum.page = page
    state.layers.layer = "L3"
    asked = request_for(state, maps=False)
    found = {"spectrum": asked.spectrum, "filters": asked.filters}
    assert [name for name, value in found.items() if value is not None] == [page]
    hidden = request_for(state, maps=False, spectrum=False)
    assert hidden.spectrum is hidden.filters is None
