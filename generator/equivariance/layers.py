"""Where a network stops being equivariant: the comparison, for the feature maps of every layer.

The input is drawn as it is and moved; each layer's map of the first, moved at the layer's own
sampling rate, is compared with its map of the second. Maps are taken whole, with the margins of
alias-free networks. A sampled map can be moved only as far as its samples determine the signal
between them, so both sides pass the same low-pass filter before they are compared: for shifts a
long windowed sinc, for turns the filters of EQ-R (`generator.equivariance.ideal_warps`).

A picture has a range, features have none: a layer's peak is four of its standard deviations, as
much as a picture from −1 to 1 has when its deviation is ½.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from generator import transforms
from generator.equivariance.comparison import Comparison, Moves
from ops.doubles import device_of_doubles, to_double

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from generator.layer_edits import LayerEdit
    from generator.layers import LayerInfo
    from generator.network import Generator

PEAK_DEVIATIONS = 4.0

_REACH = 6
"""Samples that the filter for shifts reaches to either side."""
_ATTENUATION_DB = 60.0
"""Attenuation of what shifting would alias."""
_GROUP_BYTES = 256 << 20
"""Feature maps held at a time; the network is drawn once for every group of layers."""
_STEP_VALUES = 1 << 17
"""Values compared between two yields, so that a caller can do something else in between."""


@dataclass(frozen=True)
class LayerScore:
    """How well one layer's feature maps move with the input."""

    layer: str
    """Name as in the layer table."""
    db: float
    """Peak signal-to-noise ratio over all channels; infinite without a difference, not a number
    where the maps are too small to be moved or nothing is in them."""
    channel_db: np.ndarray
    """The same for every channel, against its own deviation, [C] float32."""
    signal: np.ndarray
    """Energy of every channel at its peak, and of its difference, summed over the compared samples,
    [C] float64: the figures above are their ratios."""
    error: np.ndarray
    valid_share: float
    """Share of the map's samples that are compared, 0…1."""
    complete: bool = True
    """True where all channels are in it."""


@torch.no_grad()
def layer_scores(
    net: Generator,
    ws: Tensor,
    moves: Moves,
    layers: Sequence[str] | None = None,
    edits: Mapping[str, LayerEdit] | None = None,
) -> Iterator[LayerScore]:
    """Compare layer after layer, in drawing order, a few channels at a time.

    Args:
        net: Any generator; float32, noise inputs fixed.
        ws: Latents, [N, num_ws, w_dim].
        moves: One for each latent, or one for all; scores are pooled over them.
        layers: Names of those wanted; None: all.
        edits: What single layers do differently.

    Yields:
        The layer's score so far, the channels to come not numbers; in the end its `complete` one.

    Raises:
        ValueError: the network has no such layer.
    """
    for group in _groups(_wanted(net, layers), len(ws)):
        plain = _maps(net, ws, transforms.identity(), group, edits)
        moved = _maps(net, ws, moves.transforms(), group, edits)
        for info in group:
            yield from _score(info, plain.pop(info.name), moved.pop(info.name), moves)


@torch.no_grad()
def compare_channel(
    net: Generator,
    ws: Tensor,
    moves: Moves,
    layer: str,
    channel: int,
    edits: Mapping[str, LayerEdit] | None = None,
) -> Comparison:
    """Compare one channel of one layer, with the channel's own range.

    Args:
        net, ws, moves, edits: As in `layer_scores`.
        layer: Its name.
        channel: Its index; one beyond the last gives the last.

    Returns:
        Maps [N, 1, H, W], both band-limited alike. The peak is 0 for a constant channel.

    Raises:
        ValueError: the network has no such layer.
    """
    (info,) = _wanted(net, [layer])
    only = slice(min(channel, info.channels - 1), None)
    plain = _maps(net, ws, transforms.identity(), [info], edits)[layer][:, only][:, :1]
    moved = _maps(net, ws, moves.transforms(), [info], edits)[layer][:, only][:, :1]
    expected, found, mask = compared_maps(info, plain, moved, moves)
    peak = PEAK_DEVIATIONS * float(_variation(expected, mask).sqrt())
    return Comparison(expected, found, mask, peak)


def compared_maps(
    info: LayerInfo, plain: Tensor, moved: Tensor, moves: Moves
) -> tuple[Tensor, Tensor, Tensor]:
    """Two sides that are equal for an equivariant layer.

    Args:
        info: The layer.
        plain: Its maps of the input as it is, [N, C, H, W].
        moved: Its maps of the input moved.
        moves: How it was moved, one for each or one for all.

    Returns:
        The maps moved and the moved input's maps, both band-limited alike, [N, C, H, W], and the
        mask of samples whose filter lies within the map, [N, 1, H, W].
    """
    count = len(plain)
    if moves.kind == "rotation":
        angles = Moves("rotation", moves.amounts.expand(count), moves.width)
        expected, mask = angles.of_picture(plain)
        moved, mask = angles.made_comparable(moved, mask)
        return expected, moved, mask
    shift = (moves.amounts * info.sampling_rate).expand(count, 2)
    band = min((info.stopband or info.sampling_rate) / info.sampling_rate, 0.5)
    expected, mask = _shifted(plain, shift, band)
    moved, inside = _shifted(moved, torch.zeros_like(shift), band)
    return expected, moved, mask & inside


