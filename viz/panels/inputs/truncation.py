"""Controls for truncation, which pulls w towards its mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz.panels.common import controls

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.state.inputs import TruncationState


class TruncationPanel:
    """Truncation towards the mean w."""

    title = "Truncation"

    def draw(self, truncation: TruncationState, ctx: PanelContext) -> None:
        """Draw the controls and apply the user's changes to `truncation`."""
        controls.slide(
            ctx,
            truncation,
            "psi",
            "Psi",
            "1 leaves w as it is, 0 gives the mean picture, negative its opposite.",
            origin=0.0,
        )
        counts = [
            summary.num_ws
            for slot in range(len(ctx.state.networks))
            if (summary := ctx.model.summary_of(slot)) is not None
        ]
        most = max(counts, default=0)
        with ctx.ui.disabled("" if most else "Available once a network has been loaded."):
            truncation.cutoff = self._draw_cutoff(truncation, most, ctx)

    def _draw_cutoff(self, truncation: TruncationState, most: int, ctx: PanelContext) -> int | None:
        cutoff = truncation.cutoff
        shown = ctx.ui.whole_slider(
            "Layers",
            most if cutoff is None else min(cutoff, most),
            0,
            max(most, 1),
            default=most,
            text="all" if cutoff is None else f"first {cutoff}",
            tip="How many layers, from the coarsest, are truncated.",
            menu=controls.menu_of(ctx, truncation, "cutoff"),
        )
        return None if shown >= most else shown
