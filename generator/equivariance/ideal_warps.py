"""Shifting and turning finished pictures, as ideally as sampled pictures allow.

These are the references a generator's own shifts and turns are measured against (Karras et al.
2021, appendix E). All take images [N, C, H, W] and one shift or angle per image, y pointing down,
and return the moved images with a mask [N, 1, H, W] (bool) of the pixels that were computed from
inside the picture alone; pixels outside the mask are 0.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from ops.doubles import device_of_doubles

LANCZOS = 3
"""Lobes a of the Lanczos windows; a turn's filter reaches 2·a pixels."""

_FINER = 4
"""A picture is upsampled this many times before it is sampled at turned positions."""


def shift_integer(images: Tensor, shift_px: Tensor) -> tuple[Tensor, Tensor]:
    """Move each image by whole pixels.

    Args:
        images: [N, C, H, W], floating.
        shift_px: [N, 2], (right, down) in pixels; rounded to whole ones.

    Returns:
        The moved images, [N, C, H, W], and the mask, [N, 1, H, W].

    Raises:
        ValueError: the shapes do not fit.
    """
    _check(images, shift_px, (len(images), 2))
    height, width = images.shape[-2:]
    moved = torch.zeros_like(images)
    mask = torch.zeros(len(images), 1, height, width, dtype=torch.bool, device=images.device)
    for i, (right, down) in enumerate(shift_px.round().long().tolist()):
        if abs(right) >= width or abs(down) >= height:
            continue
        rows = slice(max(down, 0), height + min(down, 0))
        columns = slice(max(right, 0), width + min(right, 0))
        from_rows = slice(max(-down, 0), height - max(down, 0))
        from_columns = slice(max(-right, 0), width - max(right, 0))
        moved[i, :, rows, columns] = images[i, :, from_rows, from_columns]
        mask[i, :, rows, columns] = True
    return moved, mask


def shift_fractional(images: Tensor, shift_px: Tensor) -> tuple[Tensor, Tensor]:
    """Move each image by any distance, through a sinc windowed by Lanczos' window, a = 3.

    Args:
        images: [N, C, H, W], floating.
        shift_px: [N, 2], (right, down) in pixels.

    Returns:
        The moved images, [N, C, H, W], and the mask, [N, 1, H, W].

    Raises:
        ValueError: the shapes do not fit.
    """
    _check(images, shift_px, (len(images), 2))
    height, width = images.shape[-2:]
    shift = shift_px.to(device_of_doubles(images.device), torch.float64)
    across, valid_across = _lanczos_shift(width, shift[:, 0])
    along, valid_along = _lanczos_shift(height, shift[:, 1])
    mask = (valid_along[:, :, None] & valid_across[:, None, :])[:, None].to(images.device)
    rows, columns = along[:, None].to(images), across[:, None].to(images)
    return rows @ images @ columns.transpose(-1, -2) * mask, mask


def rotate(images: Tensor, angle_rad: Tensor) -> tuple[Tensor, Tensor]:
    """Turn each image anticlockwise on screen about its centre.

    Args:
        images: [N, C, H, W], floating.
        angle_rad: [N].

    Returns:
        The turned images, [N, C, H, W], without what was or comes to lie outside the band of
        the pixel grid, and the mask, [N, 1, H, W].

    Raises:
        ValueError: the shapes do not fit.
    """
    _check(images, angle_rad, (len(images),))
    height, width = images.shape[-2:]
    angle = angle_rad.to(device_of_doubles(images.device), torch.float64)
    fine = _convolve(images, _turn_filters(angle, _FINER), _FINER)

    y, x = (
        torch.arange(n, dtype=torch.float64, device=angle.device) - (n - 1) / 2
        for n in (height, width)
    )
    cos, sin = angle.cos()[:, None, None], angle.sin()[:, None, None]
    # In samples of the fine image; sample 0 lies on pixel 0.
    from_x = _FINER * (x * cos - y[:, None] * sin + (width - 1) / 2)
    from_y = _FINER * (x * sin + y[:, None] * cos + (height - 1) / 2)
    last_x, last_y = _FINER * width - 1, _FINER * height - 1
    grid = torch.stack([from_x / last_x, from_y / last_y], dim=-1) * 2 - 1
    turned = F.grid_sample(fine, grid.to(fine), mode="bilinear", align_corners=True)

    # Valid is what lies, on the fine image's nearest sample, 2·a pixels inside the border; the
    # fine samples of a pixel are its own and the three after it, hence the half pixel.
    mask = torch.ones_like(from_x, dtype=torch.bool)
    for place, size in ((from_x, width), (from_y, height)):
        nearest = (place + 0.5).floor() + _FINER // 2
        border = 2 * LANCZOS * _FINER
        mask &= (nearest >= border) & (nearest < _FINER * size - border)
    mask = mask[:, None].to(images.device)
    return turned * mask, mask


