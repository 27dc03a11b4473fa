"""The drag under way: how far it is, and what the stage shows meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from viz.protocol.dragging import DragStep, DragTask
from viz.protocol.latent import GivenLatent

if TYPE_CHECKING:
    from viz.model.pictures import Picture
    from viz.protocol.jobs import JobReport
    from viz.protocol.request import Request


@dataclass
class Dragging:
    """The newest drag, as far as it is known."""

    job: int | None = None
    """The one under way."""
    task: DragTask | None = None
    step: DragStep | None = None
    """Its newest step."""
    is_kept: bool = False
    """It is being ended, and where it has come to is gone to."""
    arrived: tuple[DragTask, DragStep] | None = None
    """What has just come of one, until the window has gone there."""
    gone_to: GivenLatent | None = None
    """Latent whose picture the stage waits for: until it is there, that of the last step stays."""

    @property
    def is_busy(self) -> bool:
        """True while points are dragged."""
        return self.job is not None

    def begin(self, task: DragTask, job: int) -> None:
        """Follow a drag that has been ordered."""
        self.job, self.task, self.step = job, task, None
        self.is_kept, self.arrived, self.gone_to = False, None, None

    def take(self, report: JobReport) -> None:
        """Note a report of the drag."""
        if isinstance(report.result, DragStep):
            self.step = report.result
        if report.at_work:
            return
        self.job = None
        ends_well = report.state == "done" or (report.state == "cancelled" and self.is_kept)
        if ends_well and self.task is not None and self.step is not None:
            self.arrived = self.task, self.step

    def picture(
        self, slot: int, answered: Request | None, given: GivenLatent | None
    ) -> Picture | None:
        """Return the drag's own picture where it stands in for the newest one.

        Args:
            slot: Slot of the network.
            answered: The request of the newest picture.
            given: The latent that the network is given now.
        """
        if self.task is None or self.step is None or slot != self.task.slot:
            return None
        if self.is_busy or self.arrived is not None:
            return self.step.image
        if self.gone_to is None:
            return None
        is_there = answered is not None and answered.place_of(slot).latent.given == self.gone_to
        if is_there or given != self.gone_to:
            self.gone_to = None
            return None
        return self.step.image
