"""Draws the program's icon: a hill in steps that goes on as a smooth one.

    python -m release.icon

writes it into `viz/app/icon/`, in the sizes that desktops ask for and in the containers of
Windows and macOS. Every size is drawn by itself, with the edges of its steps on pixels.
"""

from __future__ import annotations

import sys

import numpy as np
from PIL import Image

from release.tree import ROOT

FOLDER = ROOT / "viz/app/icon"
SIZES = (16, 24, 32, 48, 64, 128, 256, 512)
SKY, SEA = (22, 30, 44), (38, 58, 84)
STEPS, SMOOTH = (242, 164, 60), (86, 180, 233)
"""Colours of Okabe and Ito, a little shifted: they differ in brightness, too."""
CORNER, MARGIN = 0.22, 0.02
"""Radius of the corners and width of the transparent edge, of a side."""
SAMPLES = 2048
"""Samples along each axis, and never fewer than four a pixel."""


def draw(size: int) -> Image.Image:
    """Draw the icon, RGBA, `size` pixels a side."""
    samples = max(4, SAMPLES // size)
    fine = (np.arange(size * samples) + 0.5) / (size * samples)
    x, y = fine[None, :], fine[:, None]
    step = max(2, round(size / 8)) / size
    left = np.minimum(np.floor(x / step) * step + step / 2, 0.5)
    stepped = np.round(_height(left) * size) / size
    line = np.where(x < 0.5, stepped, _height(x))
    ground = y > 1 - line
    colours = np.empty((*ground.shape, 3))
    colours[:] = np.where((y > 0.5)[..., None], SEA, SKY)
    colours[np.broadcast_to(ground & (x < 0.5), ground.shape)] = STEPS
    colours[np.broadcast_to(ground & (x >= 0.5), ground.shape)] = SMOOTH
    inside = _rounded(x, y)
    linear = (colours / 255) ** 2.2 * inside[..., None]
    alpha = _averaged(inside.astype(np.float64), size)
    mean = _averaged(linear, size) / np.maximum(alpha, 1e-9)[..., None]
    rgba = np.concatenate([mean ** (1 / 2.2), alpha[..., None]], axis=2)
    return Image.fromarray(np.round(255 * rgba).astype(np.uint8), "RGBA")


def _height(x: np.ndarray) -> np.ndarray:
    """Height of the hill, of a side: two slow waves, highest in the middle."""
    turn = 2 * np.pi * (x - 0.5)
    return np.asarray(0.45 + 0.31 * np.cos(turn) + 0.06 * np.cos(2 * turn))


def _rounded(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    across, along = (np.maximum(np.abs(one - 0.5) - (0.5 - MARGIN - CORNER), 0) for one in (x, y))
    return np.asarray(across**2 + along**2 <= CORNER**2)


def _averaged(fine: np.ndarray, size: int) -> np.ndarray:
    parts = fine.reshape(size, len(fine) // size, size, -1, *fine.shape[2:])
    return np.asarray(parts.mean(axis=(1, 3)))


def main() -> int:
    """Write all files."""
    FOLDER.mkdir(exist_ok=True)
    drawn = {size: draw(size) for size in SIZES}
    for size, picture in drawn.items():
        picture.save(FOLDER / f"icon-{size}.png", optimize=True)
    largest, *others = (drawn[size] for size in reversed(SIZES))
    largest.save(FOLDER / "icon.icns", append_images=others)
    largest, *others = others  # Windows has no more than 256
    sizes = [one.size for one in (largest, *others)]
    largest.save(FOLDER / "icon.ico", append_images=others, sizes=sizes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