def pseudo_rotate(images: Tensor, angle_rad: Tensor) -> tuple[Tensor, Tensor]:
    """Take from each image the corners of the spectrum that turning it by −angle would lose.

    An image that a network drew turned by `angle_rad` is comparable, after this, with the
    unturned one after `rotate`: both then lack the same frequencies.

    Args:
        images: [N, C, H, W], floating.
        angle_rad: [N].

    Returns:
        The filtered images, [N, C, H, W], and the mask, [N, 1, H, W].

    Raises:
        ValueError: the shapes do not fit.
    """
    _check(images, angle_rad, (len(images),))
    angle = angle_rad.to(device_of_doubles(images.device), torch.float64)
    filtered = _convolve(images, _turn_filters(-angle, 1), 1)
    mask = torch.zeros_like(images[:, :1], dtype=torch.bool)
    reach = 2 * LANCZOS - 1
    mask[..., reach : images.shape[-2] - reach, reach : images.shape[-1] - reach] = True
    return filtered * mask, mask


def _check(images: Tensor, moves: Tensor, shape: tuple[int, ...]) -> None:
    if images.ndim != 4 or not images.is_floating_point():
        raise ValueError(
            f"images must be floating [N, C, H, W], got {images.dtype} {list(images.shape)}"
        )
    if tuple(moves.shape) != shape:
        raise ValueError(
            f"expected one move per image, shape {list(shape)}, got {list(moves.shape)}"
        )


def _lanczos_shift(size: int, shift_px: Tensor) -> tuple[Tensor, Tensor]:
    """Matrices [N, size, size] that shift one axis, and which results are valid, [N, size].

    Args:
        size: Pixels of the axis.
        shift_px: [N] float64.
    """
    pixel = torch.arange(size, dtype=torch.float64, device=shift_px.device)
    source = pixel - shift_px[:, None]
    distance = source[:, :, None] - pixel
    weights = torch.sinc(distance) * torch.sinc(distance / LANCZOS) * (distance.abs() < LANCZOS)
    # The weights sum to 1 only nearly; rows cut off at the border are masked anyway.
    fraction = source - source.floor()
    tap = torch.arange(1 - LANCZOS, LANCZOS + 1, dtype=torch.float64, device=shift_px.device)
    offset = fraction[..., None] - tap
    total = (torch.sinc(offset) * torch.sinc(offset / LANCZOS)).sum(-1)
    valid = (source >= LANCZOS - 1) & (source <= size - LANCZOS)
    return weights / total[..., None], valid


