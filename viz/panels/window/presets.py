"""The Presets menu, and the window that names a new preset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.floating import floating_window, is_dismissed
from viz.panels.common.actions import Action, Run
from viz.storage.presets import BUILT_IN, why_unfit

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext

MENU = "Presets"
WIDTH = 400


def preset_actions(ctx: PanelContext) -> list[Action]:
    """Make an action for every preset, for the menu and the palette."""

    def opening(name: str) -> Run:
        return lambda _state, given: given.commands.presets.open(name)

    fixed = [Action(one.name, one.does, opening(one.name), menu=MENU) for one in BUILT_IN]
    own = [
        Action(
            name,
            "Your own preset: restores all settings as you saved them.",
            opening(name),
            menu=MENU,
            starts_group=not index,
        )
        for index, name in enumerate(ctx.commands.presets.own)
    ]
    saving = Action(
        "Save as preset …",
        "Save all settings under a name of your choice.",
        lambda _state, given: given.commands.presets.ask_for_name(),
        menu=MENU,
        starts_group=True,
    )
    return [*fixed, *own, saving]


def draw_removal(ctx: PanelContext) -> None:
    """Draw the submenu that deletes the user's own presets; nothing while there are none."""
    names = ctx.commands.presets.own
    if names and imgui.begin_menu("Remove"):
        for name in names:
            if imgui.menu_item_simple(name):
                ctx.commands.presets.remove(name)
        imgui.end_menu()


class PresetNaming:
    """A window that asks for the name of a new preset, hidden until `open` is called."""

    def __init__(self) -> None:
        self.is_open = False
        self._name = ""
        self._appearing = False

    def open(self) -> None:
        """Show the window with an empty name."""
        self.is_open = self._appearing = True
        self._name = ""

    def draw(self, ctx: PanelContext) -> None:
        """Draw the window if it is open, and save the preset once it is named."""
        if not self.is_open:
            return
        window = floating_window(
            ctx.host,
            "Save as preset",
            (WIDTH, 0),
            (0.9, 0.85),
            to_front=self._appearing,
            fixed=True,
        )
        with window as (shown, self.is_open):
            if shown:
                self._draw_content(ctx)
            if is_dismissed(ctx.host):
                self.is_open = False

    def _draw_content(self, ctx: PanelContext) -> None:
        ctx.ui.dim("Saves all current settings, so that you can start from them again.")
        imgui.spacing()
        if self._appearing:
            ctx.host.give_keyboard()
            self._appearing = False
        imgui.set_next_item_width(imgui.get_content_region_avail().x)
        entered, self._name = imgui.input_text_with_hint(
            "##name", "Name", self._name, imgui.InputTextFlags_.enter_returns_true
        )
        why = why_unfit(self._name)
        replaces = self._name in ctx.commands.presets.own
        note = "Replaces the preset of that name." if replaces else ""
        ctx.ui.dim((f"{why[0].upper()}{why[1:]}." if why and self._name else note) or " ")
        width = ctx.host.px(96)
        right = imgui.get_cursor_pos_x() + imgui.get_content_region_avail().x
        imgui.set_cursor_pos_x(right - 2 * width - ctx.host.px(8))
        if imgui.button("Cancel", (width, 0)):
            self.is_open = False
        imgui.same_line(0, ctx.host.px(8))
        with ctx.ui.disabled(why and f"{why[0].upper()}{why[1:]}."):
            pressed = imgui.button("Save", (width, 0))
        if (pressed or entered) and not why:
            ctx.commands.presets.save(self._name)
            self.is_open = False
