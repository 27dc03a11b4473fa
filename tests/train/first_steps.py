"""The first steps of a tiny training in float64; as a program, one process of a `torchrun`."""

from __future__ import annotations

import sys

import torch

from generator.ranks import ALONE, Ranks, joined_ranks
from tests.train.conftest import pixels, tiny
from train.data.dataset import ImageDataset
from train.trainer import Trainer

KINDS = ("stylegan2", "stylegan3-r")
"""One that has path lengths and mixes styles, one that tracks magnitudes."""
GROUP_SIZES = (2, 8)
"""Groups that two processes keep whole, and one that they tear."""


def first_steps(kind: str, ranks: Ranks = ALONE, **changes: object) -> dict[str, torch.Tensor]:
    """Weights and strength of augmentation after two steps."""
    options: dict[str, object] = {
        "batch": 8,
        "group_size": 2,
        "precision": "fp64",
        "augment": "ada",
        "augment_p": 0.6,
        "ada_interval": 1,
        "mirror": True,
        "noise_inputs": False,
    }
    if kind == "stylegan2":
        options |= {"path_length_weight": 2.0, "style_mixing": 0.5, "input_shift": 2.0}
    trainer = Trainer(
        tiny(kind, **{**options, **changes}),
        ImageDataset.from_arrays(pixels(12, 16)),
        ranks=ranks,
    )
    for _ in range(2):
        trainer.step()
    state = {**trainer.generator.state_dict(), **trainer.discriminator.state_dict()}
    return {**state, "strength": torch.tensor(trainer.strength.p)}


if __name__ == "__main__":
    torch.set_num_threads(1)
    with joined_ranks("cpu") as (own_ranks, _):
        for each in KINDS:
            for group_size in GROUP_SIZES:
                weights = first_steps(each, own_ranks, group_size=group_size)
                torch.save(weights, f"{sys.argv[1]}/{each}-{group_size}-{own_ranks.rank}.pt")
