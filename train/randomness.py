"""Random draws that depend on nothing but the seed, their purpose and the step.

No generator's state has to be saved: a resumed training draws what an uninterrupted one would.
"""

from enum import IntEnum

import numpy as np
import torch


class Stream(IntEnum):
    """Purpose of a draw."""

    DATA = 0
    GENERATOR_WEIGHTS = 1
    DISCRIMINATOR_WEIGHTS = 2
    GENERATOR_TURN = 3
    DISCRIMINATOR_TURN = 4
    PATH_LENGTH = 5
    NOISE = 6
    SAMPLES = 7
    AUGMENT_REALS = 8
    AUGMENT_FAKES = 9
    AUGMENT_LESSON = 10
    PATH_NOISE = 11


def key(seed: int, stream: Stream, step: int = 0) -> int:
    """Hash a draw to 32 bits; PyTorch's CPU generator takes no longer seeds."""
    return int(np.random.SeedSequence([seed, stream, step]).generate_state(1)[0])


def keyed_generator(seed: int, stream: Stream, step: int = 0) -> torch.Generator:
    """Make a fresh generator for one draw."""
    return torch.Generator().manual_seed(key(seed, stream, step))
