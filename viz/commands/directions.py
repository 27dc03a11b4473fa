"""Commands that learn directions of w from choices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz.commands.base import CommandGroup
from viz.protocol.directions import LearnDirectionTask, LearnedStep
from viz.state.choices import LEAST_OF_EACH, marked
from viz.state.inputs import MAX_DIRECTIONS, DirectionState
from viz.state.to_request import blended_classes
from viz.state.to_thumbnails import front_slot

if TYPE_CHECKING:
    from viz.protocol.jobs import JobReport


class DirectionCommands(CommandGroup):
    """Commands about directions of w."""

    def why_not_learned(self) -> str:
        """Return why no direction can be learned now, a sentence; empty if one can."""
        if len(self._state.directions) >= MAX_DIRECTIONS:
            return f"{MAX_DIRECTIONS} directions at most: remove one first."
        if min(marked(self._state)) < LEAST_OF_EACH:
            return (
                f"Mark at least {LEAST_OF_EACH} pictures of the gallery with more of something "
                f"(key .) and {LEAST_OF_EACH} with less (key ,); ten of each make it good."
            )
        return ""

    def learn(self) -> None:
        """Learn a direction from the pictures that are marked in the gallery, and add it."""
        state = self._state
        if why_not := self.why_not_learned():
            self._model.status.show_error(why_not)
            return
        slot = front_slot(state)
        task = LearnDirectionTask(
            state.networks[slot].source,
            state.performance.device,
            tuple(state.gallery.more),
            tuple(state.gallery.less),
            blended_classes(state.latent_of(slot)),
        )
        self._model.jobs.start(task, self._take)

    def _take(self, report: JobReport) -> None:
        if report.state == "failed":
            self._model.status.show_error(f"No direction is learned: {report.error}.")
        learned = report.result
        if report.state != "done" or not isinstance(learned, LearnedStep):
            return
        directions = self._state.directions
        if len(directions) < MAX_DIRECTIONS:
            directions.append(DirectionState(given=learned.direction))
            self._model.status.show(
                f"A direction was {learned.direction.name} pictures: "
                f"{100 * learned.accuracy:.0f} % of those left out lie on their side "
                "(50 % by chance). Its slider is under Inputs."
            )
