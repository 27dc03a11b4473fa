"""The About window: versions, licences, documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from generator.version import VERSION
from gui_utils.floating import floating_window, is_dismissed
from gui_utils.labels import DASH, shortened
from viz.model.about import FONTS, LICENCE, NAME, PROJECT, about_text, parts

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext

SIZE = (560, 480)


def draw_about(ctx: PanelContext, *, to_front: bool) -> bool:
    """Draw the window; return True if it stays open."""
    ui, host = ctx.ui, ctx.host
    window = floating_window(host, "About", SIZE, (0.9, 0.85), to_front=to_front)
    with window as (shown, stays):
        if shown:
            ui.heading(f"{NAME} {VERSION}")
            ui.dim(f"Licence: {LICENCE}. Documents: {PROJECT / 'docs'}")
            ui.dim(backends(ctx))
            imgui.spacing()
            below = imgui.get_frame_height_with_spacing() + imgui.get_style().item_spacing.y
            _draw_parts(ctx, imgui.get_content_region_avail().y - below)
            imgui.spacing()
            _draw_buttons(ctx)
        dismissed = is_dismissed(host)
    return stays and not dismissed


def backends(ctx: PanelContext) -> str:
    """Say where the networks are computed, and what draws the window."""
    result = ctx.model.result
    kernels = ""
    if result is not None and result.device:
        kernels = "PyTorch's operations" if result.missing_kernels else "native kernels"
        kernels = f"Networks: {result.device}, {kernels}. "
    return f"{kernels}Window: {ctx.host.window.renderer}."


def _draw_buttons(ctx: PanelContext) -> None:
    gap = ctx.host.px(8)
    if imgui.button("Copy"):
        imgui.set_clipboard_text(about_text(backends(ctx)))
        ctx.model.status.show("Versions and licences are on the clipboard.")
    ctx.ui.tip("Copy all of this as text.")
    imgui.same_line(0, gap)
    if imgui.button("Guide"):
        ctx.commands.window.open_guide()
    ctx.ui.tip("Open the guide.")
    imgui.same_line(0, gap)
    if imgui.button("Documents"):
        ctx.commands.window.open_documents()
    ctx.ui.tip("Show the folder of all documents.")


def _draw_parts(ctx: PanelContext, height: float) -> None:
    flags = imgui.TableFlags_.scroll_y | imgui.TableFlags_.no_borders_in_body
    if not imgui.begin_table("parts", 3, flags, (0, height)):
        return
    kind = imgui.TableColumnFlags_
    imgui.table_setup_column("Stands on", kind.width_fixed, ctx.host.px(152))
    imgui.table_setup_column("Version", kind.width_fixed, ctx.host.px(96))
    imgui.table_setup_column("Licence", kind.width_stretch)
    imgui.table_setup_scroll_freeze(0, 1)
    imgui.table_headers_row()
    fonts = {name for name, _licence in FONTS}
    for part in parts():
        imgui.table_next_row()
        imgui.table_next_column()
        ctx.ui.text(part.name)
        imgui.table_next_column()
        if part.name in fonts:
            ctx.ui.text("font", ctx.host.palette.dim)
        else:
            with ctx.host.fonts.mono():
                ctx.ui.text(part.version, ctx.host.palette.dim)
        imgui.table_next_column()
        room = imgui.get_content_region_avail().x
        licence = part.licence or DASH
        ctx.ui.text(shortened(licence, room, lambda one: imgui.calc_text_size(one).x))
        ctx.ui.tip(licence)
    imgui.end_table()
