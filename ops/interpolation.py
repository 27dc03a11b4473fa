"""Finer sampling of a picture, as ideal as its borders allow."""

from __future__ import annotations

import torch
from torch import Tensor

from ops.doubles import device_of_doubles


def interpolate(x: Tensor, factor: int) -> Tensor:
    """Sample a band-limited picture `factor` times as finely.

    The picture is continued beyond its borders by its mirror image, which makes it periodic
    without a jump; its spectrum is then padded with zeros. Nothing arises above half the old
    sampling rate.

    Args:
        x: [..., H, W], floating.
        factor: At least 1.

    Returns:
        [..., H·factor, W·factor]; sample i lies at (i + ½) / factor − ½ of the old ones, so that
        both cover the same area.

    Raises:
        ValueError: `factor` is not positive, or `x` is empty.
    """
    if factor < 1:
        raise ValueError(f"factor must be at least 1, got {factor}")
    if x.ndim < 2 or x.numel() == 0:
        raise ValueError(f"x must be [..., H, W] and not empty, got {list(x.shape)}")
    return x if factor == 1 else _along_last(_along_last(x, factor).mT, factor).mT


def _along_last(x: Tensor, factor: int) -> Tensor:
    count = x.shape[-1]
    spectrum = torch.fft.rfft(torch.cat([x, x.flip(-1)], dim=-1))
    # A mirrored signal has nothing at half its rate: it is odd there.
    precise = device_of_doubles(x.device)
    frequency = torch.arange(count, device=precise, dtype=torch.float64)
    # The new samples start (factor − 1) / 2 new ones, that is so much of an old one, earlier.
    shift = (1 - factor) / (2 * factor)
    phase = torch.exp(torch.pi * 1j * frequency * shift / count).to(spectrum)
    fine = torch.fft.irfft(spectrum[..., :count] * phase, n=2 * count * factor, dim=-1)
    return fine[..., : count * factor] * factor
