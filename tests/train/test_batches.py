"""Random draws of a step."""

import pytest
import torch

from generator import build_network
from tests.train.conftest import tiny
from train.batches import BatchSampler, Latents
from train.config.training import TrainConfig
from train.data.labels import Labels
from train.randomness import Stream


def drawn(config: TrainConfig, count: int = 200) -> Latents:
    labels = Labels.of_vectors(torch.zeros(4, 0).numpy())
    sampler = BatchSampler(config, build_network(config.network), labels, torch.device("cpu"))
    return sampler.latents(Stream.GENERATOR_TURN, 3, count)


def test_inputs_are_shifted_to_all_sides_and_nothing_else() -> None:
    transforms = drawn(tiny(input_shift=3.0)).transforms
    assert transforms is not None
    shifts = transforms[:, :2, 2]
    # 200 draws from 6 widths: further than 0.2 from an end has a chance of (29/30)^200 = 0.1 %.
    assert torch.allclose(shifts.amin(0), torch.tensor([-3.0, -3.0]), atol=0.2)
    assert torch.allclose(shifts.amax(0), torch.tensor([3.0, 3.0]), atol=0.2)
    transforms[:, :2, 2] = 0
    assert torch.equal(transforms, torch.eye(3).expand(200, 3, 3))


def test_a_shift_changes_no_other_draw() -> None:
    still, moved = drawn(tiny()), drawn(tiny(input_shift=3.0))
    assert still.transforms is None
    assert torch.equal(still.z, moved.z)
    assert moved.at(torch.tensor([5])).transforms is not None


def test_a_constant_input_cannot_be_shifted() -> None:
    network = tiny("stylegan2").to_dict()["network"] | {"input": "const"}
    fields = tiny("stylegan2", input_shift=1.0).to_dict() | {"network": network}
    with pytest.raises(ValueError, match="input_shift needs a network whose input is Fourier"):
        TrainConfig.from_dict(fields)
