"""Double precision on devices that have none: Metal's numbers end at float32."""

import torch
from torch import Tensor

SINGLE_ONLY = {"mps"}
"""Types of devices without float64."""


def device_of_doubles(device: torch.device) -> torch.device:
    """Return where float64 for a device is computed: there, or on the CPU if it has none."""
    return torch.device("cpu") if device.type in SINGLE_ONLY else device


def to_double(x: Tensor) -> Tensor:
    """Return the values in float64, on `device_of_doubles`."""
    # Not at once: the device itself would make the doubles.
    return x.to(device_of_doubles(x.device)).double()
