"""The stage: the state, the newest results, and facts about the networks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from viz.protocol.result import NetworkResult, Result
from viz.storage import bundled
from viz.storage.average_sources import family_of

if TYPE_CHECKING:
    from viz.model.jobs import Jobs
    from viz.protocol.request import Request
    from viz.protocol.result import LiveEq, NetworkSummary, Preview
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
        """The newest result, possibly of an older request. Of a draft it has the picture, and what
        was measured on the full picture before."""
        self.full: dict[int, NetworkResult] = {}
        """The newest result of every slot that is no draft."""
        self.full_requests: dict[int, Request] = {}
        """The requests that they answer."""
        self.asked: Request | None = None
        """The newest request."""
        self.summaries: dict[str, NetworkSummary] = {}
        """Every network read so far, by source, of averages by that of all their lengths."""
        self.live_eq: dict[int, LiveEq] = {}
        """The newest EQ-T of the pictures, by slot."""

    def take_result(self, result: Result) -> None:
        """Take the answer to a request."""
        networks = tuple(self._taken(slot, one) for slot, one in enumerate(result.networks))
        for slot, one in enumerate(result.networks):
            if one.quality == "full":
                self.full_requests[slot] = result.request
        self.result = replace(result, networks=networks)

    def take_preview(self, preview: Preview) -> None:
        """Show how far a picture is."""
        request, before = preview.request, self.result
        known = dict(enumerate(before.networks)) if before is not None else {}
        networks = [
            known[slot] if slot in known and known[slot].source == source else NetworkResult(source)
            for slot, source in enumerate(request.networks)
        ]
        networks[preview.slot] = self._taken(preview.slot, preview.network)
        if preview.network.summary is not None:
            self.summaries[preview.network.source] = preview.network.summary
        if before is None:
            before = Result(request=request, networks=(), total_ms=0.0)
        self.result = replace(before, networks=tuple(networks))

    def _taken(self, slot: int, drawn: NetworkResult) -> NetworkResult:
        """A result as it is shown: instruments keep to the full picture while drafts are drawn."""
        if drawn.quality == "full":
            self.full[slot] = drawn
            return drawn
        full = self.full.get(slot)
        if full is None or full.source != drawn.source:
            return drawn
        return replace(
            full,
            picture=drawn.picture,
            quality=drawn.quality,
            transform=drawn.transform,
            extent=drawn.extent,
            z=drawn.z,
            ws=drawn.ws,
            mapping_ms=drawn.mapping_ms,
            synthesis_ms=drawn.synthesis_ms,
            precision=drawn.precision,
        )

    def full_result_of(self, slot: int) -> NetworkResult | None:
        """Return the newest result of the network in a slot that is no draft."""
        shown = self.result_of(slot)
        if shown is None or shown.quality == "full":
            return shown
        full = self.full.get(slot)
        return full if full is not None and full.source == shown.source else None

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
