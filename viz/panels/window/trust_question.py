"""The question whether a session from elsewhere may open its networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.floating import floating_window, is_dismissed

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext

WIDTH = 480


def draw_trust_question(ctx: PanelContext) -> None:
    """Draw the question if there is one, and act on the answer; Escape discards the session."""
    asked = ctx.model.windows.question
    if asked is None:
        return
    window = floating_window(
        ctx.host, "Networks from elsewhere", (WIDTH, 0), (0.9, 0.85), to_front=False, fixed=True
    )
    with window as (shown, stays):
        if shown:
            ctx.ui.dim(f"{asked.name} wants to read files that are not in its own folder:")
            for source in asked.sources:
                imgui.text_wrapped(source)
            imgui.spacing()
            if imgui.button("Open them"):
                ctx.commands.files.answer(allowed=True)
            ctx.ui.tip("Loading a network never executes code from its file.")
            imgui.same_line()
            if imgui.button("Leave them out"):
                ctx.commands.files.answer(allowed=False)
            ctx.ui.tip("Use everything else from the session.")
        if is_dismissed(ctx.host) or not stays:
            ctx.model.windows.question = None
