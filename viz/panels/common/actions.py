"""Actions: commands that can be run from a menu, by a key or by name.

Panels and menus export their own actions as `ACTIONS`; `viz.panels.window.all_actions` joins them.
The menus, the shortcuts, the command palette and the list of keys are built from that table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imgui_bundle import imgui

from gui_utils.keyboard_focus import dialog_has_focus
from gui_utils.keys import with_ctrl
from viz.panels.common.context import PanelContext
from viz.state.app_state import AppState

FUNCTION_KEYS = frozenset(getattr(imgui.Key, f"f{number}") for number in range(1, 13))
Run = Callable[[AppState, PanelContext], object]
"""Function of an action; its return value is ignored."""


@dataclass(frozen=True)
class Chord:
    """A key with its modifiers."""

    key: imgui.Key
    text: str
    """Name of the key as shown to the user, without the modifiers."""
    ctrl: bool = False
    shift: bool = False
    repeats: bool = False
    """True if holding the key down repeats the action."""

    def __str__(self) -> str:
        if self.ctrl:
            return with_ctrl(self.text, shift=self.shift)
        return "Shift+" * self.shift + self.text

    @property
    def is_plain(self) -> bool:
        """True for a key that only writes or moves where text or menus have the keyboard."""
        return not self.ctrl and self.key not in FUNCTION_KEYS

    def is_pressed(self, io: imgui.IO) -> bool:
        """Return True if it was pressed in this frame, with exactly these modifiers."""
        if io.key_ctrl != self.ctrl or io.key_shift != self.shift:
            return False
        return bool(imgui.is_key_pressed(self.key, self.repeats))


def no_picture_reason(_state: AppState, ctx: PanelContext) -> str:
    """Return the reason why an action that needs a picture is disabled; empty if there is one."""
    return "" if ctx.model.result is not None else "There is no picture yet."


def _no_reason(_state: AppState, _ctx: PanelContext) -> str:
    return ""


@dataclass(frozen=True)
class Action:
    """A command with its name, its tooltip, its place in the menus and its keys."""

    name: str
    """Name in menus and palette; unique."""
    does: str
    """One sentence for the tooltip."""
    run: Run
    menu: str = ""
    """Menu that contains it; empty if it is only in the palette and on keys."""
    keys: tuple[Chord, ...] = ()
    disabled_reason: Callable[[AppState, PanelContext], str] = _no_reason
    """Returns the reason why it cannot be run now; empty if it can."""
    keys_when: Callable[[AppState], bool] | None = None
    """Returns True while its keys are active; None for always."""
    is_on: Callable[[AppState], bool] | None = None
    """Returns the current value of a switch; None for other actions."""
    starts_group: bool = False
    """True if a line separates it from the entry above it in its menu."""

    @property
    def key_text(self) -> str:
        """First shortcut as shown to the user, or empty."""
        return str(self.keys[0]) if self.keys else ""


def go_to(panel: str, *keys: Chord) -> Action:
    """Make the action that brings a panel to the front."""
    return Action(
        f"Go to {panel}",
        f"Bring {panel} to the front.",
        lambda _state, _ctx: imgui.set_window_focus(panel),
        keys=keys,
    )


def switch(
    name: str,
    does: str,
    part: Callable[[AppState], Any],
    field: str,
    *,
    menu: str = "",
    keys: tuple[Chord, ...] = (),
    disabled_reason: Callable[[AppState, PanelContext], str] = _no_reason,
    starts_group: bool = False,
) -> Action:
    """Make the action that switches a boolean field of a part of the state."""

    def toggle(state: AppState, _ctx: PanelContext) -> None:
        setattr(part(state), field, not getattr(part(state), field))

    return Action(
        name,
        does,
        toggle,
        menu=menu,
        keys=keys,
        disabled_reason=disabled_reason,
        is_on=lambda state: bool(getattr(part(state), field)),
        starts_group=starts_group,
    )


def draw_menu(
    menu: str,
    actions: Iterable[Action],
    state: AppState,
    ctx: PanelContext,
    *,
    after: Mapping[str, Callable[[PanelContext], None]] | None = None,
) -> None:
    """Draw the entries of a menu; called inside `begin_menu`.

    Args:
        menu: Name of the menu.
        actions: All actions.
        state: The whole state.
        ctx: Model, commands and widgets.
        after: Functions that draw more below the entries of these names.
    """
    for action in actions:
        if action.menu != menu:
            continue
        if action.starts_group:
            imgui.separator()
        if draw_entry(action, state, ctx):
            action.run(state, ctx)
        if after is not None and action.name in after:
            after[action.name](ctx)


def draw_entry(action: Action, state: AppState, ctx: PanelContext) -> bool:
    """Draw an action as an entry of a menu; return whether it was chosen."""
    reason = action.disabled_reason(state, ctx)
    is_on = action.is_on(state) if action.is_on is not None else False
    chosen = imgui.menu_item(action.name, action.key_text, is_on, not reason)[0]
    ctx.ui.tip(reason or action.does, even_disabled=True)
    return bool(chosen)


def press_keys(actions: Iterable[Action], state: AppState, ctx: PanelContext) -> None:
    """Run the actions whose keys were pressed in this frame.

    While text is typed or a menu is open there are none; in front of the panels, in a dialog, no
    letters; and while the focus is shown, arrows and Space move and press it, with Shift where what
    has it knows them.
    """
    io, focus = imgui.get_io(), ctx.host.focus
    if io.want_text_input or focus.popup_was_open:
        return
    in_dialog = dialog_has_focus()
    for action in actions:
        if action.keys_when is not None and not action.keys_when(state):
            continue
        if any(
            chord.is_pressed(io)
            and not (chord.is_plain and (in_dialog or focus.takes(chord.key, shift=chord.shift)))
            for chord in action.keys
        ):
            reason = action.disabled_reason(state, ctx)
            if reason:
                ctx.model.status.show(reason, about="refused")
            else:
                action.run(state, ctx)


ALSO = {
    "animate": "move",
    "checkpoint": "network",
    "compare": "differ",
    "delete": "close",
    "dpi": "text",
    "exit": "quit",
    "export": "save",
    "fft": "spectrum",
    "font": "text",
    "frequency": "spectrum",
    "gif": "record",
    "hotkeys": "keys",
    "image": "picture",
    "interpolate": "travel",
    "load": "open",
    "model": "network",
    "movie": "film",
    "png": "pictures",
    "psnr": "equivariance",
    "remove": "close",
    "revert": "undo",
    "rotate": "spin",
    "screenshot": "pictures",
    "shortcuts": "keys",
    "stop": "pause",
    "tile": "atlas",
    "translate": "shift",
    "truncate": "truncation",
    "video": "film",
    "walk": "drift",
    "zoom": "size",
}
"""Words that other programs use, and the words used here instead."""


def search(query: str, actions: Sequence[Action]) -> list[Action]:
    """Find the actions that contain every word of the query; names that begin with it come first.

    A word that begins a key of `ALSO` also matches the words listed there.

    Args:
        query: Words in any order and case, each possibly incomplete; empty finds all.
        actions: Actions to search.
    """
    words = query.lower().split()
    meant = [
        (
            word,
            *(ours for theirs, ours in ALSO.items() if len(word) > 2 and theirs.startswith(word)),
        )
        for word in words
    ]

    def rank(action: Action) -> int | None:
        name = action.name.lower()
        everything = f"{name} {action.menu} {action.does} {action.key_text}".lower()
        if not all(any(one in everything for one in options) for options in meant):
            return None
        if name.startswith(" ".join(words)):
            return 0
        if all(word in name for word in words):
            return 1
        return 2 if all(any(one in name for one in options) for options in meant) else 3

    ranked = [(place, action) for action in actions if (place := rank(action)) is not None]
    return [action for _place, action in sorted(ranked, key=lambda pair: pair[0])]
