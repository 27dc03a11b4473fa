"""Colour maps for numbers: viridis and magma for magnitudes, a diverging one for signed values.

Viridis and magma (S. van der Walt, N. Smith, CC0) are kept as 17 anchors and interpolated, which
stays within 6 of 255 levels of the originals. The diverging map runs through OKLab from blue over
near-white to orange-brown, equally light on both sides of zero.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

ColormapName = Literal["viridis", "magma", "diverging", "grey"]

_ANCHORS: dict[ColormapName, str] = {
    "viridis": (
        "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c "
        "1f9f88 27ad81 3dbc74 5cc863 81d34d aadc32 d5e21a fde725"
    ),
    "magma": (
        "000004 0a0822 1d1147 36106b 51127c 6a1c81 832681 9c2e7f b73779 "
        "cf4070 e55064 f4695c fb8761 fea571 fec287 fde0a1 fcfdbf"
    ),
    "diverging": (
        "123f7a 215390 3068a7 3f7dbe 4f93d6 7aacde a3c4e6 cbdcec f4f4f2 "
        "eed4c5 e7b398 dd926a d27038 ba5c2b a2471d 8b320f 741d02"
    ),
    "grey": "000000 ffffff",
}


def _table(anchors: str) -> np.ndarray:
    knots = np.array([list(bytes.fromhex(one)) for one in anchors.split()], np.float64)
    at = np.linspace(0, len(knots) - 1, 256)
    channels = [np.interp(at, np.arange(len(knots)), knots[:, c]) for c in range(3)]
    return np.round(np.stack(channels, axis=1)).astype(np.uint8)


TABLES: dict[ColormapName, np.ndarray] = {name: _table(text) for name, text in _ANCHORS.items()}
"""Each map as [256, 3] uint8, lowest value first."""


def colourise(values: np.ndarray, low: float, high: float, name: ColormapName) -> np.ndarray:
    """Turn numbers into colours; values outside [low, high] take the end colours.

    Args:
        values: Any shape, any real dtype; not-a-number is drawn mid-grey.
        low, high: Values of the first and last colour. With low >= high all is the first colour.
        name: The map.

    Returns:
        [*values.shape, 3] uint8.
    """
    span = high - low
    scale = 255.0 / span if span > 0 else 0.0
    unknown = np.isnan(values)
    inside = np.clip(np.where(unknown, low, values), low, max(low, high))
    index = ((inside - low) * scale).astype(np.uint8)
    colours = TABLES[name][index]
    colours[unknown] = 128
    return colours
