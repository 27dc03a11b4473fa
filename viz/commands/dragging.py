"""Commands that drag points of a picture."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from viz.commands.base import CommandGroup
from viz.protocol.dragging import DragTask
from viz.protocol.strokes import Stroke
from viz.state.inputs import Inputs, TransformState
from viz.state.to_request import request_for

if TYPE_CHECKING:
    from viz.protocol.dragging import DraggedPlace, DragStep
    from viz.protocol.jobs import JobReport
    from viz.state.dragging import DraggingState


class DragCommands(CommandGroup):
    """Commands of the tool that drags points."""

    def switch(self) -> None:
        """Take the tool into the hand, with the pictures at rest on the stage; or put it away."""
        state = self._state
        state.dragging.on = not (
            state.dragging.on and state.view.show in ("side", "split", "difference")
        )
        if state.dragging.on:
            state.playing = state.view.untransform = False
            if state.view.show not in ("side", "difference"):
                state.view.show = "side"

    def start(self) -> None:
        """Drag the handles of the picture to their targets."""
        state, dragging = self._state, self._state.dragging
        if self._model.dragging.is_busy:
            return
        if not dragging.pairs or dragging.slot >= len(state.networks):
            self._model.status.show_error("Set a handle first: press on a picture and drag.")
            return
        state.playing = False
        task = DragTask(
            request_for(state, maps=False, spectrum=False),
            dragging.slot,
            tuple(((one.x, one.y), (one.to_x, one.to_y)) for one in dragging.pairs),
            reach=dragging.reach,
            free=free_of(dragging),
            space=dragging.space,
            radius=dragging.radius,
            rate=dragging.rate,
            steps=dragging.steps,
            move_first=dragging.move_first,
        )
        self._model.dragging.begin(task, self._model.jobs.start(task, self._take))
        self._window.request_frames()

    def stop(self) -> None:
        """End the drag, and stay where it has come to."""
        self._end(is_kept=True)

    def cancel(self) -> None:
        """End the drag, and go back to where it began."""
        self._end(is_kept=False)

    def _end(self, *, is_kept: bool) -> None:
        dragging = self._model.dragging
        if dragging.job is not None:
            dragging.is_kept = is_kept
            self._model.jobs.control(dragging.job, "cancel")

    def settle(self) -> None:
        """Go where a drag has come to, within a frame, so that it can be taken back."""
        arrived, self._model.dragging.arrived = self._model.dragging.arrived, None
        if arrived is None:
            return
        task, step = arrived
        sources = [network.source for network in self._state.networks]
        if task.slot >= len(sources) or sources[task.slot] != task.source:
            self._model.status.show_error("The network whose picture was dragged is gone.")
            return
        self._go_to(task.slot, step.place)
        self._let_go(step)

    def _go_to(self, slot: int, place: DraggedPlace) -> None:
        """Put latent and transform of a network where a drag has come to.

        With other networks beside it, it gets a place of its own.
        """
        state = self._state
        latent = replace(state.latent_of(slot), walk=False, animate=False)
        transform = moved(state.transform_of(slot), place)
        if place.latent is not None:
            latent.given = place.latent
            state.truncation.psi, state.style_mix.on = 1.0, False
            self._model.dragging.gone_to = place.latent
        else:
            latent = replace(state.latent_of(slot))
        if len(state.networks) > 1:
            state.networks[slot].own = Inputs(latent, transform)
            state.view.target = slot
        else:
            state.latent, state.transform = latent, transform
        state.timeline.on = False

    def _let_go(self, step: DragStep) -> None:
        """Leave the handles where they have come to, ready to be dragged on from there."""
        pairs = self._state.dragging.pairs
        if len(pairs) != len(step.handles):
            return
        for pair, (x, y) in zip(pairs, step.handles, strict=True):
            pair.x, pair.y = (pair.to_x, pair.to_y) if step.arrived else (x, y)

    def _take(self, report: JobReport) -> None:
        self._model.dragging.take(report)
        self._window.request_frames()


def free_of(dragging: DraggingState) -> tuple[Stroke, ...]:
    """Return the strokes that paint what may change; none where all of them are rubbed out."""
    strokes = [Stroke(tuple(one.places), one.radius, one.erases) for one in dragging.strokes]
    return tuple(strokes) if any(not one.erases and one.places for one in strokes) else ()


def moved(transform: TransformState, place: DraggedPlace) -> TransformState:
    """Return a transform after which the picture is turned, then shifted, as a drag has done."""
    if (place.x, place.y, place.angle_rad) == (0.0, 0.0, 0.0):
        return replace(transform)
    cos, sin = math.cos(place.angle_rad), math.sin(place.angle_rad)
    x, y = transform.offset
    return replace(
        transform,
        x=cos * x + sin * y + place.x,
        y=cos * y - sin * x + place.y,
        angle_rad=math.remainder(transform.angle_rad + place.angle_rad, 2 * math.pi),
        snap=False,
        orbit=False,
        spin=False,
    )
