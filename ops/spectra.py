"""Average power spectra of images and of feature maps.

An image is whitened, multiplied by a separable Kaiser window of unit energy (so that its borders
do not smear over the spectrum), padded with zeros (so that the spectrum is finely sampled) and
transformed; the squared magnitudes are averaged. White noise of unit variance comes out flat at
1, which is 0 dB.

Spectra are centred: frequency 0 lies at index [rows // 2, columns // 2], row and column index grow
with the vertical and horizontal frequency, and one image of H × W pixels padded `pad` times
spans −1/2 … 1/2 cycles per pixel in H·pad × W·pad steps. `torch.fft.ifftshift` gives FFT order.
"""

from __future__ import annotations

import torch
from torch import Tensor

ELEMENTS_AT_ONCE = 1 << 23
"""Complex numbers transformed in one go: 64 MB in single precision."""


def kaiser_window(size: int, *, beta: float = 8.0, dtype: torch.dtype = torch.float64) -> Tensor:
    """A symmetric Kaiser window whose squares sum to 1.

    Args:
        size: Number of taps, at least 1.
        beta: Shape; larger means less leakage and less resolution. 0 is a box.
        dtype: Of the result.

    Returns:
        [size], on the CPU.

    Raises:
        ValueError: `size` or `beta` is out of range.
    """
    if size < 1:
        raise ValueError(f"the window needs at least 1 tap, got {size}")
    if beta < 0:
        raise ValueError(f"beta must not be negative, got {beta}")
    window = torch.kaiser_window(size, periodic=False, beta=beta, dtype=torch.float64)
    return (window / window.square().sum().sqrt()).to(dtype)


