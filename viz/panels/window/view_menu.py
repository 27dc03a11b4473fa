"""The View menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from viz.panels.atlas.panel import go_to_origin
from viz.panels.common import layout
from viz.panels.common.actions import Action, Chord, Run, go_to, no_picture_reason, switch
from viz.panels.common.context import PanelContext, within
from viz.state.inputs import CanvasState
from viz.state.ranges import limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from viz.state.app_state import AppState, Show

K = imgui.Key
SIZE_MENU = "Size of text and controls"
SCALES = (0.75, 1.0, 1.25, 1.5, 2.0)


def _needs_two(state: AppState, _ctx: PanelContext) -> str:
    return "" if len(state.networks) > 1 else "This needs two networks; add one first."


def _show(show: Show) -> Run:
    def run(state: AppState, ctx: PanelContext) -> None:
        state.view.show = "side" if state.view.show == show else show

    return run


def _no_atlas(state: AppState, _ctx: PanelContext) -> str:
    return "" if state.view.show == "atlas" else "The atlas is not shown: press A."


def _set_scale(scale: float) -> Run:
    return lambda state, _ctx: setattr(state.view, "ui_scale", scale)


def _is_scale(scale: float) -> Callable[[AppState], bool]:
    return lambda state: state.view.ui_scale == scale


def _fit(state: AppState, ctx: PanelContext) -> None:
    if state.view.show == "atlas":
        go_to_origin(state, ctx)
        return
    state.view.zoom, state.view.pan_x, state.view.pan_y = 1.0, 0.0, 0.0


def _set_theme(state: AppState, ctx: PanelContext) -> None:
    state.view.theme = "light" if state.view.theme == "dark" else "dark"


def _freeze(state: AppState, ctx: PanelContext) -> None:
    ctx.commands.window.freeze_pictures()
    state.view.show, state.view.against = "difference", -1


def _grow(by: int) -> Run:
    def run(state: AppState, _ctx: PanelContext) -> None:
        extent = within(state.canvas, "extent", state.canvas.extent + by)
        state.canvas.extent = round(extent)

    return run


def _resizing_disabled_reason(by: int) -> Callable[[AppState, PanelContext], str]:
    limit = limits(CanvasState, "extent")[by > 0]
    word = "largest" if by > 0 else "smallest"

    def why(state: AppState, _ctx: PanelContext) -> str:
        return f"This is the {word} canvas." if state.canvas.extent == limit else ""

    return why


ACTIONS: tuple[Action, ...] = (
    Action(
        "Difference",
        "Show the difference of two pictures beside them, in dB.",
        _show("difference"),
        menu="View",
        keys=(Chord(K.d, "D"),),
        is_on=lambda state: state.view.show == "difference",
    ),
    Action(
        "Split slider",
        "Show two pictures in one place with a movable divider.",
        _show("split"),
        menu="View",
        keys=(Chord(K.x, "X"),),
        disabled_reason=_needs_two,
        is_on=lambda state: state.view.show == "split",
    ),
    Action(
        "Atlas",
        "Show the unbounded plane that each network draws, and move it like a map.",
        _show("atlas"),
        menu="View",
        keys=(Chord(K.a, "A"),),
        is_on=lambda state: state.view.show == "atlas",
    ),
    Action(
        "Back to the origin",
        "Move the atlas to where the trained picture is.",
        go_to_origin,
        keys=(Chord(K.home, "Home"),),
        disabled_reason=_no_atlas,
    ),
    switch(
        "Seams of the atlas",
        "Colour the borders of its tiles by how well they join.",
        lambda state: state.atlas,
        "seams",
        disabled_reason=_no_atlas,
    ),
    Action(
        "Freeze and compare",
        "Keep the pictures as they are now, and show how much new ones differ from them.",
        _freeze,
        menu="View",
        keys=(Chord(K.h, "H"),),
        disabled_reason=no_picture_reason,
    ),
    switch(
        "Untransform",
        "Show the pictures with their transform undone: whatever follows exactly stands still.",
        lambda state: state.view,
        "untransform",
        menu="View",
        keys=(Chord(K.u, "U"),),
        starts_group=True,
    ),
    switch(
        "Magnifier",
        "Show the pixels around the pointer enlarged, in every picture.",
        lambda state: state.view,
        "magnifier",
        menu="View",
        keys=(Chord(K.m, "M"),),
    ),
    switch(
        "Pixels as squares",
        "Show every pixel as a square; otherwise pictures are smooth until you look closely, from "
        "12× on.",
        lambda state: state.view,
        "squares",
        menu="View",
        keys=(Chord(K.q, "Q"),),
    ),
    Action(
        "Fit pictures",
        "Show whole pictures, as large as possible; in the atlas, go back to the origin.",
        _fit,
        menu="View",
    ),
    *(
        Action(
            name,
            does,
            _grow(by),
            menu="View",
            keys=(Chord(key, text), Chord(keypad, f"keypad {text}")),
            disabled_reason=_resizing_disabled_reason(by),
        )
        for name, does, by, key, keypad, text in (
            (
                "Larger canvas",
                "Draw more of the plane around the picture in one pass.",
                1,
                K.equal,
                K.keypad_add,
                "+",
            ),
            (
                "Smaller canvas",
                "Draw less of the plane around the picture, down to the picture alone.",
                -1,
                K.minus,
                K.keypad_subtract,
                "-",
            ),
        )
    ),
    Action(
        "Full screen",
        "Switch between fullscreen and window.",
        lambda _s, ctx: ctx.commands.window.toggle_fullscreen(),
        menu="View",
        keys=(Chord(K.f, "F"),),
        starts_group=True,
    ),
    Action(
        "Light theme",
        "Switch between the light and the dark theme.",
        _set_theme,
        menu="View",
        is_on=lambda state: state.view.theme == "light",
    ),
    switch(
        "Reduced motion",
        "Start the program without drift.",
        lambda state: state.view,
        "reduced_motion",
        menu="View",
    ),
    *(
        Action(
            f"Text and controls at {scale:.0%}",
            "Size of text and controls, on top of the display's own scale.",
            _set_scale(scale),
            menu=SIZE_MENU,
            is_on=_is_scale(scale),
        )
        for scale in SCALES
    ),
    go_to(layout.INPUTS),
    Action(
        "Reset layout",
        "Move every panel back to its default place.",
        lambda _s, ctx: ctx.commands.window.reset_layout(),
        menu="View",
    ),
)
