"""Curves over kimg: which snapshots, what is kept, what is drawn."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from generator import Generator, load_network, save_network
from tests.train.conftest import tiny, write_pictures
from train.commands.main import main
from train.data.dataset import ImageDataset
from train.metrics import features
from train.metrics.measure import MetricValue, measure
from train.reports import curves
from train.reports.curves import chosen_snapshots, default_every
from train.trainer import Trainer

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "weights_folder", lambda: tmp_path / "cache")


def run_folder(path: Path, kind: str, data: ImageDataset, images: list[int]) -> Path:
    """A run folder with a snapshot after so many pictures, the same network in all."""
    path.mkdir()
    net = Trainer(tiny(kind), data).ema.network
    for seen in images:
        save_network(
            path / f"network-{seen // 1000:06d}.safetensors", net, info={"kimg": seen / 1000}
        )
    return path


def test_the_first_of_every_span_and_the_newest(tmp_path: Path) -> None:
    def kimg(every: float) -> list[int]:
        return [one.kimg for one in chosen_snapshots(tmp_path, every)]

    for one in (1, 2, 4, 5, 6, 9, 10, 11):
        (tmp_path / f"network-{one:06d}.safetensors").touch()
    assert kimg(5) == [1, 5, 10, 11]
    assert kimg(0) == [1, 2, 4, 5, 6, 9, 10, 11]
    (tmp_path / "network-000012.safetensors").touch()
    assert kimg(5) == [1, 5, 10, 12]  # those before the newest stay
    assert default_every([tmp_path]) == 1
    (tmp_path / "network-000300.safetensors").touch()
    assert default_every([tmp_path]) == 20
    with pytest.raises(ValueError, match="nothing to measure yet"):
        chosen_snapshots(tmp_path.parent / tmp_path.name / "..", 1)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_measured_once_drawn_and_listed(
    tmp_path: Path, data: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pictures(tmp_path / "held-out", 8, 16)
    first = run_folder(tmp_path / "a", "stylegan3-t", data, [1000, 2500])
    second = run_folder(tmp_path / "b", "stylegan2", data, [3999])
    measured: list[Generator] = []

    def quick(net: Generator, *_: object, samples: int, **__: object) -> list[MetricValue]:
        measured.append(net)
        return [MetricValue("eq_t", float(len(list(net.parameters()))), samples / 10)]

    monkeypatch.setattr(curves, "measure", quick)
    arguments = ["curves", str(first), str(second), "--data", str(tmp_path / "held-out")]
    arguments += ["--metric", "eq_t", "--samples", "6", "--threads", "1"]
    arguments += ["--out", str(tmp_path / "o/curves.png")]
    assert main(arguments) == 0
    assert len(measured) == 3
    assert (tmp_path / "o/curves.png").read_bytes().startswith(b"\x89PNG")
    table = tmp_path / "o/curves.csv"
    assert [(one["run"], one["kind"], one["kimg"]) for one in rows_of(table)] == [
        ("a", "stylegan3-t", "1.0"),
        ("a", "stylegan3-t", "2.5"),
        ("b", "stylegan2", "3.999"),
    ]
    assert {one["deviation"] for one in rows_of(table)} == {"0.6"}
    plain = table.read_text("utf-8")

    # Torn and foreign lines are passed over, a snapshot more is all that is measured.
    kept = first / "curve-eq_t.jsonl"
    kept.write_text(kept.read_text() + '[1]\n{"kind": 3}\n{"sha256": "torn')
    assert main(arguments) == 0
    assert len(measured) == 3
    assert table.read_text("utf-8") == plain
    save_network(first / "network-000003.safetensors", measured[0], info={"kimg": 3.0})
    assert main(arguments) == 0
    assert len(measured) == 4
    assert main(arguments) == 0
    assert len(measured) == 4
    # Another number of pictures is another figure.
    assert main([*arguments, "--samples", "7"]) == 0
    assert len(measured) == 8


@pytest.mark.slow
def test_a_distance_is_that_of_metrics(tmp_path: Path, data: ImageDataset) -> None:
    write_pictures(tmp_path / "held-out", 8, 16)
    run = run_folder(tmp_path / "a", "stylegan2", data, [1000])
    out = tmp_path / "kid.png"
    arguments = ["curves", str(run), "--data", str(tmp_path / "held-out"), "--threads", "1"]
    assert main([*arguments, "--samples", "6", "--out", str(out)]) == 0
    (row,) = rows_of(out.with_suffix(".csv"))
    held_out = ImageDataset.load(tmp_path / "held-out")
    (figure,) = measure(load_network(run), held_out, ("kid_effnet",), samples=6)
    assert float(row["kid_effnet"]) == pytest.approx(figure.value, rel=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--metric", "best"], "no metric is called best"),
        (["--every", "-1"], "every must be"),
        (["--out", "curves.pdf"], "drawn to a .png"),
    ],
)
def test_what_makes_no_sense_is_said_first(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["curves", str(tmp_path), "--data", "nowhere", *options]) == 1
    assert message in " ".join(capsys.readouterr().err.split())
    assert main(["curves", str(tmp_path / "absent"), "--data", "nowhere"]) == 1
    assert "is no run folder" in " ".join(capsys.readouterr().err.split())
