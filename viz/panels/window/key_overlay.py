"""An overlay that lists gestures and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.floating import is_dismissed
from gui_utils.keys import with_ctrl
from gui_utils.theme import vec4

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from viz.panels.common.actions import Action
    from viz.panels.common.context import PanelContext

GESTURES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Pictures",
        (
            ("Drag", "shift what the networks draw"),
            ("Shift+drag", "turn it"),
            (with_ctrl("wheel"), "scale it"),
            ("Double click", "put it back"),
            ("Wheel", "look closer"),
            ("Middle drag", "move the view"),
            ("Right click", "all that can be done with it"),
            ("Tab, arrows", "shift it; with Shift turn it"),
        ),
    ),
    (
        "Dragging points (Shift+D)",
        (
            ("Drag", "from a handle to its target"),
            ("Click", "hold a place"),
            ("Right click", "remove a point"),
            ("Insert, Delete", "with the focus: a handle more, less"),
            ("Arrow keys", "move its target, with Shift itself"),
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
            (with_ctrl("wheel"), "larger pictures in the gallery"),
            ("Drag", "a seed or favourite onto the timeline"),
            (with_ctrl("drag"), "copy a keyframe; Alt: no snapping"),
            ("Wheel", "zoom the timeline; with Shift scroll"),
        ),
    ),
    (
        "Controls",
        (
            (with_ctrl("click"), "type a number"),
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


KEYS_WIDTH, BETWEEN = 104, 32
"""Width of the keys before what they do, and space between columns, at a scale of 1."""
Line = tuple[str, str]
"""Keys and what they do; a heading, which does nothing; or an empty line."""


def draw_overlay(actions: Iterable[Action], ctx: PanelContext) -> bool:
    """Draw the list above everything, in as many columns as it needs; return True if it stays."""
    host = ctx.host
    viewport = imgui.get_main_viewport()
    imgui.set_next_window_pos(viewport.get_center(), imgui.Cond_.always, (0.5, 0.5))
    imgui.set_next_window_size_constraints((0, 0), viewport.work_size)
    flags = (
        imgui.WindowFlags_.no_docking
        | imgui.WindowFlags_.no_saved_settings
        | imgui.WindowFlags_.always_auto_resize
        | imgui.WindowFlags_.no_collapse
    )
    imgui.push_style_color(imgui.Col_.window_bg, vec4(host.palette.popup))
    imgui.push_style_var(imgui.StyleVar_.window_border_size, 1.0)
    shown, stays = imgui.begin("Keys and gestures", True, flags)
    if shown:
        keys = tuple((action.key_text, action.name) for action in actions if action.keys)
        lists = (*GESTURES, ("Keys", keys))
        style = imgui.get_style()
        room = viewport.work_size.x - 2 * style.window_padding.x - style.scrollbar_size
        widest = max(imgui.calc_text_size(does).x for _head, part in lists for _keys, does in part)
        column = host.px(KEYS_WIDTH) + widest + host.px(BETWEEN)
        count = int((room + host.px(BETWEEN)) // column)
        line = imgui.get_text_line_height_with_spacing()
        rows = int((viewport.work_size.y - 3 * line) // line)
        needed = -(-sum(2 + len(part) for _heading, part in lists) // max(rows, 1))
        for index, lines in enumerate(in_columns(lists, max(1, min(count, needed)))):
            if index:
                imgui.same_line(0, host.px(BETWEEN))
            imgui.begin_group()
            _draw_column(lines, ctx)
            imgui.end_group()
    dismissed = is_dismissed(host)
    imgui.end()
    imgui.pop_style_var()
    imgui.pop_style_color()
    return bool(stays) and not dismissed


def in_columns(lists: Sequence[tuple[str, tuple[Line, ...]]], count: int) -> list[list[Line]]:
    """Distribute lists over columns of about the same height; no heading stands at a foot."""
    height = -(-sum(2 + len(part) for _heading, part in lists) // count)
    columns: list[list[Line]] = [[]]
    for heading, part in lists:
        for index, line in enumerate(part):
            above = 0 if index else 2
            if len(columns[-1]) + above >= height and len(columns) < count:
                columns.append([])
            if not index:
                columns[-1] += [("", ""), (heading, "")] if columns[-1] else [(heading, "")]
            columns[-1].append(line)
    return columns


def _draw_column(lines: Iterable[Line], ctx: PanelContext) -> None:
    left = imgui.get_cursor_pos_x()
    for keys, does in lines:
        if not does:
            ctx.ui.heading(keys)
            continue
        ctx.ui.text(keys)
        ctx.ui.column(left + ctx.host.px(KEYS_WIDTH))
        ctx.ui.text(does, ctx.host.palette.dim)
