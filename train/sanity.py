"""Warnings when a training's figures look wrong, each with its usual remedy."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping

SURE = 0.9
"""A discriminator whose mean signs lie beyond this has almost no doubt left."""
LEAKING_P = 0.8
"""Above this probability augmentations begin to show up in the generated pictures."""
COLLAPSED = 0.3
"""Generated pictures that differ from each other by less than this share of the real ones."""
_TICKS = 8
_THUMBNAIL_PX = 8


@dataclass
class Sanity:
    """Follows the ticks of a training; each warning is given once until things look right again."""

    _signs: deque[float] = field(default_factory=lambda: deque(maxlen=_TICKS))
    _told: set[str] = field(default_factory=set)

    def after_tick(self, means: Mapping[str, float]) -> list[str]:
        """New warnings from a tick's mean figures (`loss_d`, `real_sign`, `augment_p`, …)."""
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

    def after_snapshot(self, fakes: Tensor, reals: Tensor) -> list[str]:
        """New warnings from pictures, [n, 3, r, r] each."""
        share = spread(fakes) / max(spread(reals), 1e-6)
        return self._once(
            "collapsed",
            share < COLLAPSED,
            f"generated pictures differ from each other only {share:.0%} as much as real ones: the "
            "generator may have collapsed; go back to an earlier snapshot, raise --gamma or lower "
            "--lr-g",
        )

    def _once(self, name: str, wrong: bool, message: str) -> list[str]:
        if not wrong:
            self._told.discard(name)
            return []
        if name in self._told:
            return []
        self._told.add(name)
        return [message]


def spread(images: Tensor) -> float:
    """How much pictures differ: mean distance of their thumbnails of 8 pixels, root mean square."""
    small = F.interpolate(images.float(), (_THUMBNAIL_PX, _THUMBNAIL_PX), mode="area").flatten(1)
    distances = torch.pdist(small) / small.shape[1] ** 0.5
    return float(distances.mean()) if len(distances) else 0.0