class SpectrumAverage:
    """The mean power spectrum of however many images are added to it.

    All images must have one size. Sums are kept in float64, so that the mean over a whole data
    set is as good as the transforms are.
    """

    def __init__(
        self, *, mean: float = 0.0, std: float = 1.0, beta: float = 8.0, pad: int = 4
    ) -> None:
        """Start with no image.

        Args:
            mean: Subtracted from every pixel, in the images' own units.
            std: Then divides every pixel; positive.
            beta: Of the Kaiser window.
            pad: The transform is this many times as large as the image, at least 1.

        Raises:
            ValueError: an argument is out of range.
        """
        if std <= 0:
            raise ValueError(f"std must be positive, got {std}")
        if pad < 1:
            raise ValueError(f"pad must be at least 1, got {pad}")
        if beta < 0:
            raise ValueError(f"beta must not be negative, got {beta}")
        self.mean, self.std, self.beta, self.pad = mean, std, beta, pad
        self.planes = 0
        """Images times channels added so far."""
        self._size: tuple[int, int] | None = None
        self._window = torch.empty(0)
        self._total = torch.empty(0)

    def add(self, images: Tensor) -> None:
        """Add images.

        Args:
            images: [..., H, W], floating or uint8; every leading dimension (images, channels)
                is averaged over. Float64 is transformed in float64, all else in float32.

        Raises:
            ValueError: no picture at all, or another size than before.
        """
        if images.ndim < 2 or images.numel() == 0:
            raise ValueError(f"images must be [..., H, W] and not empty, got {list(images.shape)}")
        height, width = images.shape[-2:]
        if self._size is None:
            self._size = (height, width)
            self._window = torch.outer(
                kaiser_window(height, beta=self.beta), kaiser_window(width, beta=self.beta)
            ).to(images.device)
            self._total = torch.zeros(
                height * self.pad,
                width * self.pad // 2 + 1,
                dtype=torch.float64,
                device=images.device,
            )
        elif self._size != (height, width):
            expected = f"{self._size[0]}×{self._size[1]}"
            raise ValueError(f"images of {expected} are being averaged, got {height}×{width}")

        dtype = torch.float64 if images.dtype == torch.float64 else torch.float32
        window = (self._window / self.std).to(dtype)
        rows, columns = height * self.pad, width * self.pad
        planes = images.detach().reshape(-1, height, width)
        for part in planes.split(max(1, ELEMENTS_AT_ONCE // self._total.numel())):
            whitened = (part.to(dtype) - self.mean) * window
            # One axis at a time: the first transform then skips the rows that are only padding.
            half = torch.fft.fft(torch.fft.rfft(whitened, n=columns, dim=-1), n=rows, dim=-2)
            power = half.real.square() + half.imag.square()
            self._total += power.sum(0)
        self.planes += len(planes)

    def power(self) -> Tensor:
        """The mean power so far.

        Returns:
            [H·pad, W·pad] float64, centred, not negative.

        Raises:
            ValueError: nothing was added yet.
        """
        if self._size is None:
            raise ValueError("no image was added to the average")
        columns = self._size[1] * self.pad
        half = self._total / self.planes
        # Real input: the power at −f is that at f, which the half spectrum holds.
        mirrored = half[:, 1 : (columns + 1) // 2].flip(-1)
        mirrored = torch.cat([mirrored[:1], mirrored[1:].flip(0)])
        return torch.fft.fftshift(torch.cat([half, mirrored], dim=-1))


def power_spectrum(
    images: Tensor, *, mean: float = 0.0, std: float = 1.0, beta: float = 8.0, pad: int = 4
) -> Tensor:
    """The mean power spectrum of a batch of images, over the batch and the channels.

    Args:
        images: [..., H, W], floating or uint8.
        mean: Subtracted from every pixel.
        std: Then divides every pixel.
        beta: Of the Kaiser window.
        pad: The transform is this many times as large as the image.

    Returns:
        [H·pad, W·pad], centred; float64 for float64 images, float32 otherwise.

    Raises:
        ValueError: an argument is out of range, or there is no picture.
    """
    average = SpectrumAverage(mean=mean, std=std, beta=beta, pad=pad)
    average.add(images)
    return average.power().to(torch.float64 if images.dtype == torch.float64 else torch.float32)


def to_db(power: Tensor, *, floor_db: float = -120.0) -> Tensor:
    """Power in decibels, 10·log10, nothing below `floor_db`."""
    return (10 * power.clamp_min(torch.finfo(power.dtype).tiny).log10()).clamp_min(floor_db)


def radial_profile(power: Tensor, bins: int | None = None) -> tuple[Tensor, Tensor]:
    """The mean of a centred spectrum over rings of equal frequency.

    Args:
        power: [H, W], centred; linear power, not decibels.
        bins: Number of rings between 0 and 1/2 cycle per pixel; a quarter of the shorter side
            unless given. The corners beyond 1/2 are left out.

    Returns:
        Two [bins] tensors, dtype of `power`: the rings' mid frequencies in cycles per pixel and
        their mean power.

    Raises:
        ValueError: `power` is no plane, or a ring would hold no sample.
    """
    if power.ndim != 2:
        raise ValueError(f"power must be [H, W], got {list(power.shape)}")
    shorter = min(power.shape)
    bins = max(1, shorter // 4) if bins is None else bins
    if not 1 <= bins <= max(1, shorter // 2):
        raise ValueError(f"bins must be 1 … {max(1, shorter // 2)} for this size, got {bins}")
    across, along = (
        (torch.arange(n, dtype=torch.float64, device=power.device) - n // 2) / n
        for n in power.shape
    )
    frequency = torch.hypot(across[:, None], along[None, :])
    inside = frequency < 0.5
    ring = (frequency[inside] * 2 * bins).long().clamp_max(bins - 1)
    count = torch.bincount(ring, minlength=bins)
    total = torch.bincount(ring, weights=power[inside].double(), minlength=bins)
    middle = (torch.arange(bins, dtype=torch.float64, device=power.device) + 0.5) / (2 * bins)
    return middle.to(power.dtype), (total / count).to(power.dtype)
