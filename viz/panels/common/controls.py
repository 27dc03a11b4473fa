"""Controls bound to a field of the state; they can be animated and locked."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar, Unpack

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.keys import with_ctrl
from gui_utils.sliders import LOCKED, Look
from viz.panels.common.actions import Action
from viz.panels.common.context import PanelContext, within
from viz.state.animation import phase_at
from viz.state.app_state import AppState, MotionShape, MotionState
from viz.state.paths import is_locked, path_of
from viz.state.ranges import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

SHAPES: tuple[tuple[MotionShape, str, str], ...] = (
    ("swing", "swing", "There and back, slower at the ends."),
    ("zigzag", "zigzag", "There and back at one speed."),
    ("loop", "loop", "From the first end to the second, then at once to the first again."),
)
"""Ways in which an animated control moves."""


class Shown(TypedDict, total=False):
    """Display of a number; anything left out is taken from the field."""

    low: float
    """Ends of the slider, in the unit shown."""
    high: float
    factor: float
    """Shown value divided by the field's value."""
    unit: str
    decimals: int
    logarithmic: bool
    origin: float


def default_of(owner: object, name: str) -> Any:
    """Return the default of a plain field of a state class."""
    return next(one for one in fields(owner) if one.name == name).default  # type: ignore[arg-type]


def slide(
    ctx: PanelContext, owner: object, name: str, label: str, tip: str, **shown: Unpack[Shown]
) -> None:
    """Draw a slider with a label that sets a field; whole numbers stay whole."""
    factor, low, high = _ends(owner, name, shown)
    value = getattr(owner, name) * factor
    moved = ctx.ui.slider(label, value, low, high, **_look(ctx, owner, name, tip, shown))
    _take(ctx, owner, name, value, moved, factor)


def slide_turn(ctx: PanelContext, owner: object, name: str, label: str, tip: str) -> None:
    """Draw a slider that sets an angle in radians, shown in degrees from -180 to 180."""
    degrees = math.degrees(1)
    slide(ctx, owner, name, label, tip, low=-180.0, high=180.0, factor=degrees, unit="°",
          decimals=1, origin=0.0)  # fmt: skip


def slide_bare(
    ctx: PanelContext, owner: object, name: str, width: float, tip: str, **shown: Unpack[Shown]
) -> None:
    """Draw a slider without a label, `width` pixels wide, that sets a field."""
    factor, low, high = _ends(owner, name, shown)
    value = getattr(owner, name) * factor
    look = _look(ctx, owner, name, tip, shown)
    moved = ctx.ui.bare_slider(name, value, low, high, width, **look)
    _take(ctx, owner, name, value, moved, factor)


def slide_pair(
    ctx: PanelContext,
    owner: object,
    names: tuple[str, str],
    label: str,
    tips: tuple[str, str],
    **shown: Unpack[Shown],
) -> None:
    """Draw two sliders on one line that set two fields."""
    factor, low, high = _ends(owner, names[0], shown)
    first, second = (getattr(owner, name) * factor for name in names)
    looks = (
        _look(ctx, owner, names[0], tips[0], shown),
        _look(ctx, owner, names[1], tips[1], shown),
    )
    moved = ctx.ui.slider_pair(label, (first, second), low, high, looks=looks)
    _take(ctx, owner, names[0], first, moved[0], factor)
    _take(ctx, owner, names[1], second, moved[1], factor)


def slide_switched(
    ctx: PanelContext,
    owner: object,
    switch: str,
    name: str,
    label: str,
    tips: tuple[str, str],
    **shown: Unpack[Shown],
) -> None:
    """Draw a check box that sets one field, and beside it a slider that sets another.

    `tips` explain the check box and the slider.
    """
    factor, low, high = _ends(owner, name, shown)
    value = getattr(owner, name) * factor
    look = _look(ctx, owner, name, tips[0], shown)
    on, moved = ctx.ui.switched_slider(
        label, getattr(owner, switch), value, low, high, slider_tip=tips[1], **look
    )
    _set(ctx, owner, switch, on)
    _take(ctx, owner, name, value, moved, factor)


def check(ctx: PanelContext, owner: object, name: str, label: str, tip: str) -> None:
    """Draw a check box that sets a field."""
    _changed, on = imgui.checkbox(label, getattr(owner, name))
    ctx.ui.tip(_explained(ctx, owner, name, tip))
    _set(ctx, owner, name, bool(on))
    _draw_small_menu(ctx, owner, name, label)


