"""The chosen run: what can be done with it, its state, and the history of its sample grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.labels import DASH, shortened
from gui_utils.resample import for_display
from gui_utils.texture import Texture
from systems.machine import usable_cores
from train.config.divisions import possible_divisions, rates_text
from train.config.training import LONGEST, SHORTEST
from viz.model.run_facts import sample_of
from viz.protocol.names import LETTERS
from viz.state.training import TrainingState

if TYPE_CHECKING:
    from viz.model.trainings import Run, SampleGrid
    from viz.panels.common.context import PanelContext


LOW = 150
"""Height below which the sample grid stands beside everything else, at a scale of 1."""
PADDING = 6
"""Least space beside the words of a button."""
GRID_SHARE = 0.42
"""Largest share of the width that it has there."""
ROOMY = 300
"""Width from which buttons say all, at a scale of 1."""


class ChosenRun:
    """The part of the Training tab about the chosen run."""

    def __init__(self) -> None:
        self._texture: Texture | None = None
        self._shown: tuple[SampleGrid, float] | None = None

    def draw(self, run: Run | None, training: TrainingState, ctx: PanelContext) -> None:
        """Draw the buttons of a run, its state, and the sample grid that is looked at."""
        if run is None:
            return
        if imgui.get_content_region_avail().y < ctx.host.px(LOW):
            self._draw_beside(run, training, ctx)
            return
        _draw_head(run, ctx)
        _draw_status(run, ctx)
        if not self._has_grid(run, ctx):
            return
        space = imgui.get_content_region_avail()
        space.y -= (2 if run.averages else 1) * imgui.get_frame_height_with_spacing()
        self._draw_grid(run, training, space, ctx)
        _draw_history(run, training, ctx)

    def free(self) -> None:
        """Free the texture."""
        if self._texture is not None:
            self._texture.free()
        self._texture = self._shown = None

    def _draw_beside(self, run: Run, training: TrainingState, ctx: PanelContext) -> None:
        """Draw the sample grid over the whole height, at the right of everything else."""
        space, gap = imgui.get_content_region_avail(), ctx.host.px(8)
        grid = ctx.model.trainings.grid
        known = grid is not None and grid.path.parent == run.path and bool(run.samples)
        side = 0.0
        if grid is not None and known:
            height, width = grid.pixels.shape[:2]
            side = min(space.y * width / height, GRID_SHARE * space.x)
        imgui.begin_child("run", (space.x - (side + gap if known else 0.0), space.y))
        _draw_head(run, ctx)
        rows = (2 if run.averages else 1) if known else 0
        left = imgui.get_content_region_avail().y - rows * imgui.get_frame_height_with_spacing()
        if left >= imgui.get_text_line_height() - ctx.host.px(2):
            _draw_status(run, ctx)
        if self._has_grid(run, ctx):
            _draw_history(run, training, ctx)
        imgui.end_child()
        if known:
            imgui.same_line(0, gap)
            self._draw_grid(run, training, imgui.ImVec2(side, space.y), ctx)

    def _has_grid(self, run: Run, ctx: PanelContext) -> bool:
        """Return True if the run has pictures to look at; else say when there will be some."""
        grid = ctx.model.trainings.grid
        if run.samples and grid is not None and grid.path.parent == run.path:
            return True
        if not run.problem and run.state != "waiting":
            ctx.ui.dim("Its first pictures come with the first snapshot.")
        return False

    def _draw_grid(
        self, run: Run, training: TrainingState, space: imgui.ImVec2, ctx: PanelContext
    ) -> None:
        grid = ctx.model.trainings.grid
        if grid is not None and space.x >= 8 and space.y >= 8:
            height, width = grid.pixels.shape[:2]
            shown = min(space.x, space.y * width / height)
            self._texture = self._texture or Texture()
            if self._shown is None or self._shown[0] is not grid or self._shown[1] != shown:
                self._texture.update(for_display(grid.pixels, shown, smooth=True))
                self._shown = (grid, shown)
            imgui.image(self._texture.ref, (shown, shown * height / width))
            ctx.ui.tip(f"What it drew after {grid.kimg} kimg, for latents that stay the same.")
            if imgui.begin_popup_context_item("grid"):
                _draw_grid_menu(run, training, ctx)
                imgui.end_popup()


def _draw_head(run: Run, ctx: PanelContext) -> None:
    if run.state == "waiting":
        _draw_waiting(run, ctx)
    else:
        _draw_buttons(run, ctx)


def _draw_history(run: Run, training: TrainingState, ctx: PanelContext) -> None:
    """Draw what chooses the sample grid, and the length of the average."""
    _draw_scrubber(run, training, ctx)
    if run.averages:
        _draw_average(run, training, ctx)


def _draw_buttons(run: Run, ctx: PanelContext) -> None:
    gap, room, padding = ctx.host.px(2), imgui.get_content_region_avail().x, 2 * PADDING
    width = last = (room - 2 * gap) / 3
    roomy = width >= imgui.calc_text_size("Resume").x + ctx.host.px(padding)
    if not roomy:
        last = imgui.get_frame_height()
        width = (room - last - 2 * gap) / 2
    with ctx.ui.disabled(watching_disabled_reason(run)):
        if imgui.button("Watch", (width, 0)):
            ctx.commands.training.watch(run.path)
        ctx.ui.tip(
            "Show its newest network beside the others, at your own latent and transform, and "
            "every newer one as it comes."
        )
    imgui.same_line(0, gap)
    if run.state == "live":
        with ctx.ui.disabled(stopping_disabled_reason(run)):
            if ctx.ui.hold_button("Stop", width):
                ctx.commands.training.stop(run.path)
            ctx.ui.tip(
                "Hold it for a moment. The run ends after this step with a snapshot, and can be "
                "resumed later."
            )
    else:
        with ctx.ui.disabled(resuming_disabled_reason(run)):
            if imgui.button("Resume", (width, 0)):
                ctx.commands.training.resume(run.path)
            ctx.ui.tip("Continue exactly where its newest state was written.")
    imgui.same_line(0, gap)
    if imgui.button("More …" if roomy else "…", (last, 0)):
        imgui.open_popup("more")
    ctx.ui.tip("Duplicate, open the folder, monitor; resume in turn or on other cores.")
    if imgui.begin_popup("more"):
        draw_more(run, ctx)
        imgui.end_popup()


def _draw_waiting(run: Run, ctx: PanelContext) -> None:
    """Draw the buttons of a run that waits for its turn."""
    waiting, gap = ctx.model.trainings.waiting, ctx.host.px(2)
    turn, side = waiting.index(run), imgui.get_frame_height()
    commands = ctx.commands.training
    width = (imgui.get_content_region_avail().x - 2 * side - 3 * gap) / 2
    if imgui.button("Start now", (width, 0)):
        commands.start_now(run.path)
    ctx.ui.tip("Start it at once, whatever else is at work.")
    imgui.same_line(0, gap)
    if imgui.button("Remove", (width, 0)):
        commands.remove_waiting(run.path)
    ctx.ui.tip("Take it out of the queue. A run that has never begun is gone then.")
    imgui.same_line(0, gap)
    earlier = turn > 0
    if ctx.ui.icon_button(icons.UP, "earlier", tip="Let it begin earlier.", enabled=earlier):
        commands.move_waiting(run.path, -1)
    imgui.same_line(0, gap)
    later = turn < len(waiting) - 1
    if ctx.ui.icon_button(icons.DOWN, "later", tip="Let it begin later.", enabled=later):
        commands.move_waiting(run.path, 1)
    ctx.ui.dim(
        f"Number {turn + 1} of {len(waiting)}: it begins when no other run is at work, also with "
        "this window closed."
    )


def _draw_grid_menu(run: Run, training: TrainingState, ctx: PanelContext) -> None:
    kimg, _path = sample_of(run, training.grid_kimg)
    network = dict(run.networks).get(kimg)
    reason = "" if network is not None else "The network of this snapshot is not kept."
    with ctx.ui.disabled(reason):
        if imgui.menu_item_simple("Show this network") and network is not None:
            ctx.commands.networks.open(str(network), None)
    if imgui.menu_item_simple("Newest", enabled=kimg != run.samples[-1][0]):
        training.grid_kimg = -1


def _draw_scrubber(run: Run, training: TrainingState, ctx: PanelContext) -> None:
    """Draw the history of the sample grid, the best snapshot marked, and a way to it."""
    all_kimg = [kimg for kimg, _path in run.samples]
    kimg, _path = sample_of(run, training.grid_kimg)
    last, at = len(all_kimg) - 1, all_kimg.index(kimg)
    best = run.best
    known = best is not None and best.kimg in all_kimg
    marks = [all_kimg.index(best.kimg)] if best is not None and known else []
    side, gap = imgui.get_frame_height(), ctx.host.px(2)
    words = "newest" if at == last else "best" if at in marks else f"{at + 1} of {last + 1}"
    moved = ctx.ui.bare_whole_slider(
        "history",
        at,
        0,
        max(last, 1),
        imgui.get_content_region_avail().x - side - gap,
        default=last,
        text=f"{kimg} kimg · {words}",
        tip="The history of the pictures: drag, or use the arrow keys. A dot marks the best; a "
        "double click goes to the newest, and follows it.",
        marks=marks,
    )
    if moved != at and moved <= last:
        training.grid_kimg = -1 if moved == last else all_kimg[moved]
    imgui.same_line(0, gap)
    tip = (
        "No score says which is the best: name a metric under Metrics when you start a training."
        if best is None
        else f"Show the best so far: {best.metric} {best.value:.4g} after {best.kimg} kimg."
    )
    if ctx.ui.icon_button(icons.STAR, "best", tip=tip, enabled=known) and best is not None:
        training.grid_kimg = best.kimg


def _draw_average(run: Run, training: TrainingState, ctx: PanelContext) -> None:
    """Draw the length of the average of the run's weights, and a button that keeps it."""
    shown, room = ctx.commands.training.average_of(run.path), imgui.get_content_region_avail().x
    roomy = room >= ctx.host.px(ROOMY)
    kept = ctx.host.px(124 if roomy else 52)
    gap, lengths = ctx.host.px(2), run.config.get("average_lengths")
    percent = 100 * (training.average if shown is None else shown)
    known = ", ".join(f"{100 * one:g} %" for one in lengths) if lengths else "some lengths"
    moved = ctx.ui.bare_slider(
        "average",
        percent,
        100 * SHORTEST,
        100 * LONGEST,
        room - kept - gap,
        default=100 * TrainingState().average,
        decimals=1,
        unit="% average" if roomy else "%",
        logarithmic=True,
        tip="Share of the training that its weights are averaged over: short is sharp and uneven, "
        f"long is calm. Drag it: the stage shows each. The run keeps {known}; others are made of "
        "these, the better the more snapshots there are.",
    )
    if moved != percent:
        length = min(max(round(moved / 100, 4), SHORTEST), LONGEST)
        ctx.commands.training.choose_average(run.path, length)
    imgui.same_line(0, gap)
    with ctx.ui.disabled("" if shown is not None else "Drag the length first."):
        if imgui.button("Keep as network" if roomy else "Keep", (kept, 0)):
            ctx.commands.training.keep_average(run.path)
        ctx.ui.tip("Keep as network: write this average to a file in the run folder, and show it.")


