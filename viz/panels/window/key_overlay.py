"""An overlay that lists gestures and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.floating import is_dismissed
from gui_utils.theme import vec4

if TYPE_CHECKING:
    from collections.abc import Iterable

    from viz.panels.common.actions import Action
    from viz.panels.common.context import PanelContext

GESTURES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Pictures",
        (
            ("Drag", "shift what the networks draw"),
            ("Shift+drag", "turn it"),
            ("Ctrl+wheel", "scale it"),
            ("Double click", "put it back"),
            ("Wheel", "look closer"),
            ("Middle drag", "move the view"),
            ("Right click", "all that can be done with it"),
        ),
    ),
    (
        "Atlas",
        (
            ("Drag", "move the map; let go while moving"),
            ("Wheel", "closer to the pointer, or away"),
            ("Arrow keys", "move the map"),
            ("Shift+drag", "turn it (StyleGAN3-R)"),
            ("Double click", "back to the origin"),
        ),
    ),
    (
        "Gallery and timeline",
        (
            ("Ctrl+wheel", "larger pictures in the gallery"),
            ("Drag", "a seed or favourite onto the timeline"),
            ("Ctrl+drag", "copy a keyframe; Alt: no snapping"),
            ("Wheel", "zoom the timeline; with Shift scroll"),
        ),
    ),
    (
        "Controls",
        (
            ("Ctrl+click", "type a number"),
            ("Tab, arrows", "go from control to control"),
            ("Space, Enter", "press it; type its number"),
            ("Ctrl+Tab", "another panel"),
            ("Menu, Shift+F10", "what a right click offers"),
            ("Escape", "close; give the keys back"),
            ("Double click", "reset"),
            ("Right click", "reset, copy, paste, animate, lock"),
            ("… on a chart", "copy or save its figures, free its axes"),
        ),
    ),
)


def draw_overlay(actions: Iterable[Action], ctx: PanelContext) -> bool:
    """Draw the list above everything; return True if it stays open."""
    host = ctx.host
    viewport = imgui.get_main_viewport()
    imgui.set_next_window_pos(viewport.get_center(), imgui.Cond_.always, (0.5, 0.5))
    imgui.set_next_window_size_constraints((0, 0), viewport.work_size)
    flags = (
        imgui.WindowFlags_.no_docking
        | imgui.WindowFlags_.horizontal_scrollbar
        | imgui.WindowFlags_.no_saved_settings
        | imgui.WindowFlags_.always_auto_resize
        | imgui.WindowFlags_.no_collapse
    )
    imgui.push_style_color(imgui.Col_.window_bg, vec4(host.palette.popup))
    imgui.push_style_var(imgui.StyleVar_.window_border_size, 1.0)
    shown, stays = imgui.begin("Keys and gestures", True, flags)
    if shown:
        imgui.begin_group()
        for heading, lines in GESTURES:
            _draw_list(heading, lines, ctx)
        imgui.end_group()
        keys = [(action.key_text, action.name) for action in actions if action.keys]
        half = -(-len(keys) // 2)
        for heading, part in (("Keys", keys[:half]), (" ", keys[half:])):
            imgui.same_line(0, host.px(32))
            imgui.begin_group()
            _draw_list(heading, part, ctx)
            imgui.end_group()
    dismissed = is_dismissed(host)
    imgui.end()
    imgui.pop_style_var()
    imgui.pop_style_color()
    return bool(stays) and not dismissed


def _draw_list(heading: str, lines: Iterable[tuple[str, str]], ctx: PanelContext) -> None:
    ctx.ui.heading(heading)
    left = imgui.get_cursor_pos_x()
    for keys, does in lines:
        ctx.ui.text(keys)
        ctx.ui.column(left + ctx.host.px(104))
        ctx.ui.text(does, ctx.host.palette.dim)
    imgui.spacing()
