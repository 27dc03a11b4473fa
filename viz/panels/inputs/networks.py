"""The list of loaded networks: choose a bundled one, open a file, drop a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.keys import with_ctrl
from gui_utils.labels import shortened
from viz.model.comparison import FROZEN, compared
from viz.panels.common.controls import choose
from viz.panels.inputs.network_actions import lock, unlock
from viz.panels.inputs.network_card import draw_card
from viz.protocol.names import LETTERS
from viz.state.inputs import MAX_NETWORKS, NetworkSlot
from viz.storage import average_sources, bundled, session_files
from viz.storage.sources import NETWORK_SUFFIXES

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.state.app_state import Show


class NetworkPanel:
    """The networks on the stage, and a button that adds more."""

    title = "Networks"

    def draw(self, networks: list[NetworkSlot], ctx: PanelContext) -> None:
        """Draw one line for each network, and the button that adds one."""
        for slot in range(len(networks)):
            if slot >= len(ctx.state.networks):
                break  # one before has just been closed
            imgui.push_id(slot)
            self._draw_line(slot, ctx)
            imgui.pop_id()
        full = len(networks) >= MAX_NETWORKS
        reason = f"{MAX_NETWORKS} networks at most; close one first." if full else ""
        with ctx.ui.disabled(reason):
            if imgui.button(f"{icons.PLUS}  Add network", (imgui.get_content_region_avail().x, 0)):
                imgui.open_popup("add network")
            ctx.ui.tip(
                "Show another network beside the others, locked to them. A file dropped on the "
                "window does the same."
            )
        if imgui.begin_popup("add network"):
            self.draw_choices(None, ctx)
            imgui.end_popup()
        self._draw_comparison(ctx)

    def _draw_comparison(self, ctx: PanelContext) -> None:
        """Draw the controls that choose how pictures are compared, and with which network."""
        state, view = ctx.state, ctx.state.view
        shows: tuple[tuple[Show, str], ...] = (
            ("side", "Side"),
            ("split", "Split"),
            ("difference", "Diff"),
            ("atlas", "Atlas"),
        )
        tip = (
            "Side by side; two in one place with a divider (X); with their difference (D); or "
            "parts of an unbounded plane (A)."
        )
        choose(ctx, view, "show", "Show", shows, tip)
        self._draw_tools(ctx)
        if view.show not in ("split", "difference"):
            return
        first, other = compared(state)
        others = [slot for slot in range(len(state.networks)) if slot != first]
        options = [(slot, LETTERS[slot]) for slot in others]
        if view.show == "difference":
            options.append((FROZEN, "Frozen"))
        if not options:
            return
        tip = f"What {LETTERS[first]} is compared with; H freezes the pictures as they are."
        choose(ctx, view, "against", "With", options, tip, now=other)

    def _draw_tools(self, ctx: PanelContext) -> None:
        """Draw the controls that choose what the hand does on the pictures."""
        drags = ctx.state.dragging.on
        tools = ((False, "Move"), (True, "Drag points"))
        tip = (
            "What the hand does on the pictures: move the input; or set handles and targets, to "
            "which what lies at the handles is dragged (Shift+D)."
        )
        if ctx.ui.choice("Hand", drags, tools, tip=tip) != drags:
            ctx.commands.dragging.switch()

    def draw_choices(self, slot: int | None, ctx: PanelContext) -> None:
        """Draw menu entries for all networks that can be shown in a slot (None: a new slot)."""
        shown = [network.source for network in ctx.state.networks]
        current = shown[slot] if slot is not None else None
        for source in bundled.sources():
            if imgui.menu_item(bundled.label(source), "", source == current)[0]:
                ctx.commands.networks.open(source, slot)
        recent = [
            one for one in ctx.model.recent if not one.lower().endswith(session_files.SUFFIXES)
        ]
        if recent:
            imgui.separator()
            for source in recent:
                if imgui.menu_item(bundled.label(source), "", source == current)[0]:
                    ctx.commands.networks.open(source, slot)
                ctx.ui.tip(source)
        imgui.separator()
        if slot is not None and _is_run(ctx.state.networks[slot].source):
            if imgui.menu_item_simple("Best snapshot of this run"):
                ctx.commands.networks.open_best(slot)
            ctx.ui.tip("Show the snapshot with the best score, even if newer ones appear.")
        if imgui.menu_item_simple("Open file …", with_ctrl("O")):
            ctx.commands.files.choose(slot)
        if imgui.menu_item_simple("Published networks …"):
            ctx.commands.library.show(slot)
        ctx.ui.tip("NVIDIA's networks: open downloaded ones, or download others.")

    def _draw_line(self, slot: int, ctx: PanelContext) -> None:
        ui = ctx.ui
        imgui.align_text_to_frame_padding()
        with ctx.host.fonts.heading():
            ui.text(LETTERS[slot], ctx.colour(slot))
        imgui.same_line(ctx.host.px(32))
        side = imgui.get_frame_height()
        width = imgui.get_content_region_avail().x - 2 * (side + ctx.host.px(2))
        room = width - side - 2 * imgui.get_style().frame_padding.x
        name = shortened(ctx.model.label(slot), room, lambda text: imgui.calc_text_size(text).x)
        imgui.set_next_item_width(width)
        if imgui.begin_combo("##network", name, imgui.ComboFlags_.height_large):
            self.draw_choices(slot, ctx)
            imgui.end_combo()
        draw_card(slot, ctx)
        imgui.same_line(0, ctx.host.px(2))
        self._draw_lock(slot, ctx)
        imgui.same_line(0, ctx.host.px(2))
        alone = len(ctx.state.networks) == 1
        if ui.icon_button(
            icons.CLOSE,
            "close",
            tip="The last network cannot be closed."
            if alone
            else "Remove this network from the stage.",
            enabled=not alone,
        ):
            ctx.commands.networks.close(slot)

    def _draw_lock(self, slot: int, ctx: PanelContext) -> None:
        """Draw the button that gives a network its own latent and transform or shares them."""
        state, network = ctx.state, ctx.state.networks[slot]
        letter = LETTERS[slot]
        if network.own is None:
            tip = f"Locked to the others. Click to give {letter} its own latent and transform."
            if ctx.ui.icon_button(icons.LOCK, "lock", tip=tip):
                unlock(state, slot)
        else:
            tip = (
                f"{letter} has its own latent and transform. Click to lock it to the others again."
            )
            if ctx.ui.icon_button(icons.UNLOCK, "lock", tip=tip):
                lock(state, slot)


def _is_run(source: str) -> bool:
    """Return True if a source is a folder of snapshots, of which the newest is shown."""
    special = source.startswith((bundled.PREFIX, bundled.LIBRARY, average_sources.PREFIX))
    return not special and not source.lower().endswith(NETWORK_SUFFIXES)


def choose_target(ctx: PanelContext) -> None:
    """Draw buttons that choose whose inputs the panels set; nothing while all are locked."""
    state = ctx.state
    unlocked = [slot for slot, network in enumerate(state.networks) if network.own is not None]
    if not unlocked:
        return
    target = state.view.target if state.view.target in unlocked else -1
    options = [(-1, "Locked"), *((slot, LETTERS[slot]) for slot in unlocked)]
    tip = "The networks whose latent and transform are set here: all locked ones, or one."
    choose(ctx, state.view, "target", "Network", options, tip, now=target)
