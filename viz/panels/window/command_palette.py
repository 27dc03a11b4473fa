"""The command palette, which finds every action by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.floating import is_dismissed
from gui_utils.theme import u32, vec4
from viz.panels.common.actions import Action, search

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viz.panels.common.context import PanelContext
    from viz.state.app_state import AppState

WIDTH = 560
ROWS = 12


class CommandPalette:
    """The palette, hidden until opened; typing filters the list, Enter runs the chosen action."""

    def __init__(self) -> None:
        self.is_open = False
        self.typed = ""
        """The text in its field."""
        self._cursor = 0
        self._appearing = False
        self._moved = False

    def open(self) -> None:
        """Show the palette with an empty query."""
        self.is_open = self._appearing = True
        self.typed, self._cursor = "", 0

    def draw(self, actions: Sequence[Action], state: AppState, ctx: PanelContext) -> None:
        """Draw the palette if it is open, and run the chosen action."""
        if not self.is_open:
            return
        host, viewport = ctx.host, imgui.get_main_viewport()
        width = min(host.px(WIDTH), viewport.work_size.x - host.px(32))
        where = (viewport.get_center().x - width / 2, viewport.work_pos.y + host.px(48))
        imgui.set_next_window_pos(where, imgui.Cond_.always)
        row = imgui.get_text_line_height() + host.px(10)
        imgui.set_next_window_size((width, ROWS * row + host.px(64)), imgui.Cond_.always)
        flags = (
            imgui.WindowFlags_.no_decoration
            | imgui.WindowFlags_.no_docking
            | imgui.WindowFlags_.no_saved_settings
            | imgui.WindowFlags_.no_move
        )
        imgui.push_style_color(imgui.Col_.window_bg, vec4(host.palette.popup))
        imgui.push_style_var(imgui.StyleVar_.window_border_size, 1.0)
        if self._appearing:
            imgui.set_next_window_focus()
        if imgui.begin("Command palette", None, flags)[0]:
            self._draw_content(actions, row, state, ctx)
        lost = not imgui.is_window_focused(imgui.FocusedFlags_.root_and_child_windows)
        dismissed = is_dismissed(host)
        imgui.end()
        imgui.pop_style_var()
        imgui.pop_style_color()
        if dismissed or (lost and not self._appearing):
            self.is_open = False
        self._appearing = False

    def _draw_content(
        self, actions: Sequence[Action], row: float, state: AppState, ctx: PanelContext
    ) -> None:
        if self._appearing:
            ctx.host.give_keyboard()
        imgui.set_next_item_width(imgui.get_content_region_avail().x)
        changed, self.typed = imgui.input_text_with_hint(
            "##query", "Type what you want to do", self.typed
        )
        writes = imgui.is_item_active() or imgui.is_item_deactivated()
        found = search(self.typed, actions)
        if changed:
            self._cursor = 0
        self._moved = False
        for key, by in ((imgui.Key.down_arrow, 1), (imgui.Key.up_arrow, -1)):
            if writes and imgui.is_key_pressed(key) and found:
                self._cursor, self._moved = (self._cursor + by) % len(found), True
        if not found:
            ctx.ui.dim("No command matches.")
            return
        entered = writes and any(
            map(imgui.is_key_pressed, (imgui.Key.enter, imgui.Key.keypad_enter))
        )
        imgui.begin_child("found", (0, 0))
        chosen = found[self._cursor] if entered else None
        for index, action in enumerate(found):
            if self._draw_row(action, index == self._cursor, row, state, ctx):
                chosen = action
        imgui.end_child()
        if chosen is not None and not chosen.disabled_reason(state, ctx):
            self.is_open = False
            chosen.run(state, ctx)

    def _draw_row(
        self, action: Action, current: bool, row: float, state: AppState, ctx: PanelContext
    ) -> bool:
        """Draw one action; return True if it was clicked."""
        palette, host = ctx.host.palette, ctx.host
        where, width = imgui.get_cursor_screen_pos(), imgui.get_content_region_avail().x
        reason = action.disabled_reason(state, ctx)
        clicked = imgui.selectable(f"##{action.name}", current, size=(0, row - host.px(6)))[0]
        if current and self._moved:
            imgui.set_scroll_here_y()
        ctx.ui.tip(reason or action.does)
        draw, top = imgui.get_window_draw_list(), where.y + host.px(2)
        colour = palette.dim if reason else palette.text
        draw.add_text((where.x + host.px(8), top), u32(colour), action.name)
        if action.is_on is not None and action.is_on(state):
            after = where.x + host.px(20) + imgui.calc_text_size(action.name).x
            draw.add_text((after, top), u32(palette.dim), "on")
        right = where.x + width - host.px(8)
        keys_width = imgui.calc_text_size(action.key_text).x
        draw.add_text((right - keys_width, top), u32(palette.dim), action.key_text)
        if action.menu:
            menu_width = imgui.calc_text_size(action.menu).x
            at = right - host.px(104) - menu_width
            draw.add_text((at, top), u32(palette.dim), action.menu)
        return bool(clicked)
