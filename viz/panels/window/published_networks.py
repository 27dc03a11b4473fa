"""A window that lists the published networks, shows their licence, and downloads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.floating import floating_window, is_dismissed
from viz.panels.common.actions import Action
from viz.protocol.names import KIND_NAMES
from viz.storage.download_task import Catalogue, DownloadTask, Entry

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.protocol.jobs import JobReport

TITLE = "Published networks"
WIDTH, HEIGHT = 760, 520
COLUMNS = (("Name", 0), ("Kind", 104), ("Data", 88), ("Picture", 64), ("File", 72), ("", 148))
"""Headings and widths at a scale of 1; 0 takes the remaining width."""


class LibraryWindow:
    """The window of published networks, hidden until `open` is called."""

    def __init__(self) -> None:
        self.is_open = False
        self._slot: int | None = None
        self._typed = ""
        self._asked: Entry | None = None
        """Network to download once the licence is accepted."""
        self._limit_gb: float | None = None
        self._appearing = False

    def open(self, slot: int | None) -> None:
        """Show the window; a chosen network goes to `slot`, or to a new slot if None."""
        self.is_open = self._appearing = True
        self._slot, self._typed, self._asked, self._limit_gb = slot, "", None, None

    def draw(self, ctx: PanelContext) -> None:
        """Draw the window if it is open, and open or download the chosen network."""
        if not self.is_open:
            return
        window = floating_window(
            ctx.host, TITLE, (WIDTH, HEIGHT), (0.9, 0.85), to_front=self._appearing
        )
        with window as (shown, self.is_open):
            if shown:
                catalogue = ctx.commands.library.catalogue()
                if self._asked is not None:
                    self._draw_licence(self._asked, catalogue, ctx)
                else:
                    self._draw_list(catalogue, ctx)
            if is_dismissed(ctx.host):
                self.is_open = self._asked is not None
                self._asked = None

    def _draw_licence(self, entry: Entry, catalogue: Catalogue, ctx: PanelContext) -> None:
        """Draw the licence that has to be accepted before a download."""
        ctx.ui.heading(f"Before {entry.name} is downloaded")
        imgui.spacing()
        imgui.push_text_wrap_pos(0.0)
        imgui.text_unformatted(catalogue.licence)
        imgui.spacing()
        imgui.text_unformatted("The licence in full:")
        ctx.ui.text(catalogue.licence_url, ctx.host.palette.accent)
        imgui.spacing()
        imgui.text_unformatted(f"About {entry.megabytes} MB come from")
        ctx.ui.dim(entry.url)
        imgui.pop_text_wrap_pos()
        imgui.spacing()
        imgui.spacing()
        if imgui.button("Accept and download"):
            ctx.model.licence_accepted, self._asked = True, None
            self._fetch(entry, ctx)
        ctx.ui.tip("You have read the licence and agree to it. You will not be asked again.")
        imgui.same_line(0, ctx.host.px(8))
        if imgui.button("Not now"):
            self._asked = None
        ctx.ui.tip("Nothing is downloaded.")

    def _draw_list(self, catalogue: Catalogue, ctx: PanelContext) -> None:
        if self._appearing:
            ctx.host.give_keyboard()
            self._appearing = False
        imgui.set_next_item_width(imgui.get_content_region_avail().x)
        _, self._typed = imgui.input_text_with_hint(
            "##query", "Type to filter the list: a kind, a data set, a size, cached", self._typed
        )
        found = catalogue.found(self._typed)
        foot = imgui.get_frame_height_with_spacing() + 3.2 * imgui.get_text_line_height()
        flags = (
            imgui.TableFlags_.scroll_y
            | imgui.TableFlags_.row_bg
            | imgui.TableFlags_.pad_outer_x
            | imgui.TableFlags_.no_borders_in_body
        )
        if imgui.begin_table("published", len(COLUMNS), flags, (0, -foot)):
            for name, width in COLUMNS:
                kind = imgui.TableColumnFlags_
                how = kind.width_fixed if width else kind.width_stretch
                imgui.table_setup_column(name, how, ctx.host.px(width))
            imgui.table_setup_scroll_freeze(0, 1)
            imgui.table_headers_row()
            for entry in found:
                imgui.push_id(entry.name)
                self._draw_row(entry, ctx)
                imgui.pop_id()
            imgui.end_table()
        if not found:
            ctx.ui.dim("No network matches.")
        self._draw_foot(catalogue, ctx)

    def _draw_row(self, entry: Entry, ctx: PanelContext) -> None:
        imgui.table_next_row()
        imgui.table_next_column()
        imgui.align_text_to_frame_padding()
        ctx.ui.text(entry.name.removeprefix(f"{entry.kind}-"))
        ctx.ui.tip(entry.url)
        for text in (KIND_NAMES.get(entry.kind, entry.kind), entry.data):
            imgui.table_next_column()
            ctx.ui.text(text, ctx.host.palette.dim)
        for text in (f"{entry.resolution:>4}²", f"{entry.megabytes:>3} MB"):
            imgui.table_next_column()
            with ctx.host.fonts.mono():
                ctx.ui.text(text, ctx.host.palette.dim)
        imgui.table_next_column()
        self._draw_state(entry, ctx)

    def _draw_state(self, entry: Entry, ctx: PanelContext) -> None:
        """Draw the button that opens or downloads a network, or the progress of its download."""
        width = ctx.host.px(100)
        job = job_of(entry, ctx)
        if job is not None:
            fraction = job.fraction
            text = "–" if fraction is None else f"{fraction:.0%}"
            imgui.progress_bar(fraction or 0.0, (width, imgui.get_frame_height()), text)
            ctx.ui.tip("Pause and cancel in the status bar.")
        elif entry.cached:
            if imgui.button("Open", (width, 0)):
                ctx.commands.networks.open(f"library:{entry.name}", self._slot)
                self.is_open = False
            ctx.ui.tip("Downloaded: show it at once.")
            imgui.same_line(0, ctx.host.px(4))
            if ctx.ui.icon_button(icons.CLOSE, "remove", tip="Delete the file from the cache."):
                ctx.commands.library.remove(entry.name)
        else:
            begun = entry.present_mb > 0
            if imgui.button("Continue" if begun else "Download", (width, 0)):
                if ctx.model.licence_accepted:
                    self._fetch(entry, ctx)
                else:
                    self._asked = entry
            ctx.ui.tip(
                f"{entry.present_mb:.0f} MB are downloaded already; fetch the rest and show it."
                if begun
                else f"Fetch about {entry.megabytes} MB from NVIDIA, and show it."
            )

    def _draw_foot(self, catalogue: Catalogue, ctx: PanelContext) -> None:
        imgui.spacing()
        ctx.ui.dim(catalogue.licence)
        imgui.align_text_to_frame_padding()
        used = catalogue.used_bytes / 1e9
        ctx.ui.text(f"{used:.1f} GB in the cache, which keeps at most", ctx.host.palette.dim)
        imgui.same_line(0, ctx.host.px(8))
        imgui.set_next_item_width(ctx.host.px(72))
        limit = catalogue.limit_bytes / 1e9
        shown = limit if self._limit_gb is None else self._limit_gb
        changed, typed = imgui.input_float("##limit", shown, 0.0, 0.0, "%.1f")
        if changed:
            self._limit_gb = min(max(typed, 0.0), 1000.0)
        ctx.ui.tip("Networks unused for longest are removed first.")
        imgui.same_line(0, ctx.host.px(4))
        ctx.ui.text("GB", ctx.host.palette.dim)
        if self._limit_gb is None or abs(self._limit_gb - limit) < 0.05:
            return
        imgui.same_line(0, ctx.host.px(8))
        over = max(used - self._limit_gb, 0.0)
        if imgui.button(f"Set, removing {over:.1f} GB" if over else "Set"):
            ctx.commands.library.set_cache_limit(round(self._limit_gb * 1e9))
            self._limit_gb = None

    def _fetch(self, entry: Entry, ctx: PanelContext) -> None:
        ctx.model.jobs.start(DownloadTask(entry.name, self._slot))


def job_of(entry: Entry, ctx: PanelContext) -> JobReport | None:
    """Return the running download of a network, if there is one."""
    for job in ctx.model.jobs.at_work:
        if isinstance(job.task, DownloadTask) and job.task.name == entry.name:
            return job
    return None


ACTIONS = (
    Action(
        "Published networks …",
        "NVIDIA's networks: open downloaded ones, or download others.",
        lambda _state, ctx: ctx.commands.library.show(None),
    ),
)
