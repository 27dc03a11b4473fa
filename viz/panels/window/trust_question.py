"""The question whether a session from elsewhere may open its networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.theme import vec4

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext

WIDTH = 480


def draw_trust_question(ctx: PanelContext) -> None:
    """Draw the question if there is one, and act on the answer; Escape discards the session."""
    asked, host = ctx.model.windows.question, ctx.host
    if asked is None:
        return
    imgui.set_next_window_pos(
        imgui.get_main_viewport().get_center(), imgui.Cond_.always, (0.5, 0.5)
    )
    imgui.set_next_window_size((host.px(WIDTH), 0), imgui.Cond_.always)
    flags = (
        imgui.WindowFlags_.no_docking
        | imgui.WindowFlags_.no_saved_settings
        | imgui.WindowFlags_.no_collapse
        | imgui.WindowFlags_.no_resize
    )
    imgui.push_style_color(imgui.Col_.window_bg, vec4(host.palette.popup))
    imgui.push_style_var(imgui.StyleVar_.window_border_size, 1.0)
    if imgui.begin("Networks from elsewhere", None, flags)[0]:
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
    imgui.end()
    imgui.pop_style_var()
    imgui.pop_style_color()
    if imgui.is_key_pressed(imgui.Key.escape):
        ctx.model.windows.question = None
