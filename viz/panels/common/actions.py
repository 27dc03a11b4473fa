"""Orders one can give by menu, key or name: what an action is, and how it is called.

Panels and menus export their own as `ACTIONS`; `viz.panels.window.all_actions` joins them. Menus,
keys, palette and the list of keys are made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imgui_bundle import imgui

from viz.panels.common.context import PanelContext
from viz.state.app_state import AppState

Run = Callable[[AppState, PanelContext], object]
"""What an action does; what it returns is not used."""


@dataclass(frozen=True)
class Chord:
    """A key with what is held beside it."""

    key: imgui.Key
    text: str
    """The key's name for people, without the modifiers."""
    ctrl: bool = False
    shift: bool = False
    repeats: bool = False
    """Whether holding it down goes on."""

    def __str__(self) -> str:
        return "Ctrl+" * self.ctrl + "Shift+" * self.shift + self.text

    def is_pressed(self, io: imgui.IO) -> bool:
        """Whether it has been pressed in this frame, with these modifiers and no others."""
        if io.key_ctrl != self.ctrl or io.key_shift != self.shift:
            return False
        return bool(imgui.is_key_pressed(self.key, self.repeats))


def without_picture(_state: AppState, ctx: PanelContext) -> str:
    """Why what needs a picture cannot be done; empty once there is one."""
    return "" if ctx.model.result is not None else "There is no picture yet."


def _never(_state: AppState, _ctx: PanelContext) -> str:
    return ""


@dataclass(frozen=True)
class Action:
    """Something that can be ordered."""

    name: str
    """As menus and palette show it; unique."""
    does: str
    """One sentence for the tooltip."""
    run: Run
    menu: str = ""
    """The menu it is in; empty: found by palette and keys only."""
    keys: tuple[Chord, ...] = ()
    hidden_because: Callable[[AppState, PanelContext], str] = _never
    """Why it cannot be done now; empty when it can."""
    keys_when: Callable[[AppState], bool] | None = None
    """When its keys mean it; None: always."""
    is_on: Callable[[AppState], bool] | None = None
    """For switches: whether it is on."""
    starts_group: bool = False
    """Whether a line separates it from what stands above it in its menu."""

    @property
    def key_text(self) -> str:
        """Its first key for people, or nothing."""
        return str(self.keys[0]) if self.keys else ""


def go_to(panel: str, *keys: Chord) -> Action:
    """The action that brings a panel's window to the front."""
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
    hidden_because: Callable[[AppState, PanelContext], str] = _never,
    starts_group: bool = False,
) -> Action:
    """The action that turns a field of a part of the state on, or off again."""

    def toggle(state: AppState, _ctx: PanelContext) -> None:
        setattr(part(state), field, not getattr(part(state), field))

    return Action(
        name,
        does,
        toggle,
        menu=menu,
        keys=keys,
        hidden_because=hidden_because,
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
    """The entries of a menu, inside `begin_menu`.

    Args:
        menu: Which one.
        actions: All there are.
        state: Everything that is set.
        ctx: The rest.
        after: What else is drawn below the entries of these names.
    """
    for action in actions:
        if action.menu != menu:
            continue
        if action.starts_group:
            imgui.separator()
        because = action.hidden_because(state, ctx)
        is_on = action.is_on(state) if action.is_on is not None else False
        if imgui.menu_item(action.name, action.key_text, is_on, not because)[0]:
            action.run(state, ctx)
        ctx.ui.tip(because or action.does, even_disabled=True)
        if after is not None and action.name in after:
            after[action.name](ctx)


def press_keys(actions: Iterable[Action], state: AppState, ctx: PanelContext) -> None:
    """Run what the keys pressed in this frame ask for, unless they are being typed somewhere."""
    io = imgui.get_io()
    if io.want_text_input:
        return
    for action in actions:
        if action.keys_when is not None and not action.keys_when(state):
            continue
        if any(chord.is_pressed(io) for chord in action.keys):
            because = action.hidden_because(state, ctx)
            if because:
                ctx.model.status.show(because)
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
"""Words of other programs, and what the commands here say in their place."""


def search(query: str, actions: Sequence[Action]) -> list[Action]:
    """The actions in which every word of the query occurs, those whose name begins with it first.

    A word that begins one of `ALSO` is met by what stands there, too.

    Args:
        query: Words in any order and case, each possibly unfinished; empty finds all.
        actions: Where to look.
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
