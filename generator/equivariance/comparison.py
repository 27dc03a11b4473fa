"""Moving a network's input against moving its finished picture: the two pictures, compared.

The network draws a latent as it is and moved (by its input's transform). The first picture is then
moved too, as a finished picture (`generator.equivariance.ideal_warps`); an equivariant network
makes both alike (Karras et al. 2021, section 2.2 and appendix E). Always in float32, noise inputs
fixed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from generator import transforms
from generator.equivariance import ideal_warps
from ops.doubles import to_double

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from generator.layer_edits import LayerEdit
    from generator.network import Generator

MoveKind = Literal["translation", "fractional", "rotation"]
"""By whole pixels of the picture, by any distance, or about the picture's centre."""

PEAK = 2.0
"""The range of a picture, −1 to 1."""


@dataclass(frozen=True)
class Moves:
    """One movement for each of N pictures, all of one kind."""

    kind: MoveKind
    amounts: Tensor
    """[N, 2] float64, right and down in fractions of the picture; or [N], anticlockwise radians."""
    width: int
    """Pixels of what the fractions are of."""

    @staticmethod
    def of(
        kind: MoveKind,
        amounts: Sequence[float] | Sequence[Sequence[float]] | np.ndarray | Tensor,
        width: int,
    ) -> Moves:
        """Movements in fractions of that width; translations are rounded to whole pixels.

        Raises:
            ValueError: the kind is unknown, or the amounts do not fit it or are not finite.
        """
        values = torch.as_tensor(amounts, dtype=torch.float64)
        if kind not in ("translation", "fractional", "rotation"):
            raise ValueError(f"a move is translation, fractional or rotation, got {kind!r}")
        shape = "[N]" if kind == "rotation" else "[N, 2]"
        fits = values.ndim == 1 if kind == "rotation" else values.shape[1:] == (2,)
        if not fits or not values.isfinite().all():
            raise ValueError(f"a {kind} takes finite amounts {shape}, got {list(values.shape)}")
        if kind == "translation":
            values = (values * width).round() / width
        return Moves(kind, values, width)

    def __len__(self) -> int:
        return len(self.amounts)

    def transforms(self) -> Tensor:
        """Inverse transforms for the network, [N, 3, 3] (see `generator.transforms`)."""
        if self.kind == "rotation":
            return torch.stack([transforms.rotation(a) for a in self.amounts.tolist()])
        return torch.stack([transforms.translation(x, y) for x, y in self.amounts.tolist()])

    def of_picture(self, plain: Tensor) -> tuple[Tensor, Tensor]:
        """The finished pictures [N, C, H, W] moved, and the mask of valid pixels [N, 1, H, W]."""
        if self.kind == "rotation":
            return ideal_warps.rotate(plain, self.amounts)
        shift_px = self.amounts * self.width
        if self.kind == "translation":
            return ideal_warps.shift_integer(plain, shift_px)
        return ideal_warps.shift_fractional(plain, shift_px)

    def made_comparable(self, moved: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Filter the moved input's picture as `of_picture` was; return it and the joint mask.

        Turning a picture of square pixels loses corners of its spectrum; shifting loses nothing.
        """
        if self.kind != "rotation":
            return moved, mask
        moved, inside = ideal_warps.pseudo_rotate(moved, self.amounts)
        return moved, mask & inside


@dataclass(frozen=True)
class Comparison:
    """Two ways to the same pictures."""

    expected: Tensor
    """The finished pictures, moved: [N, C, H, W]."""
    moved: Tensor
    """Pictures of the moved input, [N, C, H, W]."""
    mask: Tensor
    """[N, 1, H, W] bool: pixels that are valid in both."""
    peak: float = PEAK
    """The range of the values."""

    def sums(self) -> Tensor:
        """Per picture, the summed squared error and the number of values in the mask: [2, N]."""
        error = to_double(self.moved - self.expected).square()
        mask = self.mask.to(error.device)
        squared = (error * mask).sum((1, 2, 3))
        values = mask.sum((1, 2, 3)) * self.expected.shape[1]
        return torch.stack([squared, values.to(squared)])

    def psnr_db(self) -> list[float]:
        """PSNR of each picture; NaN where no pixel is valid, infinite without any error."""
        return [psnr_db(error, values, self.peak) for error, values in self.sums().T.tolist()]

    def valid_share(self) -> list[float]:
        """Share of each picture's pixels that are compared, 0…1."""
        shares: list[float] = self.mask.float().mean((1, 2, 3)).tolist()
        return shares

    def error_db(self) -> Tensor:
        """Mean square error of each pixel over the channels, against the peak: [N, H, W] float32.

        0 dB is the whole range; minus infinity without error, not a number outside the mask.
        """
        error = (self.moved - self.expected).square().mean(1) / self.peak**2
        return (10 * error.log10()).masked_fill(~self.mask[:, 0], math.nan)


@torch.no_grad()
def compare(
    net: Generator,
    ws: Tensor,
    moves: Moves,
    *,
    plain: Tensor | None = None,
    edits: Mapping[str, LayerEdit] | None = None,
) -> Comparison:
    """Draw latents moved, and move their pictures.

    Args:
        net: Any generator.
        ws: [N, num_ws, w_dim], or [1, …] for one latent moved in several ways.
        moves: One for each.
        plain: The pictures of `ws` as they are, in float32, if they are at hand.
        edits: What single layers do differently.

    Returns:
        N comparisons.
    """
    if plain is None:
        plain = net.synthesis(ws, transform=transforms.identity(), edits=edits)
    count = len(moves)
    moved = net.synthesis(ws.expand(count, -1, -1), transform=moves.transforms(), edits=edits)
    expected, mask = moves.of_picture(plain.expand(count, -1, -1, -1))
    moved, mask = moves.made_comparable(moved, mask)
    return Comparison(expected, moved, mask)


def psnr_db(squared_error: float, values: float, peak: float = PEAK) -> float:
    """Peak signal-to-noise ratio, in dB, of a sum of squared errors over so many values.

    Infinite when there is no error, and not a number when there is no value or no range.
    """
    if values == 0 or peak == 0:
        return math.nan
    if squared_error == 0:
        return math.inf
    return 10 * math.log10(peak**2 * values / squared_error)