def _wanted(net: Generator, layers: Sequence[str] | None) -> list[LayerInfo]:
    infos = [one for one in net.synthesis.layers if layers is None or one.name in layers]
    missing = set(layers or ()) - {one.name for one in infos}
    if missing:
        raise ValueError(f"{net.kind} has no layer {min(missing)!r}; choose one of its own")
    return infos


def _groups(infos: Sequence[LayerInfo], count: int) -> Iterator[list[LayerInfo]]:
    """The layers in order, as many at a time as fit into the memory allowed."""
    group: list[LayerInfo] = []
    room = 0
    for info in infos:
        needed = 2 * 4 * count * info.channels * info.size[0] * info.size[1]
        if group and needed > room:
            yield group
            group = []
        room = (room if group else _GROUP_BYTES) - needed
        group.append(info)
    if group:
        yield group


def _maps(
    net: Generator,
    ws: Tensor,
    transform: Tensor,
    layers: Sequence[LayerInfo],
    edits: Mapping[str, LayerEdit] | None,
) -> dict[str, Tensor]:
    wanted, found = {info.name for info in layers}, {}

    def keep(name: str, x: Tensor) -> None:
        if name in wanted:
            found[name] = x

    net.synthesis(ws, transform=transform, taps=keep, edits=edits)
    return found


def _score(info: LayerInfo, plain: Tensor, moved: Tensor, moves: Moves) -> Iterator[LayerScore]:
    """The score of one layer from its maps, [N, C, H, W], as the channels come in."""
    device = device_of_doubles(plain.device)
    signal = torch.zeros(info.channels, dtype=torch.float64, device=device)
    error = torch.zeros_like(signal)
    at_once = max(1, _STEP_VALUES // plain[:, 0].numel())
    for first in range(0, info.channels, at_once):
        some = slice(first, first + at_once)
        expected, found, mask = compared_maps(info, plain[:, some], moved[:, some], moves)
        error[some] = _per_channel((found - expected).square() * mask)
        signal[some] = PEAK_DEVIATIONS**2 * _variation(expected, mask) * mask.sum().to(signal)
        channel_db = (10 * (signal / error).log10()).masked_fill(signal == 0, math.nan)
        empty = not bool(signal.any())
        yield LayerScore(
            layer=info.name,
            db=math.nan if empty else float(10 * (signal.sum() / error.sum()).log10()),
            channel_db=channel_db.float().cpu().numpy(),
            signal=signal.cpu().numpy(),
            error=error.cpu().numpy(),
            valid_share=float(mask.float().mean()),
            complete=first + at_once >= info.channels,
        )


def _variation(maps: Tensor, mask: Tensor) -> Tensor:
    """The variance of each channel inside the mask, [C]."""
    values = to_double(mask.sum().clamp_min(1))
    power = _per_channel(maps.square() * mask) / values
    variance = power - (_per_channel(maps * mask) / values).square()
    # Below that it is what float32 made of a constant.
    return variance.where(variance > 1e-9 * power, 0.0)


def _per_channel(values: Tensor) -> Tensor:
    return to_double(values).sum((0, 2, 3))


def _shifted(maps: Tensor, shift: Tensor, band: float) -> tuple[Tensor, Tensor]:
    """Maps [N, C, H, W] shifted by [N, 2] samples and band-limited; and the mask [N, 1, H, W]."""
    height, width = maps.shape[-2:]
    shift = shift.to(device_of_doubles(maps.device), torch.float64)
    across, valid_across = _shift_matrix(width, shift[:, 0], band)
    along, valid_along = _shift_matrix(height, shift[:, 1], band)
    rows, columns = along[:, None].to(maps), across[:, None].to(maps)
    mask = (valid_along[:, :, None] & valid_across[:, None, :])[:, None].to(maps.device)
    return rows @ maps @ columns.mT, mask


def _shift_matrix(size: int, shift: Tensor, band: float) -> tuple[Tensor, Tensor]:
    """Matrices [N, size, size] for one axis, and which results are valid, [N, size].

    A Kaiser-windowed sinc that stops where the images of a signal up to `band` (in cycles per
    sample) begin.
    """
    stop = 1 - band
    # Kaiser's estimate for a filter of that length (Oppenheim and Schafer, "Discrete-Time Signal
    # Processing", section 7.6).
    width = (_ATTENUATION_DB - 7.95) / (2.285 * 2 * math.pi * 2 * _REACH)
    beta = 0.1102 * (_ATTENUATION_DB - 8.7)
    cutoff = stop - width / 2
    sample = torch.arange(size, dtype=torch.float64, device=shift.device)
    source = sample - shift[:, None]
    distance = source[:, :, None] - sample
    inside = (1 - (distance / _REACH).square()).clamp_min(0)
    window = torch.special.i0(beta * inside.sqrt()) * (inside > 0)
    kernel = 2 * cutoff * torch.sinc(2 * cutoff * distance) * window
    kernel = kernel / torch.special.i0(kernel.new_tensor(beta))
    valid = (source >= _REACH - 1) & (source <= size - _REACH)
    return kernel, valid
