"""The Help menu."""

from __future__ import annotations

from imgui_bundle import imgui

from viz.panels.common.actions import Action, Chord

K = imgui.Key


ACTIONS: tuple[Action, ...] = (
    Action(
        "Command palette",
        "Find any command by its name.",
        lambda _s, ctx: ctx.commands.window.show_palette(),
        menu="Help",
        keys=(Chord(K.k, "K", ctrl=True),),
    ),
    Action(
        "Keys and gestures",
        "List all keys and gestures.",
        lambda _s, ctx: ctx.commands.window.show_keys(),
        menu="Help",
        keys=(Chord(K.f1, "F1"),),
    ),
)
