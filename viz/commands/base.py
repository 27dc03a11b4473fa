"""What all orders of the window share: the state, the networks on the stage, the status line."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from gui_utils.widgets import Widgets
from viz.panels.common.context import PanelContext
from viz.state.inputs import MAX_NETWORKS, NetworkSlot
from viz.storage import bundled
from viz.storage.preferences import RECENT_COUNT

if TYPE_CHECKING:
    from gui_utils.host import GuiHost
    from viz.panels.window.workspace import Workspace
    from viz.state.app_state import AppState
    from viz.storage.session import Session

log = logging.getLogger(__name__)


class Orders:
    """What every group of orders is made of.

    Args:
        state: The state to start with; the newest is always `ctx.state`.
        host: The window's Dear ImGui.
        workspace: The panels.
    """

    def __init__(self, state: AppState, host: GuiHost, workspace: Workspace) -> None:
        # Panels are given all the orders, of which this is the part that the others build on.
        self.ctx = PanelContext(state, host, Widgets(host), commands=self)  # type: ignore[arg-type]
        self._workspace = workspace
        self._window = host.window

    @property
    def recent(self) -> list[str]:
        """Networks and sessions opened lately, newest first."""
        return self._workspace.networks.recent

    def _remember(self, source: str) -> None:
        recent = self.recent
        if source in recent:
            recent.remove(source)
        recent.insert(0, source)
        del recent[RECENT_COUNT:]

    def open_network(self, source: str, slot: int | None) -> None:
        """Show a network in `slot`, or beside the others if None (the last, when it is full)."""
        networks = self.ctx.state.networks
        if slot is None and len(networks) >= MAX_NETWORKS:
            slot = len(networks) - 1
        if slot is None:
            networks.append(NetworkSlot(source))
        else:
            networks[slot] = NetworkSlot(source, frozen=networks[slot].frozen)
        if not source.startswith(bundled.PREFIX):
            self._remember(source)
        self.say(f"Opening {bundled.label(source)}.")

    def go_to(self, session: Session, name: str) -> None:
        """Take a session's state over; the look stays.

        Args:
            session: Where to go.
            name: What the status bar calls it.
        """
        session.state.view.theme = self.ctx.state.view.theme
        session.state.view.ui_scale = self.ctx.state.view.ui_scale
        self.ctx.state = session.state
        self.say("; ".join(session.messages) or f"Opened {name}.")

    def say(self, message: str) -> None:
        """Put a line into the status bar."""
        self._workspace.status.message, self._workspace.status.is_error = message, False
        self._window.request_frames()

    def complain(self, message: str) -> None:
        """Put an error into the status bar; it stays until something works again."""
        log.info("told: %s", message)
        self._workspace.status.message, self._workspace.status.is_error = message, True
        self._window.request_frames()