def watching_disabled_reason(run: Run) -> str:
    """Return the reason why a run cannot be watched; empty if it can."""
    return "" if run.networks else "It has no network yet: wait for its first snapshot."


def stopping_disabled_reason(run: Run) -> str:
    """Return the reason why a run cannot be stopped; empty if it can."""
    if run.state != "live":
        return "It is not running."
    if run.holder is None:
        return "It is about to begin: wait a moment."
    if run.holder.pid is None:
        return "It runs on another machine, or was started by an earlier version: stop it there."
    return ""


def resuming_disabled_reason(run: Run) -> str:
    """Return the reason why a run cannot be resumed; empty if it can."""
    if run.state == "live":
        return "It is running."
    if run.state == "waiting":
        return "It waits for its turn: start it now, or remove it from the queue, under Training."
    if run.state == "finished":
        return "It has reached its end. Longer: python -m train resume … --kimg."
    if run.state == "empty":
        return "It ended before its first snapshot: duplicate it and start again."
    return ""


def draw_more(run: Run, ctx: PanelContext) -> None:
    """Draw the entries of a run's menu."""
    if imgui.menu_item_simple("Duplicate …"):
        ctx.commands.training.duplicate(run.path)
    ctx.ui.tip("Put its settings and pictures into the form for a new run.")
    if imgui.menu_item_simple("Open folder"):
        ctx.commands.training.show_folder(run.path)
    ctx.ui.tip(str(run.path))
    if run.state == "stopped" and imgui.begin_menu("Resume with"):
        _draw_divisions(run, ctx)
        imgui.end_menu()
    if run.state == "stopped":
        if imgui.menu_item_simple("Resume in turn"):
            ctx.commands.training.enqueue_again(run.path)
        ctx.ui.tip("Let it wait in the queue until no other run is at work.")
    if imgui.menu_item_simple("Monitor"):
        ctx.commands.training.open_monitor([run.path])
    ctx.ui.tip("Show its curves, grids and settings in a separate window.")


