"""Controls for spectra to compare: averaged, frozen, of another network, of the training data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.file_picker import FilePicker
from gui_utils.labels import shortened
from viz.panels.common.controls import choose, slide
from viz.protocol.names import LETTERS
from viz.protocol.spectra import Average, AverageTask, DataTask

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.protocol.jobs import JobReport
    from viz.state.instruments import SpectrumAgainst, SpectrumState

DATA_SUFFIX = ".zip"


class SourceControls:
    """Controls that compare, average and save spectra."""

    def __init__(self) -> None:
        self._picker: FilePicker | None = None

    def explain_missing(self, state: SpectrumState, ctx: PanelContext) -> None:
        """Draw the reason why there is no spectrum yet."""
        if state.taken == "average":
            ctx.ui.dim("Not averaged yet: press Average latents below.")
        else:
            ctx.ui.dim("Waiting for the spectrum …")

    def draw(self, state: SpectrumState, ctx: PanelContext) -> None:
        """Draw the sections Compare, Average and Save."""
        if ctx.ui.section("Compare"):
            self._draw_compare(state, ctx)
        if ctx.ui.section("Average", unfolded_at_first=state.taken == "average"):
            self._draw_average(state, ctx)
        if ctx.ui.section("Save", unfolded_at_first=False):
            _draw_save(bool(ctx.model.spectra.shown()), ctx)
        self._draw_picker(state, ctx)

    def _draw_compare(self, state: SpectrumState, ctx: PanelContext) -> None:
        options: list[tuple[SpectrumAgainst, str]] = [("nothing", "None"), ("frozen", "Frozen")]
        if len(ctx.state.networks) > 1:
            options.append(("network", LETTERS[ctx.model.spectra.other_slot()]))
        options.append(("data", "Data"))
        choose(
            ctx,
            state,
            "against",
            "With",
            options,
            "The spectrum to compare with: a frozen one, another network's, or the average of a "
            "data"
            " set. The map then shows the difference.",
        )
        others = [slot for slot in range(len(ctx.state.networks)) if slot != ctx.model.layer_slot]
        if state.against == "network" and len(others) > 1:
            named = [(slot, f"{LETTERS[slot]} {ctx.model.label(slot)}") for slot in others]
            choose(ctx, state, "against_slot", "Network", named, "The other network.")
        if state.against == "data" and state.of == "layer":
            ctx.ui.dim("A data set has only pictures: choose Picture as the signal.")
        elif state.against == "data" and ctx.model.spectra.of_data() is None:
            ctx.ui.dim("Average a data set first, below.")
        if state.against == "frozen" and ctx.model.spectra.frozen() is None:
            ctx.ui.dim("Nothing is frozen yet.")
        if ctx.ui.chip("Freeze now", False, imgui.get_content_region_avail().x):
            ctx.commands.window.freeze_spectra()
        ctx.ui.tip("Keep the spectra as they are now, and compare new ones with them.")

    def _draw_average(self, state: SpectrumState, ctx: PanelContext) -> None:
        slide(
            ctx,
            state,
            "samples",
            "Samples",
            "Number of latents to average over; for a data set, the largest number of pictures.",
            logarithmic=True,
        )
        state.seed = ctx.ui.integer(
            "First seed",
            state.seed,
            0,
            2**32 - 1,
            default=0,
            tip="Seed of the first latent; the others follow. The same seeds give the same"
            " average.",
        )
        half = (imgui.get_content_region_avail().x - ctx.host.px(2)) / 2
        busy = self._at_work(AverageTask, ctx)
        with ctx.ui.disabled(
            "It is being averaged; the status bar shows the progress." if busy else ""
        ):
            if imgui.button("Average latents", (half, 0)):
                ctx.model.spectra.start_average()
        ctx.ui.tip(
            "Average the spectra of all networks over this number of latents, in the background."
        )
        imgui.same_line(0, ctx.host.px(2))
        name = Path(state.data).name if state.data else "Choose data set …"
        reading = self._at_work(DataTask, ctx)
        with ctx.ui.disabled("The data set is being read." if reading else ""):
            room = half - 2 * imgui.get_style().frame_padding.x
            label = shortened(name, room, lambda text: imgui.calc_text_size(text).x)
            if imgui.button(f"{label}##data", (half, 0)):
                self._open_picker(state, ctx)
        ctx.ui.tip(
            f"{state.data or 'A zip or folder of pictures, such as the training set.'}\n\n"
            "Click to choose one and average its pictures."
        )
        if state.data and ctx.model.spectra.of_data() is None and not reading:
            if imgui.button("Average this data set", (imgui.get_content_region_avail().x, 0)):
                ctx.model.spectra.start_data()
            ctx.ui.tip("Read its pictures and average their spectra, in the background.")
        _say_how_many("Latents", ctx.model.jobs.newest(AverageTask), ctx)
        _say_how_many("Pictures", ctx.model.jobs.newest(DataTask), ctx)

    def _open_picker(self, state: SpectrumState, ctx: PanelContext) -> None:
        if self._picker is None:
            self._picker = FilePicker(ctx.ui, "Choose a data set", (DATA_SUFFIX,), _holds_pictures)
        folder = Path(state.data).parent if state.data else None
        self._picker.open(folder if folder is not None and folder.is_dir() else None)

    def _draw_picker(self, state: SpectrumState, ctx: PanelContext) -> None:
        chosen = self._picker.draw() if self._picker is not None else None
        if chosen is not None:
            state.data = str(chosen)
            state.against = "data" if state.of == "image" else state.against
            ctx.model.spectra.start_data()

    @staticmethod
    def _at_work(kind: type[AverageTask] | type[DataTask], ctx: PanelContext) -> bool:
        report = ctx.model.jobs.newest(kind)
        return report is not None and report.at_work


def _holds_pictures(folder: Path) -> bool:
    """Return True if a folder can be a data set: it has pictures directly inside."""
    return any(one.suffix.lower() in (".png", ".jpg", ".webp") for one in folder.iterdir())


def _say_how_many(label: str, report: JobReport | None, ctx: PanelContext) -> None:
    if report is None or report.result is None:
        return
    average: Average = report.result
    state = "" if report.state == "done" else f", {report.state}"
    ctx.ui.row(label, f"{average.samples} averaged{state}")


def _draw_save(anything: bool, ctx: PanelContext) -> None:
    gap = ctx.host.px(2)
    width = (imgui.get_content_region_avail().x - 2 * gap) / 3
    tips = {
        "PNG": "A printed plot: the map with its axes, and slices along 0° and 45°.",
        "CSV": "Radial profile and slices of every network, for a spreadsheet.",
        "NPZ": "All arrays and values, for NumPy.",
    }
    with ctx.ui.disabled("" if anything else "There is no spectrum yet."):
        for index, (kind, tip) in enumerate(tips.items()):
            if index:
                imgui.same_line(0, gap)
            if imgui.button(kind, (width, 0)):
                ctx.commands.export.spectra(f".{kind.lower()}")
            ctx.ui.tip(tip)