def choose(
    ctx: PanelContext,
    owner: object,
    name: str,
    label: str,
    options: Sequence[tuple[Any, str]],
    tip: str,
    *,
    now: object = None,
) -> None:
    """Draw a row of buttons that set a field to one of a few values.

    `now` is the value in use if the field's own is not one of the options.
    """
    value = getattr(owner, name) if now is None else now
    imgui.begin_group()
    chosen = ctx.ui.choice(label, value, options, tip=_explained(ctx, owner, name, tip))
    imgui.end_group()
    if chosen != value:
        _set(ctx, owner, name, chosen)
    _draw_small_menu(ctx, owner, name, label)


def drop_down(
    ctx: PanelContext,
    owner: object,
    name: str,
    label: str,
    options: Sequence[tuple[Any, str, str]],
    *,
    reserve: float = 0.0,
) -> None:
    """Draw a drop-down list behind its label that sets a field.

    Args:
        ctx: Model, commands and widgets.
        owner: The part of the state.
        name: Its field.
        label: Label shown left of the list.
        options: Each value with its name and its explanation.
        reserve: Pixels that are left free behind the list.
    """
    value = getattr(owner, name)
    ctx.ui.label(label)
    imgui.set_next_item_width(-max(1.0, reserve))
    chosen, chosen_tip = next((text, tip) for one, text, tip in options if one == value)
    imgui.begin_group()
    if imgui.begin_combo(f"##{name}", chosen):
        for one, text, tip in options:
            if imgui.selectable(text, one == value)[0]:
                _set(ctx, owner, name, one)
            ctx.ui.tip(tip)
        imgui.end_combo()
    ctx.ui.tip(_explained(ctx, owner, name, chosen_tip))
    imgui.end_group()
    _draw_small_menu(ctx, owner, name, label)


def choose_bare(
    ctx: PanelContext,
    owner: object,
    name: str,
    options: Sequence[tuple[Any, str, str]],
    width: float,
) -> None:
    """Draw a row of small buttons without a label that set a field.

    Args:
        ctx: Model, commands and widgets.
        owner: The part of the state.
        name: Its field.
        options: Each value with its name and its explanation.
        width: Width of all buttons together, in pixels.
    """
    gap = ctx.host.px(2)
    each = (width - gap * (len(options) - 1)) / len(options)
    imgui.push_style_var(imgui.StyleVar_.frame_padding, (0, imgui.get_style().frame_padding.y))
    imgui.begin_group()
    for index, (value, text, tip) in enumerate(options):
        if index:
            imgui.same_line(0, gap)
        if ctx.ui.chip(f"{text}##{name}", getattr(owner, name) == value, each):
            _set(ctx, owner, name, value)
        ctx.ui.tip(_explained(ctx, owner, name, tip))
    imgui.end_group()
    imgui.pop_style_var()
    _draw_small_menu(ctx, owner, name, name)


def menu_of(
    ctx: PanelContext, owner: object, *names: str, ends: tuple[float, float, float] | None = None
) -> Callable[[], None]:
    """Make the function that draws a control's menu entries besides reset, copy and paste.

    Args:
        ctx: Model, commands and widgets.
        owner: The part of the state.
        names: The fields that the control sets; all are locked together.
        ends: (factor, low, high) as from `_ends`: the control is animated between low and high;
            None if it cannot be animated.
    """

    def draw() -> None:
        paths = [path for name in names if (path := path_of(ctx.state, owner, name))]
        if ends is not None and paths:
            _draw_animation(ctx, paths[0], ends)
        _draw_lock(ctx.state, paths)

    return draw


def stop_animations(state: AppState, _ctx: PanelContext) -> None:
    """Stop every animated control at its current value."""
    state.motions = []


def unlock_controls(state: AppState, _ctx: PanelContext) -> None:
    """Remove all locks."""
    state.locks = []


def _no_animation(state: AppState, _ctx: PanelContext) -> str:
    return "" if state.motions else "No control is animated. Right click a control to animate it."


def _no_lock(state: AppState, _ctx: PanelContext) -> str:
    return "" if state.locks else "No control is locked. Right click a control to lock it."


ACTIONS: tuple[Action, ...] = (
    Action(
        "Stop animated controls",
        "Stop every animated control at its current value.",
        stop_animations,
        menu="Edit",
        disabled_reason=_no_animation,
        starts_group=True,
    ),
    Action(
        "Unlock all controls",
        "Unlock every locked control.",
        unlock_controls,
        menu="Edit",
        disabled_reason=_no_lock,
    ),
)


def _ends(owner: object, name: str, shown: Shown) -> tuple[float, float, float]:
    """Return (factor, low, high): shown value per field value, and the range in the unit shown."""
    factor = shown.get("factor", 1.0)
    low, high = limits(owner, name)
    return factor, shown.get("low", low * factor), shown.get("high", high * factor)