def _convolve(images: Tensor, filters: Tensor, up: int) -> Tensor:
    """Convolve each image with its own filter while upsampling it `up` times.

    Args:
        images: [N, C, H, W].
        filters: [N, up·k, up·k], k even, the centre tap at index up·k/2.

    Returns:
        [N, C, H·up, W·up], with 0 beyond the border; sample up·i lies on pixel i.
    """
    count, channels, height, width = images.shape
    taps = filters.shape[-1] // up
    # One ordinary filter for each of the up × up places between pixels.
    phases = filters.reshape(count, taps, up, taps, up).flip(1, 3).permute(0, 2, 4, 1, 3)
    weight = phases.reshape(count * up * up, 1, taps, taps).to(images)
    padded = F.pad(images.transpose(0, 1), (taps // 2 - 1, taps // 2) * 2)
    fine = F.conv2d(padded, weight, groups=count)
    fine = F.pixel_shuffle(fine.reshape(channels, count, up * up, height, width), up)
    return fine.reshape(channels, count, height * up, width * up).transpose(0, 1)


def _turn_filters(angle: Tensor, up: int) -> Tensor:
    """See `_turn_filter`; the last few are remembered, as many pictures are turned alike."""
    return _remembered_filters(tuple(angle.tolist()), up, angle.device)


@lru_cache(maxsize=4)
def _remembered_filters(angles: tuple[float, ...], up: int, device: torch.device) -> Tensor:
    with torch.inference_mode(False):  # whoever asks next may want gradients
        return _turn_filter(torch.tensor(angles, dtype=torch.float64, device=device), up)


def _turn_filter(angle: Tensor, up: int) -> Tensor:
    """The low-pass filters that make turning pictures by these angles free of aliasing.

    What survives a turn is what lies in the band of the old pixel grid and in that of the new
    one: the filter is the convolution of two sinc kernels, windowed by the convolution of two
    Lanczos windows, each pair oriented like the two grids (Karras et al. 2021, appendix E.3).

    Args:
        angle: [N] float64.
        up: Samples per pixel.

    Returns:
        [N, K, K] float64 with K = 4·a·up, the centre tap at K/2. Each of the up × up sets of
        taps that meet the pixels together sums to 1.
    """
    reach = 2 * LANCZOS * up
    place = torch.arange(-reach, reach, dtype=torch.float64, device=angle.device) / up
    y, x = place[:, None], place[None, :]
    turn = angle[:, None, None]
    if up == 1:
        # At one sample per pixel the first sinc is a single 1.
        along, across = _turned(x, y, turn)
        kernel = torch.sinc(along) * torch.sinc(across)
    else:
        kernel = _octagon_kernel(x, y, turn)
    taps = kernel * _window(turn, up)
    taps = taps.reshape(-1, 4 * LANCZOS, up, 4 * LANCZOS, up)
    taps = taps / taps.sum((1, 3), keepdim=True)
    return taps.reshape(-1, 2 * reach, 2 * reach)


def _turned(x: Tensor, y: Tensor, angle: Tensor) -> tuple[Tensor, Tensor]:
    """Coordinates along and across the axis at `angle` to the x axis."""
    cos, sin = angle.cos(), angle.sin()
    return x * cos + y * sin, y * cos - x * sin


def _octagon_kernel(x: Tensor, y: Tensor, angle: Tensor) -> Tensor:
    """The convolution of an upright and a turned 2D sinc kernel, in closed form.

    Its transform is 1 on the overlap of two unit squares, an octagon, and 0 elsewhere. By the
    divergence theorem the inverse transform of a polygon is a sum over its edges, each
    contributing its normal, length and midpoint.
    """
    angle = angle % (math.pi / 2)
    # On each edge of a square the other square's neighbouring edges cut off the ends.
    upper, lower = (angle / 2).tan() / 2, (math.pi / 4 - angle / 2).tan() / 2
    length, middle = upper + lower, (upper - lower) / 2
    total = torch.zeros_like(x * y * angle)
    # Opposite edges contribute alike; the turned square is cut in mirror image.
    for normal, offset in (
        (torch.zeros_like(angle), middle),
        (torch.full_like(angle, math.pi / 2), middle),
        (angle, -middle),
        (angle + math.pi / 2, -middle),
    ):
        out, along = _turned(x, y, normal)
        phase = math.pi * (out + 2 * offset * along)
        total = total + out * torch.sinc(length * along) * phase.sin()
    squared = x.square() + y.square()
    kernel = length * total / (math.pi * squared.clamp_min(1e-30))
    return torch.where(squared > 0, kernel, 2 * length)


def _window(angle: Tensor, up: int) -> Tensor:
    """The convolution of an upright and a turned 2D Lanczos window, [N, 4·a·up, 4·a·up]."""
    reach = 2 * LANCZOS * up
    # The sum reaches a·(1 + √2) < 2.5·a; this period keeps its wrapped ends out of the middle.
    period = 16 * LANCZOS * up // 3
    place = torch.arange(-period // 2, period // 2, dtype=torch.float64, device=angle.device) / up
    y, x = place[:, None], place[None, :]

    def transformed(along: Tensor, across: Tensor) -> Tensor:
        inside = (along.abs() < LANCZOS) & (across.abs() < LANCZOS)
        window = torch.sinc(along / LANCZOS) * torch.sinc(across / LANCZOS) * inside
        spectrum: Tensor = torch.fft.rfft2(torch.fft.ifftshift(window, dim=(-2, -1)))
        return spectrum

    product = transformed(*_turned(x, y, torch.zeros_like(angle))) * transformed(
        *_turned(x, y, angle)
    )
    joint = torch.fft.irfft2(product, s=(period, period))
    window: Tensor = torch.fft.fftshift(joint, dim=(-2, -1))
    middle = slice(period // 2 - reach, period // 2 + reach)
    return window[..., middle, middle]
