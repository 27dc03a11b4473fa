"""Motion supervision and point tracking, one step after the other.

Pan et al. 2023, sections 3.2 and 3.3: a step of Adam on w draws what lies around each handle a
little nearer to its target; then each handle is looked for again. What is drawn nearer, and looked
for, is what lay there at the start, so that handles stay on what they were put on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from generator.dragging.maps import LayerMaps, disc
from generator.dragging.options import DragOptions
from generator.dragging.plain_move import PlainMove, plain_move
from generator.dragging.points import checked_mask, checked_pairs
from generator.frozen import frozen
from generator.projection.basis import LatentBasis
from generator.projection.pose import Pose
from generator.projection.search import Adam
from generator.stepwise import run_to_end

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Generator as Coroutine

    from generator.dragging.points import DragPair
    from generator.layer_edits import LayerEdit
    from generator.network import Generator

STEP = 1.0
"""How far ahead of where it is what lies around a handle is wanted, in samples."""
_FINER = (1.0, 0.5, 0.25)
"""Spacings of the places where a handle is looked for, in samples: all around, then near there."""
_ALL = 1 - 1e-9
_BASIS_SEED = 0


@dataclass(frozen=True)
class DragProgress:
    """How far a drag has come."""

    step: int
    steps: int
    """Most steps that there may be."""
    ws: Tensor
    """Present latent, [1, num_ws, w_dim]."""
    transform: Tensor
    """Present inverse transform, [3, 3] float64."""
    places: Tensor
    """Where the handles are, [N, 2] pixels float64."""
    distance_px: float
    """How far the farthest one is from its target."""
    pose: Pose
    """How the picture was moved by its input, after its transform."""
    note: str
    """What a move of the input has done, in one line; empty where it was not moved."""


@dataclass(frozen=True)
class Dragged:
    """The nearest step of a drag."""

    ws: Tensor
    """[1, num_ws, w_dim]."""
    transform: Tensor
    """For `synthesis`, [3, 3] float64."""
    pose: Pose
    """How the picture was moved by its input, after its transform."""
    places: Tensor
    """Where the handles have come to, [N, 2] pixels float64."""
    distance_px: float
    """How far the farthest one is from its target."""
    arrived: bool
    """All handles are as close to their targets as was asked for."""
    steps: int
    """Steps of w that it took."""
    note: str
    """What a move of the input has done, in one line; empty where it was not moved."""


def drag(
    net: Generator,
    ws: Tensor,
    transform: Tensor | None,
    pairs: Sequence[DragPair],
    mask: Tensor | None = None,
    options: DragOptions | None = None,
    progress: Callable[[DragProgress], object] | None = None,
    *,
    edits: Mapping[str, LayerEdit] | None = None,
) -> Dragged:
    """Drag what lies at places of a picture to others.

    Args:
        net: The network; it stays as it is.
        ws: Where the picture is, [1, num_ws, w_dim].
        transform: Its inverse transform, [3, 3]; None: not moved.
        pairs: Handles and targets.
        mask: What of the picture may move, [H, W]; None: everything. With a mask the input is not
            moved, which would move everything.
        options: How to drag.
        progress: Called after each step; whatever it raises ends the drag.
        edits: What single layers do differently, as in `synthesis`.

    Returns:
        The latent and transform at which the handles are nearest. The same arguments give the same
        result, to the last bit for the same number of threads.

    Raises:
        ValueError: a place lies outside the picture, there is none, or an argument has the wrong
            size.
    """
    steps = drag_steps(net, ws, transform, pairs, mask, options, edits=edits)
    return run_to_end(steps, progress)


def drag_steps(
    net: Generator,
    ws: Tensor,
    transform: Tensor | None,
    pairs: Sequence[DragPair],
    mask: Tensor | None = None,
    options: DragOptions | None = None,
    *,
    edits: Mapping[str, LayerEdit] | None = None,
) -> Coroutine[DragProgress, None, Dragged]:
    """Carry out `drag` in small steps; the generator returns the `Dragged`."""
    options = options or DragOptions()
    handles, targets = checked_pairs(pairs, net.size)
    free = checked_mask(mask, net.size)
    if tuple(ws.shape) != (1, net.num_ws, net.w_dim):
        raise ValueError(f"ws must be [1, {net.num_ws}, {net.w_dim}], got {list(ws.shape)}")
    matrix = torch.eye(3, dtype=torch.float64)
    if transform is not None:
        matrix = torch.as_tensor(transform).to("cpu", torch.float64)
    move = None
    if options.move_first and free is None:
        move = plain_move(net, handles, targets)
    if move is not None and move.explained >= options.explained:
        handles, matrix = move.moved, matrix @ move.pose.matrix
    else:
        move = None
    still = frozen(net)
    ws = ws.detach().to(next(still.parameters()))
    maps = LayerMaps(still, options.layer, matrix, edits)
    run = _Run(still, maps, ws, matrix, handles, targets, free, options, move)
    return (yield from run.steps())


class _Run:
    """One drag on its way."""

    def __init__(
        self,
        net: Generator,
        maps: LayerMaps,
        ws: Tensor,
        matrix: Tensor,
        handles: Tensor,
        targets: Tensor,
        free: Tensor | None,
        options: DragOptions,
        move: PlainMove | None,
    ) -> None:
        self._maps, self._options, self._targets = maps, options, targets
        self._ws, self._matrix, self._handles = ws, matrix, handles
        self._held = None if free is None else maps.held(free.to(ws.device))
        self._rows = LatentBasis.of(net, _BASIS_SEED).rows
        self._pose = Pose() if move is None else move.pose
        self._note = "" if move is None else move_line(move, net.resolution)

    def steps(self) -> Coroutine[DragProgress, None, Dragged]:
        options, ws = self._options, self._ws
        rows = 1 if options.space == "w" else self._maps.num_ws
        x = ws.new_zeros(1, rows, ws.shape[2])
        adam = Adam(x, betas=(0.9, 0.99))
        goal: Supervision | None = None
        best: DragProgress | None = None
        places, settled = self._handles, 0
        for step in range(options.steps + 1):
            far = float(torch.linalg.vector_norm(self._targets - places, dim=1).max())
            if goal is None and far <= options.close * self._maps.sample_px:
                best = self._progress(step, x, places, far)
                yield best
                break
            x.requires_grad_()
            with torch.enable_grad():
                maps = self._maps(self._dragged(x))
            if goal is None:
                goal = Supervision(self._maps, maps.detach(), places, options, self._held)
            else:
                places = goal.tracked(maps.detach(), places)
                far = float(torch.linalg.vector_norm(self._targets - places, dim=1).max())
            now = self._progress(step, x, places, far)
            arrived = far <= options.close * self._maps.sample_px
            if best is None or arrived or far <= best.distance_px:
                best = now
            yield now
            settled += arrived
            if settled > options.settle or step == options.steps:
                break
            with torch.enable_grad():
                loss = goal.loss(maps, goal.ahead(places, self._targets))
            (gradient,) = torch.autograd.grad(loss, [x])
            x = x.detach().clone()
            adam.step([x], [gradient], [options.rate])
        assert best is not None
        return Dragged(
            ws=best.ws,
            transform=best.transform,
            pose=self._pose,
            places=best.places,
            distance_px=best.distance_px,
            arrived=best.distance_px <= options.close * self._maps.sample_px,
            steps=best.step,
            note=self._note,
        )

    def _dragged(self, x: Tensor) -> Tensor:
        """ws with offsets of x deviations, [1, num_ws, w_dim], from x [1, 1 or fewer, w_dim]."""
        offset = x @ self._rows
        if self._options.space == "w":
            return self._ws + offset
        return self._ws + F.pad(offset, (0, 0, 0, self._ws.shape[1] - x.shape[1]))

    def _progress(self, step: int, x: Tensor, places: Tensor, far: float) -> DragProgress:
        with torch.no_grad():
            ws = self._dragged(x.detach())
        steps = self._options.steps
        return DragProgress(
            step, steps, ws, self._matrix, places.clone(), far, self._pose, self._note
        )


class Supervision:
    """The aim of a drag in the maps of its layer, and the search for the handles in them.

    Args:
        maps: Looks at places of the maps.
        start: The maps at the start, [1, C, h, w].
        handles: Where the handles are then, [N, 2] pixels.
        options: How to drag.
        held: Samples that must stay as they are, [h, w]; None: none must.
    """

    def __init__(
        self,
        maps: LayerMaps,
        start: Tensor,
        handles: Tensor,
        options: DragOptions,
        held: Tensor | None = None,
    ) -> None:
        self._maps, self._start = maps, start
        self._held = held if held is not None and held.any() else None
        self._search, self._hold = options.search, options.hold
        self._patch = disc(options.radius) * maps.sample_px
        self.wanted = maps.at(start, handles[:, None] + self._patch)
        """What lies around the handles, [N, P, C]."""
        self._unit = self.wanted.std().clamp_min(1e-8)

    def ahead(self, places: Tensor, targets: Tensor) -> Tensor:
        """Return the places one step nearer to the targets, [N, 2] pixels."""
        way = targets - places
        length = torch.linalg.vector_norm(way, dim=1, keepdim=True)
        return places + way * (STEP * self._maps.sample_px / length.clamp_min(1e-9)).clamp_max(1)

    def loss(self, maps: Tensor, places: Tensor) -> Tensor:
        """Compare maps [1, C, h, w] at places [N, 2] with what the handles had; 0 where equal."""
        found = self._maps.at(maps, places[:, None] + self._patch)
        loss = (found - self.wanted).abs().mean()
        if self._held is not None:
            changed = (maps - self._start).abs().mean(1)[0]
            loss = loss + self._hold * changed[self._held].mean()
        return loss / self._unit

    def tracked(self, maps: Tensor, places: Tensor) -> Tensor:
        """Find what the handles had in maps, near places [N, 2]: [N, 2] pixels."""
        return torch.stack(
            [self._found(maps, *pair) for pair in zip(places, self.wanted, strict=True)]
        )

    def _found(self, maps: Tensor, place: Tensor, wanted: Tensor) -> Tensor:
        reach = self._search
        for spacing in _FINER:
            around = disc(reach, spacing)
            around = around[torch.linalg.vector_norm(around, dim=1).argsort(stable=True)]
            tried = place + around * self._maps.sample_px
            values = self._maps.at(maps, tried[:, None] + self._patch)
            differences = (values - wanted).abs().mean((1, 2))
            place = tried[int(differences.argmin())]  # of equals the nearest
            reach = spacing * 0.75
        return place


def move_line(move: PlainMove, resolution: int) -> str:
    """Say in one line what a move of the input has done."""
    pose = move.pose
    x, y = resolution * pose.x, resolution * pose.y
    angle = math.degrees(pose.angle_rad)
    turn = f" and turned by {angle:.1f}°" if abs(angle) >= 0.05 else ""
    share = "all" if move.explained > _ALL else f"{100 * move.explained:.0f} %"
    return f"The input was moved by ({x:.1f}, {y:.1f}) px{turn}, which is {share} of the drag"