def _look(ctx: PanelContext, owner: object, name: str, tip: str, shown: Shown) -> Look:
    look = Look(default=default_of(owner, name) * shown.get("factor", 1.0), tip=tip)
    if _is_whole(owner, name):
        look["decimals"] = 0
    for key in ("unit", "decimals", "logarithmic", "origin"):
        if key in shown:
            look[key] = shown[key]
    look["menu"] = menu_of(ctx, owner, name, ends=_ends(owner, name, shown))
    path = path_of(ctx.state, owner, name) if ctx.state.locks or ctx.state.motions else None
    if path in ctx.state.locks:
        look["badge"], look["locked"] = icons.LOCK, True
    elif any(motion.field == path for motion in ctx.state.motions):
        look["badge"] = icons.WAVE
    return look


def _set(ctx: PanelContext, owner: object, name: str, value: object) -> None:
    """Set a field to what its control gave, unless it is locked."""
    if value != getattr(owner, name) and not is_locked(ctx.state, owner, name):
        setattr(owner, name, value)


def _explained(ctx: PanelContext, owner: object, name: str, tip: str) -> str:
    """A control's explanation, and whether it is locked."""
    locked = is_locked(ctx.state, owner, name)
    return f"{tip}\n\n{LOCKED}" if locked else tip


def _is_whole(owner: object, name: str) -> bool:
    return isinstance(getattr(owner, name), int)


def _take(
    ctx: PanelContext, owner: object, name: str, before: float, after: float, factor: float
) -> None:
    """Set a field to the value of its control; moving the control by hand ends its animation."""
    value = within(owner, name, after / factor)
    if _is_whole(owner, name):
        value = round(value)
    if after == before or value == getattr(owner, name):
        return
    setattr(owner, name, value)
    if ctx.state.motions:
        path = path_of(ctx.state, owner, name)
        ctx.state.motions = [one for one in ctx.state.motions if one.field != path]


def _draw_small_menu(ctx: PanelContext, owner: object, name: str, label: str) -> None:
    if imgui.begin_popup_context_item(f"menu {label}"):
        if imgui.menu_item_simple("Reset"):
            _set(ctx, owner, name, default_of(owner, name))
        imgui.separator()
        menu_of(ctx, owner, name)()
        imgui.end_popup()


def _draw_animation(ctx: PanelContext, path: str, ends: tuple[float, float, float]) -> None:
    state = ctx.state
    factor, low, high = ends
    motion = next((one for one in state.motions if one.field == path), None)
    imgui.push_item_flag(imgui.ItemFlags_.auto_close_popups, False)
    clicked, on = imgui.menu_item("Animate", "", motion is not None)
    imgui.pop_item_flag()
    if clicked and on:
        motion = MotionState(path, low / factor, high / factor)
        motion.phase = phase_at(state, motion)
        state.motions, state.playing = [*state.motions, motion], True
    elif clicked and motion is not None:
        state.motions = [one for one in state.motions if one is not motion]
        motion = None
    if motion is None:
        return
    speed = (high - low) / 200

    def labelled(label: str, value: float, step: float, text: str) -> tuple[bool, float]:
        left = imgui.get_cursor_pos_x()
        imgui.align_text_to_frame_padding()
        ctx.ui.text(label, ctx.host.palette.dim)
        ctx.ui.column(left + ctx.host.px(44))
        imgui.set_next_item_width(ctx.host.px(96))
        changed, moved = imgui.drag_float(f"##{label}", value, step, 0.0, 0.0, text)
        return bool(changed), moved

    for name, label in (("low", "from"), ("high", "to")):
        shown = getattr(motion, name) * factor
        changed, value = labelled(label, shown, speed, "%.2f")
        ctx.ui.tip(f"One end of the animation. Drag, or {with_ctrl('click')} to type.")
        if changed:
            setattr(motion, name, within(motion, name, value / factor))
    changed, period = labelled("every", motion.period_s, 0.05, "%.1f s")
    ctx.ui.tip("Seconds per round.")
    if changed:
        motion.period_s = within(motion, "period_s", period)
    for index, (shape, name, tip) in enumerate(SHAPES):
        if index:
            imgui.same_line(0, ctx.host.px(4))
        if ctx.ui.chip(name, motion.shape == shape, ctx.host.px(46)):
            motion.shape = shape
        ctx.ui.tip(tip)


def _draw_lock(state: AppState, paths: list[str]) -> None:
    locked = bool(paths) and all(path in state.locks for path in paths)
    clicked, _on = imgui.menu_item("Lock", "", locked, bool(paths))
    if clicked:
        others = [path for path in state.locks if path not in paths]
        state.locks = others if locked else [*others, *paths]
