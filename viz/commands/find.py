"""Commands about pictures of the user's own: asked about, looked for, gone to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from viz.commands.base import CommandGroup
from viz.model.finder import Standing
from viz.protocol.projection import FindTask
from viz.state.inputs import Inputs, TransformState
from viz.state.to_thumbnails import front_slot

if TYPE_CHECKING:
    from pathlib import Path

    from viz.model.finder import Found
    from viz.protocol.jobs import JobReport


class FindCommands(CommandGroup):
    """Commands that find pictures in networks."""

    def ask(self, path: Path) -> None:
        """Ask what a picture is wanted for."""
        finder = self._model.finder
        if path not in finder.asked:
            finder.asked.append(path)
        self._window.request_frames()

    def start(self, paths: list[Path], slot: int) -> None:
        """Look for pictures in the network of a slot, one after the other."""
        finder, performance = self._model.finder, self._state.performance
        source = self._state.networks[slot].source
        finder.waiting += [
            FindTask(str(path.absolute()), source, performance.device, performance.threads)
            for path in paths
        ]
        finder.asked = [path for path in finder.asked if path not in paths]
        finder.is_open = True
        self.go_on()

    def go_on(self) -> None:
        """Begin with the next picture where none is looked for."""
        finder = self._model.finder
        if finder.is_busy or not finder.waiting:
            return
        finder.shown, finder.report, finder.error = -1, None, ""
        finder.job = self._model.jobs.start(finder.waiting.pop(0), self._take)

    def cancel(self) -> None:
        """End the search, and forget the pictures that wait."""
        finder = self._model.finder
        finder.waiting.clear()
        if finder.job is not None:
            self._model.jobs.control(finder.job, "cancel")

    def go_to(self, found: Found) -> None:
        """Stand where a picture was found: latent and transform of its network.

        With other networks beside it, it gets a place of its own.
        """
        state, place = self._state, found.finding.place
        sources = [network.source for network in state.networks]
        if place is None or found.task.source not in sources:
            self._model.status.show_error("The network that it was found in is not open.")
            return
        slot = sources.index(found.task.source)
        if front_slot(state) < len(sources) and sources[front_slot(state)] == found.task.source:
            slot = front_slot(state)
        latent = replace(state.latent_of(slot), given=place.latent, walk=False, animate=False)
        transform = TransformState(
            x=place.x, y=place.y, angle_rad=place.angle_rad, scale=place.scale
        )
        self._swap(slot, Standing(found.task.source, latent, transform, 1.0))

    def before_and_after(self) -> None:
        """Go back to where the stage stood before, or again to what was found."""
        other = self._model.finder.other
        sources = [network.source for network in self._state.networks]
        if other is not None and other.source in sources:
            self._swap(sources.index(other.source), other)

    def _swap(self, slot: int, to: Standing) -> None:
        """Stand somewhere else, and note where the network stood."""
        state = self._state
        latent, transform = replace(state.latent_of(slot)), replace(state.transform_of(slot))
        psi = state.truncation.psi
        self._model.finder.other = Standing(to.source, latent, transform, psi)
        if len(state.networks) > 1:
            state.networks[slot].own = Inputs(replace(to.latent), replace(to.transform))
            state.view.target = slot
        else:
            state.latent, state.transform = replace(to.latent), replace(to.transform)
        state.truncation.psi = to.psi
        state.timeline.on = False

    def _take(self, report: JobReport) -> None:
        self._model.finder.take(report)
        if not report.at_work:
            self.go_on()
        self._window.request_frames()
