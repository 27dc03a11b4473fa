"""How far what is dragged really comes, and how long that takes, in the bundled networks.

Handles are chosen at random where the picture has corners and looks like no other place near by;
what lies there is dragged so many pixels in a random direction, by w or w+ alone and with the input
moved first. Where it has come to is measured on the pictures, apart from the method's own tracking:
at the peak of the normalised cross-correlation of the handle's surroundings before (11 × 11 pixels,
all colours) with the picture after, up to 6 pixels farther from the handle than the target is.
Seconds are processor time of one thread.

python -m benchmarks.dragging
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks import report
from generator import Generator, bundled_networks, load_network, seed_z
from generator.dragging import DragOptions, DragPair, drag
from generator.dragging.options import Space

GOAL_PX = 1.5
GOAL_S = 15.0
PATCH = 5
"""Reach of the surroundings that are found again, in pixels each way."""
LEAST_CORNER = 0.004
"""Least smaller eigenvalue of the structure tensor at a handle."""
MOST_ALIKE = 0.7
"""Largest correlation of a handle with other places that it could be mistaken for."""
BEYOND = 6
"""So many pixels farther than its way what was dragged is looked for."""
_APART = 3
"""Places so near, in pixels, are the handle itself."""
_EDGE = 8
"""Least distance of handles and targets from the picture's rim, in pixels."""


@dataclass(frozen=True, kw_only=True)
class Options(report.Options):
    """Options of this benchmark."""

    cases: int = 20
    """Drags of each kind."""
    length: float = 8.0
    """How far, in pixels."""
    spaces: tuple[Space, ...] = ("w+",)
    """What is changed: w, w+ or both."""
    drag: DragOptions = field(default_factory=DragOptions)
    """How to drag."""
    networks: tuple[str, ...] = field(
        default_factory=lambda: tuple(path.stem for path in bundled_networks())
    )
    """Names of bundled networks."""


@dataclass(frozen=True)
class Case:
    """A drag in a picture."""

    seed: int
    ws: Tensor
    """[1, num_ws, w_dim]."""
    picture: Tensor
    """[1, C, H, W]."""
    pair: DragPair


def measure(options: Options) -> Iterator[report.Sheet]:
    """Drag in every network by its latent alone, then by a move of its input first."""
    torch.set_num_threads(1)
    sheet = report.Sheet(
        f"drags of {options.length:g} px: {options.cases} each",
        ["network", "by"],
        {
            f"within {GOAL_PX} px": "{:.0f}",
            f"of these in {GOAL_S:.0f} s": "{:.0f}",
            "median px": "{:.2f}",
            "median steps": "{:.0f}",
            "median s": "{:.1f}",
            "most s": "{:.1f}",
        },
    )
    for name in options.networks:
        net = load_network(name)
        cases = [case(net, index, options.length) for index in range(options.cases)]
        kinds = [(space, False) for space in options.spaces]
        if net.kind != "stylegan2":
            kinds.append((options.spaces[0], True))
        for space, moves in kinds:
            by = "the input" if moves else space
            settings = replace(options.drag, space=space, move_first=moves)
            outcomes = [_outcome(net, one, settings, f"{name} by {by}") for one in cases]
            sheet.add(name, by, *_figures(outcomes))
    yield sheet


@dataclass(frozen=True)
class _Outcome:
    """What came of one drag."""

    error_px: float
    seconds: float
    steps: int


def _outcome(net: Generator, one: Case, settings: DragOptions, name: str) -> _Outcome:
    began = time.process_time()
    dragged = drag(net, one.ws, None, [one.pair], options=settings)
    seconds = time.process_time() - began
    with torch.inference_mode():
        after = net.synthesis(dragged.ws, transform=dragged.transform)
    pair = one.pair
    length = math.dist((pair.x, pair.y), (pair.to_x, pair.to_y))
    place, alike = found_again(one.picture, after, pair.x, pair.y, length + BEYOND)
    error = math.dist(place, (pair.to_x, pair.to_y))
    report.PROGRESS.print(
        f"{name}, seed {one.seed}: {error:.2f} px from the target (correlation {alike:.2f}, by its "
        f"own tracking {dragged.distance_px:.2f} px), {dragged.steps} steps, {seconds:.1f} s"
    )
    return _Outcome(error, seconds, dragged.steps)


def _figures(outcomes: list[_Outcome]) -> tuple[float, ...]:
    near = [one for one in outcomes if one.error_px <= GOAL_PX]
    seconds = [one.seconds for one in outcomes]
    return (
        len(near),
        sum(one.seconds <= GOAL_S for one in near),
        _median([one.error_px for one in outcomes]),
        _median([one.steps for one in outcomes]),
        _median(seconds),
        max(seconds),
    )


