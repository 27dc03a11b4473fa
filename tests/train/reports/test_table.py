"""The table of results: what is measured, what is written, and whether the order shows."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from generator import save_network
from generator.equivariance.metrics import EquivarianceResult, Score
from tests.train.conftest import tiny, write_pictures
from train.commands.main import main
from train.data.dataset import ImageDataset
from train.metrics import features
from train.reports.table import Row, blur, measure_yardstick, named_networks, paper_order
from train.trainer import Trainer

if TYPE_CHECKING:
    from pathlib import Path


def row(kind: str, eq_t: float, eq_r: float) -> Row:
    def score(db: float) -> Score:
        return Score(db, db - 1, db + 1)

    result = EquivarianceResult(score(eq_t), score(40.0), score(eq_r), samples=10, seed=0)
    return Row(kind, kind, 64, (), result, 1000, 0.01, None, None)  # type: ignore[arg-type]


def test_the_order_is_checked_with_intervals() -> None:
    rows = [
        row("stylegan2", 17.0, 11.0),
        row("stylegan3-t", 60.0, 14.0),
        row("stylegan3-r", 62.0, 15.5),
    ]
    held = {one.statement: one.holds for one in paper_order(rows)}
    assert held["EQ-T of StyleGAN2 below that of StyleGAN3-T"]
    # 15 dB and 14.5 dB are where the intervals of -T and -R end and begin: they overlap
    assert not held["EQ-R of StyleGAN3-T below that of StyleGAN3-R"]
    assert paper_order(rows[:1]) == []


def test_names_are_unique() -> None:
    assert [name for name, _ in named_networks(["a/net.pkl", "b/net.pkl", "c/other.pkl"])] == [
        "a/net.pkl",
        "b/net.pkl",
        "other",
    ]
    assert len(named_networks([])) >= 3


def test_blur_has_the_width_asked_for() -> None:
    x = torch.zeros(1, 3, 33, 33, dtype=torch.uint8)
    x[:, :, :, 16:] = 255
    line = blur(x, 1.0)[0, 0, 16].float() / 255
    # An edge becomes the integral of the Gaussian: 0.159 one σ, half a sample away from the step.
    assert float(line[14]) == pytest.approx(0.0668, abs=0.01)  # 1.5 σ
    assert float(line[15]) == pytest.approx(0.3085, abs=0.01)  # 0.5 σ
    assert torch.equal(blur(x, 1.0)[0, 1, 0], blur(x, 1.0)[0, 0, 16])


def noisy(count: int, seed: int) -> ImageDataset:
    random = np.random.default_rng(seed)
    return ImageDataset.from_arrays(random.integers(0, 256, (count, 64, 64, 3)).astype(np.uint8))


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "weights_folder", lambda: tmp_path / "cache")


@pytest.mark.slow
def test_blurred_pictures_are_farther_away() -> None:
    found = measure_yardstick(noisy(10, 0), noisy(10, 1), metric="kid_effnet", pictures=10, seed=0)
    assert found.sigma_px == 1.0
    assert found.blurred.value > 10 * abs(found.sharp.value)
    with pytest.raises(ValueError, match="kid_effnet or kid"):
        measure_yardstick(noisy(4, 0), noisy(4, 1), metric="fd_effnet", pictures=4, seed=0)


@pytest.mark.slow
def test_the_command_writes_table_figures_and_plot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], data: ImageDataset
) -> None:
    write_pictures(tmp_path / "held-out", 8, 16)
    write_pictures(tmp_path / "larger", 8, 32)
    files = []
    for kind in ("stylegan2", "stylegan3-t"):
        files.append(str(tmp_path / f"{kind}.safetensors"))
        net = Trainer(tiny(kind), data).ema.network
        save_network(files[-1], net, info={"kimg": 2.0, "hours": 0.5})
    arguments = ["table", *files, "--samples", "3", "--pictures", "6", "--threads", "1"]
    arguments += ["--data", str(tmp_path / "held-out"), str(tmp_path / "larger")]
    arguments += ["--yardstick-data", str(tmp_path / "held-out"), "--out", str(tmp_path / "o/t")]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "| stylegan2 | " in printed
    assert "*16.23*" in printed
    assert "Beaches 512²" in printed
    assert "blurred with σ = 0.25 px" in printed
    assert (tmp_path / "o/t.md").read_text("utf-8") in printed + "\n"
    with (tmp_path / "o/t.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [one["kind"] for one in rows] == ["stylegan2", "stylegan3-t"]
    assert float(rows[0]["seconds_per_kimg"]) == 900.0
    assert rows[0]["kid_effnet:larger"] == ""
    assert float(rows[0]["kid_effnet:held-out"])
    assert float(rows[1]["eq_t_low_db"]) <= float(rows[1]["eq_t_db"])
    assert (tmp_path / "o/t.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--metric", "eq_t"], "is no distance"),
        (["--metric", "best"], "no metric is called best"),
        (["--samples", "0"], "samples must be"),
        (["--yardstick-data", "a", "b"], "as many --data"),
    ],
)
def test_what_makes_no_sense_is_said_first(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["table", *options]) == 1
    assert message in " ".join(capsys.readouterr().err.split())