def _draw_divisions(run: Run, ctx: PanelContext) -> None:
    """Draw the ways to use the cores that a run can go on with."""
    rates, batch = dict(run.measured), run.config.get("batch")
    for division in possible_divisions(batch if isinstance(batch, int) else 1, usable_cores()):
        rate = f"{rates[division]:.1f} pictures/s" if division in rates else ""
        if imgui.menu_item(str(division), rate, division == run.division)[0]:
            ctx.commands.training.resume(run.path, division)
        ctx.ui.tip("The steps are the same but for rounding.")


def _draw_status(run: Run, ctx: PanelContext) -> None:
    """Draw the slot and the EQ-T of a watched run; its error or newest warning, or its cores."""
    palette, room = ctx.host.palette, imgui.get_content_region_avail().x

    def line(text: str, tip: str, colour: tuple[float, float, float]) -> None:
        ctx.ui.text(shortened(text, room, lambda one: imgui.calc_text_size(one).x), colour)
        ctx.ui.tip(tip)

    source = str(run.path)
    slots = [slot for slot, one in enumerate(ctx.state.networks) if one.source == source]
    if slots:
        live = ctx.model.live_eq_of(slots[0])
        eq = DASH if live is None else f"{live.db:.1f}"
        words = f"{LETTERS[slots[0]]}   EQ-T {eq} dB"
        line(words, "The newest network, as it is on the stage.", ctx.colour(slots[0]))
    if run.problem:
        line(run.problem, run.problem, palette.error)
    elif run.warnings:
        newest = run.warnings[-1]
        line(newest.message, f"After {newest.kimg:.1f} kimg: {newest.message}.", palette.warning)
    elif not slots and run.division is not None:
        measured = rates_text(dict(run.measured)).replace("images", "pictures")
        found = f"Measured when it started: {measured}.\n" if measured else ""
        line(f"On {run.division}", f"{found}More … resumes a stopped run with others.", palette.dim)
