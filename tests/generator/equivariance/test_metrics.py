"""Moving finished pictures, and the metrics made of it: golden arrays and known answers."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import Tensor

from generator import Generator, NetworkConfig, build_network, save_network
from generator.equivariance import ideal_warps
from generator.equivariance.metrics import EquivarianceMeter, measure
from generator.ranks import joined_ranks
from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    from generator.config import Kind

GOLDEN = np.load(Path(__file__).parents[2] / "golden" / "equivariance.npz")
SHIFTS = [(case["tx"], case["ty"]) for case in json.loads(str(GOLDEN["translations"]))]
ANGLES = json.loads(str(GOLDEN["rotations"]))


def golden_cases() -> list[tuple[str, int]]:
    return [(name, i) for name in ("int", "frac", "rot", "pseudo") for i in (0, 1)]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "i"), golden_cases())
def test_operators_match_the_golden_arrays(name: str, i: int) -> None:
    x = torch.from_numpy(GOLDEN["x"])
    shift_px, angle_rad = torch.tensor([SHIFTS[i]]) * x.shape[-1], torch.tensor([ANGLES[i]])
    moved, mask = {
        "int": lambda: ideal_warps.shift_integer(x, shift_px),
        "frac": lambda: ideal_warps.shift_fractional(x, shift_px),
        "rot": lambda: ideal_warps.rotate(x, angle_rad),
        "pseudo": lambda: ideal_warps.pseudo_rotate(x, angle_rad),
    }[name]()
    expected = torch.from_numpy(GOLDEN[f"{name}{i}"])
    expected_mask = torch.from_numpy(GOLDEN[f"{name}_mask{i}"])
    assert torch.equal(mask.expand_as(expected).float(), expected_mask)
    # Values reach 1.7: a few float32 roundings, of the turned positions most of all.
    torch.testing.assert_close(moved * mask, expected * expected_mask, rtol=0, atol=2e-5)


def wave(frequency: tuple[float, float], shift: tuple[float, float], angle: float) -> Tensor:
    """A plane wave on 64 × 64 pixels, first turned, then moved."""
    place = torch.arange(64, dtype=torch.float64) - 31.5
    x, y = place[None, :] - shift[0], place[:, None] - shift[1]
    from_x = x * math.cos(angle) - y * math.sin(angle)
    from_y = x * math.sin(angle) + y * math.cos(angle)
    return torch.cos(2 * torch.pi * (frequency[0] * from_x + frequency[1] * from_y))[None, None]


def test_a_wave_shifts_to_where_it_should_be() -> None:
    still = wave((0.1, 0.05), (0, 0), 0)
    moved, mask = ideal_warps.shift_fractional(still, torch.tensor([[2.3, -1.6]]))
    # The passband ripple of Lanczos' kernel is about 1 %.
    error = (moved - wave((0.1, 0.05), (2.3, -1.6), 0)) * mask
    assert mask.sum() == (64 - 5) ** 2  # six taps all inside
    assert error.abs().max() < 0.01


@pytest.mark.parametrize("angle", [0.7, -2.0, math.pi / 2, math.pi])
def test_a_wave_turns_to_where_it_should_be(angle: float) -> None:
    still = wave((0.1, 0.05), (0, 0), 0)
    turned, mask = ideal_warps.rotate(still, torch.tensor([angle], dtype=torch.float64))
    # Bilinear sampling of the 4× finer wave costs (π·0.11/4)²/2 = 0.4 %, the window the rest.
    assert ((turned - wave((0.1, 0.05), (0, 0), angle)) * mask).abs().max() < 0.006


def test_a_turn_is_anticlockwise() -> None:
    image = torch.zeros(1, 1, 64, 64)
    image[..., 32, 46] = 1  # right of the centre
    turned, _ = ideal_warps.rotate(image, torch.tensor([math.pi / 2]))
    row, column = divmod(int(turned.argmax()), 64)
    assert abs(row - 17) <= 1
    assert abs(column - 32) <= 1


def test_turning_by_an_eighth_loses_the_corners_of_the_spectrum() -> None:
    corner, inside = wave((0.45, 0.45), (0, 0), 0), wave((0.3, 0.0), (0, 0), 0)
    angle = torch.tensor([math.pi / 4])
    for operator in (ideal_warps.rotate, ideal_warps.pseudo_rotate):
        assert operator(corner, angle)[0].abs().max() < 0.1
        assert operator(inside, angle)[0].abs().max() > 0.9


@pytest.mark.slow
def test_images_in_a_batch_do_not_mix() -> None:
    x = torch.rand(3, 2, 40, 48, generator=torch.Generator().manual_seed(0))
    angle = torch.tensor([0.3, -1.0, 2.0])
    shift = torch.tensor([[1.2, -3.4], [0.0, 0.0], [-2.5, 5.0]])
    for operator, move in (
        (ideal_warps.shift_integer, shift),
        (ideal_warps.shift_fractional, shift),
        (ideal_warps.rotate, angle),
        (ideal_warps.pseudo_rotate, angle),
    ):
        together, masks = operator(x, move)
        for i in range(3):
            alone, mask = operator(x[i : i + 1], move[i : i + 1])
            torch.testing.assert_close(together[i : i + 1], alone)
            assert torch.equal(masks[i : i + 1], mask)


def demo_sized_network(kind: Kind) -> Generator:
    config = NetworkConfig(
        kind=kind, resolution=64, z_dim=128, w_dim=128, channel_base=2048, channel_max=64
    )
    return build_network(config, seed=0)


def tiny_network(c_dim: int = 0) -> Generator:
    config = NetworkConfig(
        kind="stylegan2",
        resolution=32,
        z_dim=8,
        c_dim=c_dim,
        w_dim=8,
        channel_base=64,
        channel_max=8,
    )
    return build_network(config, seed=0)


# Each system's bounds for (EQ-T, EQ-T_frac, EQ-R) before any training; the symmetry is in the
# architecture. Measured: StyleGAN2 13/13/6, T 77/77/29, R 88/85/83.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [
        ("stylegan2", (0, 0, 0), (25, 25, 15)),
        ("stylegan3-t", (60, 60, 0), (120, 120, 40)),
        ("stylegan3-r", (60, 60, 40), (120, 120, 120)),
    ],
)
def test_untrained_networks_show_their_symmetry(
    kind: Kind, least: tuple[float, ...], most: tuple[float, ...]
) -> None:
    result = measure(demo_sized_network(kind), samples=3, batch=3)
    scores = (result.eq_t, result.eq_t_frac, result.eq_r)
    for score, low, high in zip(scores, least, most, strict=True):
        assert low < score.db < high
        assert score.low_db <= score.db <= score.high_db
    assert result.samples == 3


def test_the_result_depends_on_seed_and_number_only() -> None:
    net = tiny_network()
    steps: list[tuple[int, int]] = []
    whole = measure(net, samples=5, seed=7, batch=5)
    parts = measure(net, samples=5, seed=7, batch=2, progress=lambda *at: steps.append(at))
    other = measure(net, samples=5, seed=8, batch=5)
    assert steps == [(2, 5), (4, 5), (5, 5)]
    assert parts.eq_r.db == pytest.approx(whole.eq_r.db, abs=1e-3)
    assert abs(other.eq_r.db - whole.eq_r.db) > 1e-3


def test_a_network_with_classes_is_measured() -> None:
    result = measure(tiny_network(c_dim=3), samples=2)
    assert math.isfinite(result.eq_t.db)
    assert math.isfinite(result.eq_r.db)


@pytest.mark.slow
def test_the_interval_holds_the_truth_and_shrinks() -> None:
    few, many = EquivarianceMeter(tiny_network()), EquivarianceMeter(tiny_network())
    few.add(8)
    many.add(32)
    truth = measure(tiny_network(), samples=160, seed=1, batch=32)
    for name in ("eq_t", "eq_t_frac", "eq_r"):
        narrow, wide = getattr(many.result(), name), getattr(few.result(), name)
        assert narrow.low_db <= getattr(truth, name).db <= narrow.high_db
        # Four times the samples halve it; its own scatter at 8 samples is about a quarter.
        ratio = (narrow.high_db - narrow.low_db) / (wide.high_db - wide.low_db)
        assert 0.25 < ratio < 0.85


@pytest.mark.soak
@pytest.mark.process
def test_two_processes_find_what_one_does(tmp_path: Path) -> None:
    path = tmp_path / "tiny.safetensors"
    save_network(path, tiny_network())
    alone = measure(tiny_network(), samples=5, seed=3, batch=2)
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command = [*launch, "-m", "generator", "equivariance", str(path)]
    command += ["--samples", "5", "--seed", "3", "--device", "cpu", "--json"]
    ended = subprocess.run(
        command,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    result = json.loads(ended.stdout)[str(path)]  # the first one speaks for all
    assert result["samples"] == 5
    # Batches differ, and so does float32 rounding.
    assert result["eq_r"]["db"] == pytest.approx(alone.eq_r.db, abs=1e-3)
    assert result["eq_t"]["low_db"] == pytest.approx(alone.eq_t.low_db, abs=1e-3)


def test_a_device_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="no device 'toaster'"), joined_ranks("toaster"):
        pass


def test_bad_input_is_named() -> None:
    net = tiny_network()
    with pytest.raises(ValueError, match="samples and batch"):
        measure(net, samples=0)
    with pytest.raises(ValueError, match="seed must not"):
        measure(net, samples=1, seed=-1)
    with pytest.raises(ValueError, match="no sample was measured"):
        EquivarianceMeter(net).result()
    with pytest.raises(ValueError, match="one move per image"):
        ideal_warps.rotate(torch.zeros(2, 3, 32, 32), torch.zeros(3))
    with pytest.raises(ValueError, match="must be floating"):
        ideal_warps.shift_integer(torch.zeros(1, 3, 8, 8, dtype=torch.uint8), torch.zeros(1, 2))
