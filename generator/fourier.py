"""Fourier features: the input of alias-free generators, defined on the whole plane."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from generator.modulation import EqualLinear
from ops.doubles import to_double


class FourierInput(nn.Module):
    """Sampled sine waves of fixed random frequencies, mixed by a learned matrix.

    Karras et al. 2021, section 3.1 and appendix F.

    Args:
        channels: Number of waves and of mixed features.
        size: Samples down and across, margins included.
        sampling_rate: Samples per picture width.
        cutoff: Highest frequency, cycles per picture width.
        w_dim: Size of w, which turns and moves the waves; None for features that w cannot move.
    """

    freqs: Tensor
    """Frequencies (x, y) in cycles per picture, [C, 2]."""
    phases: Tensor
    """Phases in cycles, [C]."""
    transform: Tensor
    """Inverse transform applied where the caller gives none, [3, 3]."""
    rows: Tensor
    """Where the samples lie, in picture widths below the centre, [H]."""
    columns: Tensor
    """The same to the right of it, [W]."""

    def __init__(
        self,
        channels: int,
        size: tuple[int, int],
        sampling_rate: float,
        cutoff: float,
        w_dim: int | None,
    ) -> None:
        super().__init__()
        self.cutoff = cutoff
        self.sampling_rate = sampling_rate
        # With nothing between cutoff and half the rate the fade becomes a step.
        self.fade_width = max(sampling_rate / 2 - cutoff, 1e-3)
        self.weight = nn.Parameter(torch.randn(channels, channels))
        self.weight_gain = 1 / math.sqrt(channels)
        self.affine: EqualLinear | None = None
        if w_dim is not None:
            self.affine = EqualLinear(w_dim, 4, bias_init=[1.0, 0.0, 0.0, 0.0], zero_weight=True)
        # Uniform in the disc.
        radius = cutoff * torch.rand(channels).sqrt()
        angle = 2 * math.pi * torch.rand(channels)
        freqs = torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)
        self.register_buffer("transform", torch.eye(3))
        self.register_buffer("freqs", freqs)
        self.register_buffer("phases", torch.rand(channels) - 0.5)
        for name, count in zip(("rows", "columns"), size, strict=True):
            places = (torch.arange(count) + 0.5 - count / 2) / sampling_rate
            self.register_buffer(name, places, persistent=False)

    def forward(
        self,
        w: Tensor,
        transform: Tensor | None = None,
        samples: tuple[int, int] | None = None,
    ) -> Tensor:
        """Features for a batch of w.

        Args:
            w: [N, w_dim].
            transform: Inverse transform of the picture, [3, 3] or [N, 3, 3]; None for the
                buffer's.
            samples: Height and width of another grid of the same rate about the same centre.

        Returns:
            [N, C, size, size] or [N, C, *samples], channels-last, in the dtype of the weights.
        """
        freqs, phases = self._waves(w)
        user = self.transform if transform is None else transform
        shift = user[..., :2, 2:]
        if shift.dtype == torch.float64:  # whole cycles go before they cost digits
            exact = to_double(freqs)
            phases = phases + ((exact @ shift.to(exact)) % 1).squeeze(-1).to(phases)
        else:
            phases = phases + (freqs @ shift.to(freqs)).squeeze(-1)
        freqs = freqs @ user[..., :2, :2].to(freqs)
        # Waves pushed towards half the sampling rate fade before they would alias.
        excess = (torch.linalg.vector_norm(freqs, dim=2) - self.cutoff) / self.fade_width
        amplitudes = (1 - excess).clamp(0, 1) * self.weight_gain

        # sin(a + b) of a row's and a column's angle: sines of two lines instead of a plane.
        rows, columns = self._lines(samples)
        across = (2 * math.pi) * (columns * freqs[:, None, :, 0] + phases[:, None])
        down = (2 * math.pi) * (rows * freqs[:, None, :, 1])
        sines = (across.sin() * amplitudes[:, None])[:, None]
        cosines = (across.cos() * amplitudes[:, None])[:, None]
        waves = sines * down.cos()[:, :, None] + cosines * down.sin()[:, :, None]
        mixed: Tensor = waves @ self.weight.t()
        return mixed.permute(0, 3, 1, 2)

    def _lines(self, samples: tuple[int, int] | None) -> tuple[Tensor, Tensor]:
        """Where the rows and the columns of samples lie, [H, 1] and [W, 1]."""
        if samples is None:
            return self.rows[:, None], self.columns[:, None]
        rows, columns = (
            (torch.arange(count).to(self.rows) + 0.5 - count / 2) / self.sampling_rate
            for count in samples
        )
        return rows[:, None], columns[:, None]

    def _waves(self, w: Tensor) -> tuple[Tensor, Tensor]:
        """Frequencies [N, C, 2] and phases [N, C] as w turns, then moves, them."""
        if self.affine is None:
            return self.freqs.expand(w.shape[0], -1, -1), self.phases.expand(w.shape[0], -1)
        t = self.affine(w)
        t = t / torch.linalg.vector_norm(t[:, :2], dim=1, keepdim=True)
        cos, sin, shift = t[:, 0], t[:, 1], t[:, 2:, None]
        turn = torch.stack([cos, -sin, sin, cos], dim=1).view(-1, 2, 2)
        freqs = self.freqs @ turn
        return freqs, self.phases - (freqs @ shift).squeeze(-1)
