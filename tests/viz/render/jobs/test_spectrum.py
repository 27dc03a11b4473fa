"""Spectra as the window handles them, what is averaged in the background, and what is saved."""

from __future__ import annotations

import csv
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
import torch
from PIL import Image

from generator import load_network, seed_z, to_uint8
from ops.spectra import power_spectrum, to_db
from viz.export.spectrum_files import write_window_spectra
from viz.panels.spectrum.aliasing_meter import Strip
from viz.protocol.request import SpectrumRequest
from viz.protocol.result import Spectrum, StepLevel
from viz.protocol.spectra import (
    Average,
    AverageTask,
    DataTask,
    difference,
    edges,
    frequencies,
    outline,
    slices,
)
from viz.render.jobs.runner import Progress, steps
from viz.render.renderer import Renderer
from viz.worker import all_jobs  # noqa: F401 - importing makes the kinds of jobs known

GOLDEN = np.load(Path(__file__).parents[3] / "golden" / "spectrum.npz")


def spectrum(n: int = 16, rate: float = 16.0, **about: object) -> Spectrum:
    power = np.arange(n * n, dtype=np.float32).reshape(n, n)
    given = {"layer": "L1", "cutoff": rate / 4, "stopband": None, "nyquist": rate / 2} | about
    return Spectrum(power_db=power, radial_db=power[0, : n // 4], rate=rate, **given)


def finished(task: AverageTask | DataTask) -> tuple[list[Progress], Average]:
    progress = list(steps(task, Renderer()))
    result = next(one.result for one in reversed(progress) if one.result is not None)
    return progress, result


def test_a_separable_filter_cuts_a_square_and_a_radial_one_a_disc() -> None:
    x, y = outline(0.25, radial=False)
    assert np.all(np.maximum(np.abs(x), np.abs(y)) == 0.25)
    x, y = outline(0.25, radial=True)
    np.testing.assert_allclose(np.hypot(x, y), 0.25)
    assert (x[0], y[0]) == (pytest.approx(x[-1]), pytest.approx(y[-1], abs=1e-12))


def test_the_frequencies_of_a_layer_are_drawn_in_order() -> None:
    found = edges(spectrum(cutoff=4.0, stopband=6.0, inner_rate=32.0))
    assert found == [("cutoff", 4.0), ("stopband", 6.0), ("nyquist", 8.0), ("inner", 16.0)]
    assert edges(spectrum(layer="", cutoff=8.0)) == [("nyquist", 8.0)]  # a picture


def test_slices_and_profile_stand_at_their_frequencies() -> None:
    one = spectrum(16, 32.0)
    along, diagonal = slices(one)
    assert along.tolist() == one.power_db[8, 8:].tolist()
    assert diagonal.tolist() == [one.power_db[i, i] for i in range(8, 16)]
    np.testing.assert_allclose(frequencies(one), [2, 6, 10, 14])


def test_a_difference_is_taken_frequency_by_frequency() -> None:
    one = spectrum()
    assert np.all(difference(one, one) == 0)
    # The same rate sampled twice as finely: every other column and row.
    fine = spectrum(32)
    fine.power_db[::2, ::2] = one.power_db - 3
    np.testing.assert_array_equal(difference(one, fine), np.full((16, 16), 3, np.float32))
    # Half the rate: the outer frequencies are not there.
    narrow = spectrum(8, 8.0)
    narrow.power_db[:] = 1
    found = difference(one, narrow)
    assert np.isnan(found[0]).all()
    assert np.isnan(found[:, -1]).all()
    np.testing.assert_array_equal(found[4:12, 4:12], one.power_db[4:12, 4:12] - 1)


def test_a_strip_groups_steps_by_layer_and_knows_where_most_is_left() -> None:
    levels = [
        StepLevel("input", "input", -70.0, 2.0, 16.0),
        StepLevel("L0_36_8", "conv", None, 2.0, 16.0),
        StepLevel("L0_36_8", "nonlinearity", -20.0, 2.0, 32.0),
        StepLevel("L0_36_8", "downsample", -50.0, 2.0, 32.0),
        StepLevel("L1_36_8", "nonlinearity", -10.0, 3.0, 32.0),
        StepLevel("L1_36_8", "downsample", -45.0, 3.0, 32.0),
    ]
    strip = Strip.of(levels)
    assert [name for name, _steps in strip.layers] == ["input", "L0_36_8", "L1_36_8"]
    assert strip.most_left == ("L1_36_8", -45.0)
    assert strip.ticks == ([1.0, 2.0], ["L0", "L1"])
    assert np.isnan(strip.levels("conv")).all()
    np.testing.assert_array_equal(strip.levels("nonlinearity"), [np.nan, -20, -10])


@pytest.fixture
def golden_data(tmp_path: Path) -> str:
    """The golden images as a data set."""
    path = tmp_path / "data.zip"
    with ZipFile(path, "w") as archive:
        for index, image in enumerate(GOLDEN["images"]):
            Image.fromarray(image.transpose(1, 2, 0)).save(tmp_path / "one.png")
            archive.write(tmp_path / "one.png", f"{index}.png")
    return str(path)


def test_the_average_of_a_data_set_matches_the_golden_one(golden_data: str) -> None:
    progress, result = finished(DataTask(golden_data, samples=100))
    assert (progress[-1].done, progress[-1].total) == (3, 3)
    assert result.whitening is not None
    mean, std = result.whitening
    pixels = GOLDEN["images"].astype(np.float64)
    assert (mean, std) == (pytest.approx(pixels.mean()), pytest.approx(pixels.std()))
    # The golden one is whitened by figures of its own: 10·log10 of their ratio between them.
    shift = 20 * np.log10(float(GOLDEN["std"]) / std)
    expected = 10 * np.log10(np.fft.fftshift(GOLDEN["spectrum"])) + shift
    found = result.spectra[golden_data].power_db
    middle = np.s_[40:88, 40:88]
    outer = np.ones((128, 128), bool)
    outer[middle] = False  # the means differ, too: that is seen around frequency 0
    np.testing.assert_allclose(found[outer], expected[outer], atol=0.05)


def test_latents_average_to_the_mean_of_their_spectra(network_files: dict[str, str]) -> None:
    source = network_files["stylegan2"]
    task = AverageTask((source,), SpectrumRequest(), samples=5, seed=3, whitening=(120.0, 60.0))
    progress, result = finished(task)
    assert progress[-1].done == 5
    assert result.samples == 5
    net = load_network(source)
    with torch.inference_mode():
        images = [
            to_uint8(net.synthesis(net.mapping(seed_z([seed], net.z_dim)))) for seed in range(3, 8)
        ]
    expected = to_db(power_spectrum(torch.cat(images).double(), mean=120.0, std=60.0))
    # Transforms in single precision, and pixels that round differently in batches.
    np.testing.assert_allclose(result.spectra[source].power_db, expected, atol=0.02)
    again = finished(task)[1]
    np.testing.assert_array_equal(again.spectra[source].power_db, result.spectra[source].power_db)


@pytest.mark.slow
def test_layers_of_several_networks_are_averaged(network_files: dict[str, str]) -> None:
    sources = (network_files["stylegan3-t"], network_files["stylegan3-r"])
    layer = load_network(sources[0]).synthesis.layers[4]
    wanted = SpectrumRequest(slot=0, layer=layer.name, step="nonlinearity")
    progress, result = finished(AverageTask(sources, wanted, samples=2))
    assert progress[-1].total == 4
    first, second = (result.spectra[source] for source in sources)
    assert first.layer.split("_")[0] == second.layer.split("_")[0] == "L3"
    assert first.rate == layer.tmp_rate
    assert first.outside_db is not None
    missing = SpectrumRequest(slot=0, layer="L99")
    with pytest.raises(ValueError, match="no network here has the layer 'L99'"):
        finished(AverageTask(sources, missing, samples=1))


def test_no_data_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no folder or zip"):
        finished(DataTask(str(tmp_path / "none.zip"), samples=1))
    with pytest.raises(ValueError, match="holds no pictures"):
        finished(DataTask(str(tmp_path), samples=1))


@pytest.mark.slow
def test_spectra_are_saved_as_plot_table_and_arrays(tmp_path: Path) -> None:
    shown = {"A net": (spectrum(outside_db=-30.0), "#1a6fb5"), "B other": (spectrum(32), "#b35f00")}
    for suffix in (".png", ".csv", ".npz"):
        write_window_spectra(tmp_path / f"spectrum{suffix}", shown)
    with Image.open(tmp_path / "spectrum.png") as plot:
        assert plot.width > 500
        assert plot.height > 300
    arrays = np.load(tmp_path / "spectrum.npz")
    assert arrays["names"].tolist() == list(shown)
    np.testing.assert_array_equal(arrays["power_db_0"], shown["A net"][0].power_db)
    assert arrays["outside_db_0"] == -30
    assert "outside_db_1" not in arrays
    with (tmp_path / "spectrum.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["curve"] for row in rows} == {"radial", "0", "45"}
    diagonal = [row for row in rows if (row["spectrum"], row["curve"]) == ("A net", "45")]
    assert float(diagonal[1]["cycles_per_px"]) == pytest.approx(2**0.5 / 16, abs=1e-6)
    assert float(diagonal[1]["cycles_per_picture"]) == pytest.approx(2**0.5, abs=1e-4)
    assert float(diagonal[1]["power_db"]) == shown["A net"][0].power_db[9, 9]
    with pytest.raises(ValueError, match="no spectrum"):
        write_window_spectra(tmp_path / "none.png", {})
