"""Averages whose length is chosen after the training."""

import math
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import nn

from generator import load_network
from tests.average_run import write_average_run
from tests.train.conftest import tiny
from train.averages import (
    LengthChoice,
    PowerAverage,
    averaged_network,
    exponent,
    newest_averages,
    save_averages,
)
from train.commands.main import main
from train.data.dataset import ImageDataset
from train.runs.folder import RunFolder, load_newest_state
from train.trainer import Trainer


@pytest.mark.parametrize("length", [0.01, 0.05, 0.1, 0.25])
def test_the_exponent_gives_the_length(length: float) -> None:
    power = exponent(length)
    # Deviation of t under (γ + 1) t^γ on 0…1.
    mean, square = (power + 1) / (power + 2), (power + 1) / (power + 3)
    assert math.sqrt(square - mean**2) == pytest.approx(length)


def test_the_published_exponents() -> None:
    # EDM2, section 3.1: 5 % and 10 % are γ = 16.97 and 6.94.
    assert [exponent(0.05), exponent(0.1)] == pytest.approx([16.97, 6.94], abs=0.01)


@pytest.mark.parametrize("length", [0.005, 0.3, math.nan])
def test_other_lengths_are_refused(length: float) -> None:
    with pytest.raises(ValueError, match=r"the length of an average is 0.01 to 0.25"):
        exponent(length)


def test_a_power_of_the_time_is_averaged_as_its_integral_says() -> None:
    weight = nn.Linear(1, 1, bias=False)
    average = PowerAverage(weight, 0.1)
    steps = 4000
    for step in range(1, steps + 1):
        with torch.no_grad():
            weight.weight.fill_(step / steps)
        average.update(images_seen=step, batch_size=1)
    power = exponent(0.1)
    # The sum over steps is an integral up to half a step at the end.
    assert float(average.weights["weight"]) == pytest.approx((power + 1) / (power + 2), abs=2e-3)


@pytest.fixture
def run(data: ImageDataset, tmp_path: Path) -> tuple[Path, Trainer, PowerAverage]:
    """A training with a snapshot every other step, and the average of another length beside it."""
    trainer = Trainer(tiny(average_lengths=(0.05, 0.1), lr_g=0.01), data)
    wanted = PowerAverage(trainer.generator, 0.08)
    with RunFolder.create(tmp_path / "run") as folder:
        for step in range(1, 33):
            trainer.step()
            wanted.update(images_seen=trainer.images_seen, batch_size=trainer.config.batch)
            if step % 2 == 0:
                save_averages(folder.path, trainer.averages, trainer.images_seen)
        folder.save_network(trainer.ema.network, 0, {}, Image.new("RGB", (8, 8)))
        folder.save_state(trainer.state_dict(), trainer.images_seen)
    return tmp_path / "run", trainer, wanted


@pytest.mark.slow
def test_a_length_chosen_afterwards_is_the_average_that_would_have_been_kept(
    run: tuple[Path, Trainer, PowerAverage],
) -> None:
    folder, trainer, wanted = run
    net = averaged_network(folder, 0.08)
    (nearest,) = (one for one in trainer.averages if one.length == 0.1)
    for name, own in net.state_dict().items():
        if name not in wanted.weights:
            continue
        miss = float((own - wanted.weights[name]).norm())
        # Far closer than the kept average of the nearest length; half precision is 5e-4.
        bound = 0.2 * float((nearest.weights[name] - wanted.weights[name]).norm())
        assert miss <= bound + 1e-3 * float(own.norm()) + 1e-5, name
    kept = averaged_network(folder, 0.05)
    for name, own in kept.named_parameters():
        torch.testing.assert_close(own, trainer.averages[0].weights[name], atol=3e-3, rtol=3e-3)


@pytest.mark.slow
def test_averages_are_resumed(run: tuple[Path, Trainer, PowerAverage], data: ImageDataset) -> None:
    folder, trainer, _ = run
    again = Trainer(trainer.config, data)
    again.load_state_dict(load_newest_state(folder))
    for own, other in zip(again.averages, trainer.averages, strict=True):
        for name, value in own.weights.items():
            assert torch.equal(value, other.weights[name]), name


@pytest.mark.slow
def test_the_command_writes_a_network(
    run: tuple[Path, Trainer, PowerAverage], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, _, _ = run
    out = tmp_path / "out.safetensors"
    assert main(["average", str(folder), "0.15", "--out", str(out)]) == 0
    assert load_network(out).info["average_length"] == 0.15
    assert main(["average", str(folder), "0.15", "--out", str(out), "--kimg", "0.001"]) == 1
    assert "has no averages up to 0.001 kimg; train with --average-lengths" in (
        capsys.readouterr().err
    )


def test_damaged_averages_are_named(tmp_path: Path) -> None:
    (tmp_path / "averages-000001.000.safetensors").write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"averages-000001.000.safetensors is damaged"):
        averaged_network(tmp_path, 0.1)


def test_settings_name_lengths_out_of_range() -> None:
    with pytest.raises(ValueError, match=r"average_lengths must be numbers from 0.01 to 0.25"):
        tiny(average_lengths=(0.05, 0.5))


def test_all_lengths_come_from_one_reading(tmp_path: Path) -> None:
    folder = write_average_run(tmp_path / "run", snapshots=12)
    told: list[float] = []
    choice = LengthChoice(folder, told.append)
    assert told[-1] == 1.0
    assert told == sorted(told)
    ends = [averaged_network(folder, length) for length in (0.01, 0.25)]
    spread = [
        float((one - other).detach().norm())
        for one, other in zip(*(net.parameters() for net in ends), strict=True)
    ]
    for path in folder.glob("averages-*"):
        path.unlink()  # nothing is read any more
    lengths = (0.01, 0.013, 0.04, 0.05, 0.08, 0.1, 0.17, 0.25)
    nets = [choice.network(length) for length in lengths]
    write_average_run(tmp_path / "again", snapshots=12)
    for length, net in zip(lengths, nets, strict=True):
        exact = averaged_network(tmp_path / "again", length)
        assert net.info["average_length"] == length
        pairs = zip(net.parameters(), exact.parameters(), spread, strict=True)
        for own, wanted, between in pairs:
            # Half precision is 5e-4.
            bound = 0.02 * between + 2e-3 * float(wanted.detach().norm()) + 1e-5
            assert float((own - wanted).detach().norm()) <= bound, length
    with pytest.raises(ValueError, match="the length of an average is"):
        choice.network(0.3)


def test_a_folder_without_averages_says_how_to_have_them(tmp_path: Path) -> None:
    for read in (newest_averages, LengthChoice):
        with pytest.raises(ValueError, match="has no averages; train with --average-lengths"):
            read(tmp_path)
