"""Average spectra by the command line: exact, whatever the batch, and like the golden one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

from generator import NetworkConfig, build_network, save_network
from train.commands.main import main
from train.reports.spectrum import is_data_set, measure_spectra

GOLDEN = np.load(Path(__file__).parents[2] / "golden" / "spectrum.npz")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The golden images as a data set."""
    path = tmp_path / "golden.zip"
    with ZipFile(path, "w") as archive:
        for index, image in enumerate(GOLDEN["images"]):
            Image.fromarray(image.transpose(1, 2, 0)).save(tmp_path / "one.png")
            archive.write(tmp_path / "one.png", f"{index}.png")
    return path


@pytest.fixture
def network(tmp_path: Path) -> Path:
    config = NetworkConfig(
        kind="stylegan2", resolution=32, z_dim=16, w_dim=16, channel_base=256, channel_max=16
    )
    path = tmp_path / "tiny.safetensors"
    save_network(str(path), build_network(config, seed=3))
    return path


def test_the_spectrum_of_a_data_set_is_the_golden_one(data: Path) -> None:
    found = measure_spectra([data], batch=2)[0]
    mean, std = found.values["mean"], found.values["std"]
    assert mean == pytest.approx(GOLDEN["images"].mean())
    assert std == pytest.approx(GOLDEN["images"].astype(float).std())
    # The golden one is whitened by other figures: their ratio, and frequency 0, tell them apart.
    expected = 10 * np.log10(np.fft.fftshift(GOLDEN["spectrum"]))
    shift = 20 * np.log10(float(GOLDEN["std"]) / std)
    outer = np.ones((128, 128), bool)
    outer[40:88, 40:88] = False
    np.testing.assert_allclose(found.power_db[outer], (expected + shift)[outer], atol=0.05)


def test_the_same_call_gives_the_same_bytes_and_another_batch_the_same_figures(
    network: Path, data: Path
) -> None:
    first = measure_spectra([network, data], samples=5, seed=7, batch=2)
    again = measure_spectra([network, data], samples=5, seed=7, batch=2)
    assert [one.name for one in first] == ["tiny", "golden"]
    for one, other in zip(first, again, strict=True):
        assert one.power_db.tobytes() == other.power_db.tobytes()
    # Pictures of another batch may round to neighbouring bytes.
    other = measure_spectra([network, data], samples=5, seed=7, batch=5)[0]
    np.testing.assert_allclose(first[0].power_db, other.power_db, atol=0.1)
    # The network is whitened like the data set beside it.
    assert first[0].values["mean"] == first[1].values["mean"]
    assert measure_spectra([network], samples=5, seed=7)[0].values["mean"] != pytest.approx(
        first[1].values["mean"], abs=1e-6
    )


@pytest.mark.slow
def test_the_command_writes_plot_arrays_and_table(
    network: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "found" / "both.v2"
    assert main(["spectrum", str(network), str(data), "--samples", "3", "--out", str(out)]) == 0
    arrays = np.load(f"{out}.npz")
    assert arrays["names"].tolist() == ["tiny", "golden"]
    assert arrays["power_db_0"].shape == (128, 128)
    with Image.open(f"{out}.png") as plot:
        assert plot.width > 500
    assert Path(f"{out}.csv").read_text().startswith("spectrum,curve,cycles_per_px")
    assert "golden" in capsys.readouterr().out


def test_what_cannot_be_measured_is_named(
    network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["spectrum", str(network), "--samples", "0"]) == 1
    assert "samples must be at least 1" in capsys.readouterr().err
    empty = tmp_path / "empty"
    empty.mkdir()
    assert main(["spectrum", str(empty)]) == 1
    assert "too few pictures" in capsys.readouterr().err
    assert is_data_set(empty)
    assert not is_data_set(network)
    (empty / "network-000001.safetensors").touch()
    assert not is_data_set(empty)


@pytest.mark.soak
def test_processes_share_the_pictures(network: Path, tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    command = ["spectrum", str(network), "--samples", "6", "--device", "cpu", "--out"]
    runs = {"one": [sys.executable], "two": [sys.executable, "-m", "torch.distributed.run"]}
    runs["two"] += ["--standalone", "--nproc-per-node", "2"]
    for name, start in runs.items():
        out = str(tmp_path / name)
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        subprocess.run(
            [*start, "-m", "train", *command, out], cwd=root, env=environment, check=True
        )
    one, two = (np.load(tmp_path / f"{name}.npz") for name in runs)
    assert one["pictures_0"] == two["pictures_0"] == 6
    np.testing.assert_allclose(one["power_db_0"], two["power_db_0"], atol=0.1)
