"""The control that says over how many latents something is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz.panels.common import controls

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.state.instruments import EquivarianceState, SpectrumState


def choose_latents(state: SpectrumState | EquivarianceState, done: int, ctx: PanelContext) -> None:
    """Draw the control, and how many latents have been measured where there are several.

    Args:
        state: Its `latents` is set.
        done: Number of latents in what is shown.
        ctx: Model, commands and widgets.
    """
    controls.slide(
        ctx,
        state,
        "latents",
        "Latents",
        "1: the latent shown. More: so many random ones, whatever is shown, with the truncation "
        "and mixing set; whiskers are 95 % intervals.",
        logarithmic=True,
    )
    if state.latents > 1:
        of = f" of {state.latents}" if done < state.latents else ""
        with ctx.host.fonts.small():
            ctx.ui.dim(f"{done}{of} latents, with 95 % intervals")
