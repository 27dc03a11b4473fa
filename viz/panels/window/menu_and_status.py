"""The menu bar at the top and the status bar at the bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.keys import with_ctrl
from gui_utils.labels import DASH, number_text
from gui_utils.theme import vec4
from viz.panels.common.actions import Action, draw_menu
from viz.panels.common.job_progress import draw_job
from viz.panels.common.playback import play_or_pause
from viz.panels.window import presets
from viz.panels.window.made_files import draw_made
from viz.panels.window.notices import draw_notices
from viz.panels.window.view_menu import SIZE_MENU
from viz.protocol.names import LETTERS
from viz.state.animation import is_moving
from viz.state.inputs import MAX_NETWORKS
from viz.storage import bundled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viz.model.status import Status
    from viz.panels.common.context import PanelContext
    from viz.panels.inputs.networks import NetworkPanel
    from viz.state.app_state import AppState

BAR_HEIGHT = 26


def draw_menu_bar(
    state: AppState,
    ctx: PanelContext,
    networks: NetworkPanel,
    actions: Sequence[Action],
) -> None:
    """Draw the menus and, at the right end, the device, the precision and the frame rate."""
    imgui.push_style_var(imgui.StyleVar_.frame_padding, (ctx.host.px(8), ctx.host.px(6)))
    if imgui.begin_main_menu_bar():
        imgui.pop_style_var()
        for menu in ("File", "Edit", "View"):
            _menu(menu, actions, state, ctx)
        _networks_menu(state, ctx, networks)
        _menu("Record", actions, state, ctx)
        _menu("Train", actions, state, ctx)
        _menu(presets.MENU, actions, state, ctx)
        _menu("Help", actions, state, ctx)
        _transport(state, ctx)
        _search_and_speed(state, ctx)
        imgui.end_main_menu_bar()
    else:
        imgui.pop_style_var()


def draw_status_bar(ctx: PanelContext) -> None:
    """Draw the message on the left, progress in the middle, worker and latency on the right."""
    host, palette, status = ctx.host, ctx.host.palette, ctx.model.status
    flags = (
        imgui.WindowFlags_.no_scrollbar
        | imgui.WindowFlags_.no_saved_settings
        | imgui.WindowFlags_.no_scroll_with_mouse
    )
    imgui.push_style_var(imgui.StyleVar_.window_padding, (host.px(12), host.px(4)))
    imgui.push_style_color(imgui.Col_.window_bg, imgui.get_style_color_vec4(imgui.Col_.menu_bar_bg))
    viewport = imgui.get_main_viewport()
    shown = imgui.internal.begin_viewport_side_bar(
        "Status##bar", viewport, imgui.Dir.down, host.px(BAR_HEIGHT), flags
    )
    imgui.pop_style_color()
    imgui.pop_style_var()
    if shown:
        right = f"Worker {status.worker}  ·  latency"
        figure = f"{number_text(ctx.model.timings.latency_ms, 0, 4)} ms"
        with host.fonts.mono():
            figure_width = imgui.calc_text_size(figure).x
        width = imgui.calc_text_size(right).x + host.px(8) + figure_width
        edge = imgui.get_window_width() - host.px(12)
        middle = max(host.px(200), edge - width - host.px(440))
        busy = bool(status.loading or ctx.model.jobs.at_work)
        draw_notices(status, (middle if busy else edge - width) - host.px(24), ctx)
        if status.loading:
            imgui.same_line(middle)
            _progress(status, ctx)
        elif ctx.model.jobs.at_work:
            imgui.same_line(middle)
            draw_job(ctx.model.jobs.at_work, ctx, edge - width - host.px(16))
        imgui.same_line(edge - width)
        ctx.ui.text(right, palette.dim)
        imgui.same_line(0, host.px(8))
        ctx.ui.figure(figure, palette.dim)
    imgui.end()


def _progress(status: Status, ctx: PanelContext) -> None:
    """Draw the progress of loading a network, and a button that cancels it."""
    host, fraction = ctx.host, status.loading_fraction
    height = host.px(4)
    where = imgui.get_cursor_screen_pos()
    imgui.set_cursor_screen_pos((where.x, where.y + (imgui.get_text_line_height() - height) / 2))
    shown = -0.4 * imgui.get_time() if fraction is None else fraction
    imgui.progress_bar(shown, (host.px(96), height), "")
    imgui.set_cursor_screen_pos((where.x + host.px(104), where.y))
    imgui.push_style_var(imgui.StyleVar_.frame_padding, (host.px(4), 0))
    size = (host.px(20), imgui.get_text_line_height())
    if imgui.button(f"{icons.CLOSE}##cancel loading", size):
        ctx.commands.networks.cancel_loading()
    imgui.pop_style_var()
    ctx.ui.tip("Cancel: its place on the stage stays empty, and you can try again.")
    imgui.same_line(0, host.px(8))
    ctx.ui.text(status.loading, host.palette.dim)


def _menu(menu: str, actions: Sequence[Action], state: AppState, ctx: PanelContext) -> None:
    if imgui.begin_menu(menu):
        draw_menu(menu, actions, state, ctx, after=_SUBMENUS)
        if menu == "View":
            _menu(SIZE_MENU, actions, state, ctx)
        imgui.end_menu()


def _recent_menu(ctx: PanelContext) -> None:
    """Draw the menu of recently opened files, newest first."""
    recent = ctx.model.recent
    if not imgui.begin_menu("Open recent", bool(recent)):
        return
    for source in recent:
        if imgui.menu_item_simple(f"{bundled.label(source)}##{source}"):
            ctx.commands.files.open_recent(source)
        ctx.ui.tip(source)
    imgui.end_menu()


_SUBMENUS = {
    "Open …": _recent_menu,
    "Export latents": draw_made,
    "Save as preset …": presets.draw_removal,
}


def _networks_menu(state: AppState, ctx: PanelContext, networks: NetworkPanel) -> None:
    if not imgui.begin_menu("Networks"):
        return
    for slot in range(len(state.networks)):
        if imgui.begin_menu(f"{LETTERS[slot]}   {ctx.model.label(slot)}"):
            networks.draw_choices(slot, ctx)
            imgui.end_menu()
    room = len(state.networks) < MAX_NETWORKS
    if imgui.begin_menu("Add", room):
        networks.draw_choices(None, ctx)
        imgui.end_menu()
    if imgui.menu_item_simple("Published networks …"):
        ctx.commands.library.show(None)
    if len(state.networks) > 1:
        imgui.separator()
        if imgui.menu_item("All side by side", "0", state.view.focus < 0)[0]:
            state.view.focus = -1
        for slot in range(len(state.networks)):
            name = f"Only {LETTERS[slot]}"
            if imgui.menu_item(name, f"{slot + 1}", state.view.focus == slot)[0]:
                state.view.focus = slot
    imgui.end_menu()


def _search_field(right: float, ctx: PanelContext) -> None:
    """Draw a button that looks like a search field and opens the palette, if it fits."""
    host = ctx.host
    width = host.px(224)
    left = imgui.get_cursor_pos_x() + host.px(16)
    if left + width > right - host.px(16):
        return
    middle = (imgui.get_window_width() - width) / 2
    imgui.same_line(min(max(middle, left), right - host.px(16) - width))
    imgui.push_style_var(imgui.StyleVar_.button_text_align, (0.0, 0.5))
    imgui.push_style_var(imgui.StyleVar_.frame_padding, (host.px(8), host.px(2)))
    imgui.set_cursor_pos_y((imgui.get_window_height() - imgui.get_frame_height()) / 2)
    imgui.push_style_color(imgui.Col_.text, vec4(host.palette.dim))
    if imgui.button(f"Search commands      {with_ctrl('K')}", (width, 0)):
        ctx.commands.window.show_palette()
    imgui.pop_style_color()
    imgui.pop_style_var(2)
    ctx.ui.tip("Find any command by its name.")
    ctx.mark("search")


def _transport(state: AppState, ctx: PanelContext) -> None:
    moving = is_moving(state)
    imgui.same_line(0, ctx.host.px(16))
    if imgui.menu_item_simple(f"{icons.PAUSE}  Pause" if moving else f"{icons.PLAY}  Play"):
        play_or_pause(state, ctx)
    ctx.ui.tip("Stop or start everything that is set to move (Space).")


def _search_and_speed(state: AppState, ctx: PanelContext) -> None:
    host, rate = ctx.host, ctx.model.timings.rate(ctx.host.window.now_s)
    device = (
        ctx.model.result.device.split(",")[0].upper()
        if ctx.model.result and ctx.model.result.device
        else DASH
    )
    drawn = ctx.model.result.networks[0] if ctx.model.result and ctx.model.result.networks else None
    words = f"{device}  ·  {drawn.precision if drawn else state.performance.precision}  ·"
    figure = f"{number_text(rate, 0, 3)}"
    with host.fonts.mono():
        figure_width = imgui.calc_text_size(figure).x
    unit = "pictures/s"
    unit_width = imgui.calc_text_size(unit).x
    gaps = host.px(4) + host.px(6)
    width = imgui.calc_text_size(words).x + figure_width + unit_width + gaps
    left = imgui.get_window_width() - width - host.px(12)
    _search_field(left, ctx)
    imgui.set_cursor_pos_x(left)
    ctx.ui.text(words, host.palette.dim)
    imgui.same_line(0, host.px(4))
    ctx.ui.figure(figure, host.palette.text)
    imgui.same_line(0, host.px(6))
    ctx.ui.text(unit, host.palette.dim)
