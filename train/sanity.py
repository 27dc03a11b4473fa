"""Warnings when a training's metrics look wrong, each with its usual remedy."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SURE = 0.9
"""Mean sign beyond which a discriminator has almost no doubt left."""
LEAKING_P = 0.8
"""Probability above which augmentations begin to show up in the generated pictures."""
COLLAPSED = 0.3
"""Share of the real pictures' differences below which generated ones are all alike."""
YOUNG_KIMG = 5.0
"""Length up to which pictures are all alike because the generator has just begun."""
_TICKS = 8
_THUMBNAIL_PX = 8


@dataclass(frozen=True)
class Finding:
    """A warning that begins to hold, or that holds no longer."""

    name: str
    message: str = ""
    """Advice on what to do; empty: things look right again."""


@dataclass
class Sanity:
    """Watch over a training: each warning is given once, and taken back when things look right."""

    _signs: deque[float] = field(default_factory=lambda: deque(maxlen=_TICKS))
    _told: set[str] = field(default_factory=set)
    """Names of the warnings that stand."""
    _has_spread: bool = False

    @classmethod
    def of_run(cls, standing: Iterable[str]) -> Sanity:
        """Go on watching a training of which some warnings stand, by their names."""
        return cls(_told=set(standing))

    def after_tick(self, means: Mapping[str, float]) -> list[Finding]:
        """Look at the means of a tick (`loss_d`, `real_sign`, `augment_p`, …)."""
        self._signs.append(min(means["real_sign"], -means["fake_sign"]))
        overwhelmed = len(self._signs) == _TICKS and sum(self._signs) / _TICKS > SURE
        return [
            *self._once(
                "overwhelmed",
                overwhelmed,
                "the discriminator is sure of everything and teaches little: raise --gamma (2x, "
                "4x), or, if there are few pictures, use --mirror or --augment ada",
            ),
            *self._once(
                "leaking",
                means.get("augment_p", 0.0) > LEAKING_P,
                f"the augmentation's probability is above {LEAKING_P}: its changes begin to show "
                "in the pictures; more pictures, --mirror or --freeze-d help, or a larger --gamma",
            ),
        ]

    def after_snapshot(self, fakes: Tensor, reals: Tensor, kimg: float) -> list[Finding]:
        """Look at pictures, [n, 3, r, r] each, after so many thousand.

        The pictures of a young generator are all alike: that is a collapse only where they once
        differed, or after `YOUNG_KIMG`.
        """
        share = spread(fakes) / max(spread(reals), 1e-6)
        self._has_spread |= share >= COLLAPSED
        return self._once(
            "collapsed",
            share < COLLAPSED and (self._has_spread or kimg >= YOUNG_KIMG),
            f"generated pictures differ from each other only {share:.0%} as much as real ones: the "
            "generator may have collapsed; go back to an earlier snapshot, raise --gamma or lower "
            "--lr-g",
        )

    def _once(self, name: str, wrong: bool, message: str) -> list[Finding]:
        if wrong == (name in self._told):
            return []
        if wrong:
            self._told.add(name)
            return [Finding(name, message)]
        self._told.discard(name)
        return [Finding(name)]


def spread(images: Tensor) -> float:
    """Measure how much pictures differ: mean RMS distance of their thumbnails of 8 pixels."""
    small = F.interpolate(images.float(), (_THUMBNAIL_PX, _THUMBNAIL_PX), mode="area").flatten(1)
    distances = torch.pdist(small) / small.shape[1] ** 0.5
    return float(distances.mean()) if len(distances) else 0.0
