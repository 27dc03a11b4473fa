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

from ops.doubles import device_of_doubles

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
        self,
        *,
        mean: float | None = 0.0,
        std: float | None = 1.0,
        beta: float = 8.0,
        pad: int = 4,
    ) -> None:
        """Start with no image.

        Args:
            mean: Subtracted from every pixel, in the images' own units; None: the mean of all
                that will have been added.
            std: Then divides every pixel; positive; None: likewise the standard deviation.
            beta: Of the Kaiser window.
            pad: The transform is this many times as large as the image, at least 1.

        Raises:
            ValueError: an argument is out of range.
        """
        if std is not None and std <= 0:
            raise ValueError(f"std must be positive, got {std}")
        if pad < 1:
            raise ValueError(f"pad must be at least 1, got {pad}")
        if beta < 0:
            raise ValueError(f"beta must not be negative, got {beta}")
        self.beta, self.pad = beta, pad
        self._mean, self._std = mean, std
        self._size: tuple[int, int] | None = None
        self._origin = 0.0
        self._window = self._total = self._linear = torch.empty(0)
        self._counts = torch.zeros(4, dtype=torch.float64)

    @property
    def planes(self) -> int:
        """Images times channels added so far."""
        return round(float(self._counts[0]))

    @property
    def sums(self) -> list[Tensor]:
        """Sums over images, all float64, to be added up over processes in place.

        Every process must have added at least one image.
        """
        self._check_started()
        linear = torch.view_as_real(self._linear) if self._mean is None else self._linear.real
        return [self._total, linear, self._counts]

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
        images = images.detach().to(device_of_doubles(images.device))
        height, width = images.shape[-2:]
        if self._size is None:
            self._begin(height, width, images)
        elif self._size != (height, width):
            expected = f"{self._size[0]}×{self._size[1]}"
            raise ValueError(f"images of {expected} are being averaged, got {height}×{width}")

        dtype = torch.float64 if images.dtype == torch.float64 else torch.float32
        window = self._window.to(dtype)
        rows, columns = height * self.pad, width * self.pad
        planes = images.reshape(-1, height, width)
        for part in planes.split(max(1, ELEMENTS_AT_ONCE // self._total.numel())):
            centred = part.to(dtype) - self._origin
            # One axis at a time: the first transform then skips the rows that are only padding.
            half = torch.fft.fft(
                torch.fft.rfft(centred * window, n=columns, dim=-1), n=rows, dim=-2
            )
            self._total += (half.real.square() + half.imag.square()).sum(0)
            wide = centred.double()
            sums = (len(part), wide.numel(), float(wide.sum()), float(wide.square().sum()))
            self._counts += self._counts.new_tensor(sums)
            if self._mean is None:
                self._linear += half.sum(0)

    def _begin(self, height: int, width: int, images: Tensor) -> None:
        self._size = (height, width)
        self._window = torch.outer(
            kaiser_window(height, beta=self.beta), kaiser_window(width, beta=self.beta)
        ).to(images.device)
        # A mean that is not known yet is taken away at the end; a good guess keeps that exact.
        guess = 127.5 if images.dtype == torch.uint8 else 0.0
        self._origin = guess if self._mean is None else self._mean
        shape = (height * self.pad, width * self.pad // 2 + 1)
        self._total = torch.zeros(shape, dtype=torch.float64, device=images.device)
        kept = shape if self._mean is None else (0,)
        self._linear = torch.zeros(kept, dtype=torch.complex128, device=images.device)
        self._counts = self._counts.to(images.device)

    def _check_started(self) -> tuple[int, int]:
        if self._size is None:
            raise ValueError("no image was added to the average")
        return self._size

    @property
    def statistics(self) -> tuple[float, float]:
        """(mean, standard deviation) that whiten the images.

        Raises:
            ValueError: nothing was added yet.
        """
        self._check_started()
        _, pixels, total, squares = self._counts.tolist()
        offset = total / pixels
        mean = self._origin + offset if self._mean is None else self._mean
        deviation = max(squares / pixels - offset**2, 0.0) ** 0.5
        return mean, deviation if self._std is None else self._std

    def power(self) -> Tensor:
        """The mean power so far.

        Returns:
            [H·pad, W·pad] float64, centred, not negative.

        Raises:
            ValueError: nothing was added yet.
        """
        height, width = self._check_started()
        rows, columns = height * self.pad, width * self.pad
        mean, std = self.statistics
        half = self._total
        if self._mean is None:
            # |X − m W|², summed: m W is the transform of a constant m under the window.
            rest = mean - self._origin
            constant = torch.fft.rfft2(self._window, s=(rows, columns)) * rest
            half = half - 2 * (constant.conj() * self._linear).real
            half = (half + self.planes * constant.abs().square()).clamp_min(0)
        half = half / (self.planes * max(std, 1e-12) ** 2)
        # Real input: the power at −f is that at f, which the half spectrum holds.
        mirrored = half[:, 1 : (columns + 1) // 2].flip(-1)
        mirrored = torch.cat([mirrored[:1], mirrored[1:].flip(0)])
        return torch.fft.fftshift(torch.cat([half, mirrored], dim=-1))


def middle_square(images: Tensor) -> Tensor:
    """Cut the largest square out of the middle of images, [..., H, W] to [..., n, n].

    What is square needs one scale for both axes of its spectrum.
    """
    for dim in (-2, -1):
        side = min(images.shape[-2:])
        images = images.narrow(dim, (images.shape[dim] - side) // 2, side)
    return images


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


def slices(power: Tensor) -> tuple[Tensor, Tensor]:
    """A centred spectrum along two rays from frequency 0: to the right, and down to the right.

    Args:
        power: [n, n], n even; linear power or decibels.

    Returns:
        Two [n // 2] views: entry i lies at i/n cycles per pixel along x, and at √2·i/n along the
        diagonal, which thus reaches √½.

    Raises:
        ValueError: `power` is no square of even side.
    """
    if power.ndim != 2 or power.shape[0] != power.shape[1] or power.shape[0] % 2:
        raise ValueError(f"power must be [n, n] with n even, got {list(power.shape)}")
    middle = power.shape[0] // 2
    return power[middle, middle:], power.diagonal()[middle:]


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