@torch.inference_mode()
def case(net: Generator, index: int, length: float) -> Case:
    """Choose the drag with an index: a picture, a handle that can be told apart, and a target."""
    random = torch.Generator().manual_seed(1000 + index)
    height, width = net.size
    while True:
        seed = int(torch.randint(0, 1_000_000, (), generator=random))
        ws = net.mapping(seed_z([seed], net.z_dim))
        picture = net.synthesis(ws)
        strength = corners(picture)[_EDGE:-_EDGE, _EDGE:-_EDGE]
        least = max(LEAST_CORNER, float(strength.quantile(0.8)))
        places = (strength >= least).nonzero()
        if not len(places):
            continue
        row, column = (places[int(torch.randint(0, len(places), (), generator=random))]).tolist()
        angle = 2 * math.pi * float(torch.rand((), generator=random))
        x, y = column + _EDGE + 0.5, row + _EDGE + 0.5
        to_x, to_y = x + length * math.cos(angle), y + length * math.sin(angle)
        inside = _EDGE <= to_x <= width - _EDGE and _EDGE <= to_y <= height - _EDGE
        if inside and _rival(picture, x, y, length + BEYOND) <= MOST_ALIKE:
            # Inference tensors take no part in searches.
            return Case(seed, ws.clone(), picture.clone(), DragPair(x, y, to_x, to_y))


def corners(picture: Tensor) -> Tensor:
    """The smaller eigenvalue of the structure tensor over 9 × 9 pixels, [H, W]."""
    grey = picture.mean(1, keepdim=True)
    x = F.pad(grey[..., 1:] - grey[..., :-1], (0, 1))
    y = F.pad(grey[..., 1:, :] - grey[..., :-1, :], (0, 0, 0, 1))
    xx, yy, xy = (F.avg_pool2d(one, 9, 1, 4) for one in (x * x, y * y, x * y))
    return ((xx + yy) / 2 - (((xx - yy) / 2).square() + xy.square()).sqrt())[0, 0]


def found_again(
    before: Tensor, after: Tensor, x: float, y: float, reach: float
) -> tuple[tuple[float, float], float]:
    """Find what was at a place of one picture in another, and how well it correlates.

    Args:
        before: [1, C, H, W].
        after: Likewise.
        x, y: The place in pixels, in the middle of one.
        reach: How far from it is looked.
    """
    alike = _correlation(before, after, int(x), int(y))
    alike = alike.masked_fill(_distance(alike, int(x), int(y)) > reach, -2.0)
    row, column = divmod(int(alike.argmax()), alike.shape[1])
    return (
        column + 0.5 + _peak(alike[row], column),
        row + 0.5 + _peak(alike[:, column], row),
    ), float(alike.max())


def _rival(picture: Tensor, x: float, y: float, reach: float) -> float:
    """How alike the place is that a handle could best be mistaken for."""
    alike = _correlation(picture, picture, int(x), int(y))
    far = _distance(alike, int(x), int(y))
    return float(alike[(far >= _APART) & (far <= reach)].max())


def _correlation(before: Tensor, after: Tensor, column: int, row: int) -> Tensor:
    """Normalised cross-correlation of a pixel's surroundings with all of a picture, [H, W]."""
    height, width = after.shape[2:]
    side = 2 * PATCH + 1
    rows, columns = slice(row - PATCH, row + PATCH + 1), slice(column - PATCH, column + PATCH + 1)
    wanted = before[0, :, rows, columns].flatten()
    everywhere = F.unfold(F.pad(after, (PATCH,) * 4, mode="replicate"), side)[0]
    wanted, everywhere = wanted - wanted.mean(), everywhere - everywhere.mean(0)
    alike = wanted @ everywhere / (wanted.norm() * everywhere.norm(dim=0) + 1e-6)
    return alike.view(height, width)


def _distance(like: Tensor, column: int, row: int) -> Tensor:
    """The distance of each pixel from one, [H, W]."""
    height, width = like.shape
    y, x = torch.arange(height)[:, None] - row, torch.arange(width) - column
    return (x.square() + y.square()).double().sqrt()


def _peak(line: Tensor, index: int) -> float:
    """How far beside the largest value of a line a parabola through it peaks, -0.5 to 0.5."""
    if not 0 < index < len(line) - 1:
        return 0.0
    left, middle, right = line[index - 1 : index + 2].tolist()
    if min(left, right) < -1:
        return 0.0
    bend = left - 2 * middle + right
    return 0.0 if bend >= 0 else max(-0.5, min(0.5, 0.5 * (left - right) / bend))


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


if __name__ == "__main__":
    report.run(measure, Options, __doc__)
