"""The stage: the state, the newest results, and facts about the networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz.storage import bundled
from viz.storage.average_sources import family_of

if TYPE_CHECKING:
    from viz.model.jobs import Jobs
    from viz.protocol.result import LiveEq, NetworkResult, NetworkSummary, Result
    from viz.state.app_state import AppState


class StageModel:
    """The part of the window's model that its other parts build on.

    Args:
        state: What is set; the newest is always `state`.
        jobs: Long work in the background.
    """

    def __init__(self, state: AppState, jobs: Jobs) -> None:
        self.state = state
        self.jobs = jobs
        self.result: Result | None = None
        """The newest result, possibly of an older request."""
        self.summaries: dict[str, NetworkSummary] = {}
        """Every network read so far, by source, of averages by that of all their lengths."""
        self.live_eq: dict[int, LiveEq] = {}
        """The newest EQ-T of the pictures, by slot."""

    def result_of(self, slot: int) -> NetworkResult | None:
        """Return the newest result of the network in a slot; None until there is one."""
        if self.result is None or slot >= len(self.state.networks):
            return None
        source = self.state.networks[slot].source
        results = self.result.networks
        # While the length of an average is chosen, the one before stays until the next is there.
        if slot < len(results) and family_of(results[slot].source) == family_of(source):
            return results[slot]
        return next((one for one in results if one.source == source), None)

    def summary_of(self, slot: int) -> NetworkSummary | None:
        """Return facts about the network in a slot; None until it has been read."""
        if slot >= len(self.state.networks):
            return None
        return self.summaries.get(family_of(self.state.networks[slot].source))

    def live_eq_of(self, slot: int) -> LiveEq | None:
        """Return EQ-T of the picture of a slot; None while unknown."""
        measured = self.live_eq.get(slot)
        if measured is None or slot >= len(self.state.networks):
            return None
        source = self.state.networks[slot].source
        return measured if family_of(measured.source) == family_of(source) else None

    def label(self, slot: int) -> str:
        """Name of the network in a slot."""
        network = self.state.networks[slot]
        return network.label or bundled.label(network.source)

    @property
    def layer_slot(self) -> int:
        """The network that is looked into; 0 if the chosen one is gone."""
        slot = self.state.layers.slot
        return slot if slot < len(self.state.networks) else 0
