"""The one question the program asks: whether a session from elsewhere may open its networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.theme import vec4
from viz.storage.session import Session

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext

WIDTH = 480


@dataclass(frozen=True)
class Asked:
    """A session that waits for an answer."""

    name: str
    sources: tuple[str, ...]
    """The networks in question."""
    session: Session


class Question:
    """Hidden until `ask` is called."""

    def __init__(self) -> None:
        self._asked: Asked | None = None

    @property
    def is_open(self) -> bool:
        """Whether an answer is waited for."""
        return self._asked is not None

    def ask(self, name: str, sources: tuple[str, ...], session: Session) -> None:
        """Show which networks a session wants to read."""
        self._asked = Asked(name, sources, session)

    def draw(self, ctx: PanelContext) -> tuple[Asked, bool] | None:
        """Draw it if it is open.

        Returns:
            What was asked and whether it is allowed, in the frame of the answer. Escape gives up
            the whole session.
        """
        asked, host = self._asked, ctx.host
        if asked is None:
            return None
        imgui.set_next_window_pos(
            imgui.get_main_viewport().get_center(), imgui.Cond_.always, (0.5, 0.5)
        )
        imgui.set_next_window_size((host.px(WIDTH), 0), imgui.Cond_.always)
        flags = (
            imgui.WindowFlags_.no_docking
            | imgui.WindowFlags_.no_saved_settings
            | imgui.WindowFlags_.no_collapse
            | imgui.WindowFlags_.no_resize
        )
        imgui.push_style_color(imgui.Col_.window_bg, vec4(host.palette.popup))
        imgui.push_style_var(imgui.StyleVar_.window_border_size, 1.0)
        answer: tuple[Asked, bool] | None = None
        if imgui.begin("Networks from elsewhere", None, flags)[0]:
            ctx.ui.dim(f"{asked.name} wants to read files that are not in its own folder:")
            for source in asked.sources:
                imgui.text_wrapped(source)
            imgui.spacing()
            if imgui.button("Open them"):
                answer = asked, True
            ctx.ui.tip("Reading a network executes nothing from it.")
            imgui.same_line()
            if imgui.button("Leave them out"):
                answer = asked, False
            ctx.ui.tip("Take over everything else from the session.")
        imgui.end()
        imgui.pop_style_var()
        imgui.pop_style_color()
        if answer is not None or imgui.is_key_pressed(imgui.Key.escape):
            self._asked = None
        return answer
