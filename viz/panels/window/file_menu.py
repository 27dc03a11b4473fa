"""The File menu."""

from __future__ import annotations

from imgui_bundle import imgui

from viz.panels.common.actions import Action, Chord, no_picture_reason

K = imgui.Key


ACTIONS: tuple[Action, ...] = (
    Action(
        "Open …",
        "Open a network, a session, or a picture that contains a session.",
        lambda _s, ctx: ctx.commands.files.choose(None),
        menu="File",
        keys=(Chord(K.o, "O", ctrl=True),),
    ),
    Action(
        "Save session",
        "Save all settings to a file under out/.",
        lambda _s, ctx: ctx.commands.export.session(),
        menu="File",
        keys=(Chord(K.s, "S", ctrl=True),),
    ),
    Action(
        "Save pictures",
        "Save the pictures on the stage, pixel for pixel, to a PNG under out/ that contains the "
        "session.",
        lambda _s, ctx: ctx.commands.export.still(),
        menu="File",
        keys=(Chord(K.p, "P"),),
        disabled_reason=no_picture_reason,
    ),
    Action(
        "Save wallpapers",
        "The plane of each network on the stage, at the screen's size and pixel for pixel, where "
        "the atlas is; to PNGs under out/ that carry the session.",
        lambda _s, ctx: ctx.commands.export.wallpapers(),
        menu="File",
        disabled_reason=no_picture_reason,
    ),
    Action(
        "Export latents",
        "Save z, w and all settings to a NumPy archive under out/; opening it restores them.",
        lambda _s, ctx: ctx.commands.export.latents(),
        menu="File",
        disabled_reason=no_picture_reason,
    ),
    Action(
        "Open settings folder",
        "Open the folder of preferences, layout, autosaves and your own starting points.",
        lambda _s, ctx: ctx.commands.window.open_folder("settings"),
        menu="File",
        starts_group=True,
    ),
    Action(
        "Open log folder",
        "Open the folder with the logs of window and worker.",
        lambda _s, ctx: ctx.commands.window.open_folder("logs"),
        menu="File",
    ),
    Action(
        "Open cache folder",
        "Open the folder of compiled kernels and downloaded networks.",
        lambda _s, ctx: ctx.commands.window.open_folder("caches"),
        menu="File",
    ),
    Action(
        "Quit",
        "Quit the program.",
        lambda _s, ctx: ctx.commands.window.quit(),
        menu="File",
        keys=(Chord(K.q, "Q", ctrl=True),),
        starts_group=True,
    ),
)
