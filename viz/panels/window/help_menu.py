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
        "Menu bar",
        "Go to the menus with the keyboard.",
        lambda _s, ctx: ctx.host.focus.go_to_menu_bar(),
        keys=(Chord(K.f10, "F10"),),
    ),
    Action(
        "Keys and gestures",
        "List all keys and gestures.",
        lambda _s, ctx: ctx.commands.window.show_keys(),
        menu="Help",
        keys=(Chord(K.f1, "F1"),),
    ),
    Action(
        "Tour",
        "Be shown around in two minutes: what to drag, what to see, where to look further.",
        lambda _s, ctx: ctx.commands.window.begin_tour(),
        menu="Help",
        starts_group=True,
    ),
    Action(
        "Guide",
        "Open the guide, ten minutes of exploring.",
        lambda _s, ctx: ctx.commands.window.open_guide(),
        menu="Help",
    ),
    Action(
        "About",
        "Show the versions and licences of the program and of what it stands on.",
        lambda _s, ctx: ctx.commands.window.show_about(),
        menu="Help",
    ),
)
