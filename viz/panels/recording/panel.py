"""The Recording tab: content, movement, file format and progress of a recording."""

from __future__ import annotations

import copy
import math
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.labels import DASH, number_text
from viz.export.film import free_path
from viz.panels.common import layout
from viz.panels.common.actions import Action, Chord, go_to
from viz.panels.common.controls import (
    check,
    choose,
    drop_down,
    slide,
    slide_pair,
    slide_switched,
)
from viz.panels.common.job_progress import time_text
from viz.recording.estimate import estimate, size_text
from viz.recording.motion import moves
from viz.recording.task import RecordTask
from viz.state.recording import (
    FOLLOWING,
    STILLS,
    UNMOVED,
    FileFormat,
    RecordedMotion,
    RecordingState,
    Size,
    Subject,
)
from viz.state.timeline import length_s

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.protocol.jobs import JobReport
    from viz.state.app_state import AppState

K = imgui.Key
OUT = Path("out")
COLUMN = 204
"""Smallest width of a column of controls, in pixels at a scale of 1."""

SUBJECTS: tuple[tuple[Subject, str, str], ...] = (
    ("compare", "Comparison", "All networks side by side, with the same motion."),
    ("slit", "Slit scan", "One line of every picture of the motion, joined to one picture."),
    ("grid", "Grid of seeds", "Many seeds of one network, with the same walk."),
    ("layers", "Layers", "Feature maps of the network chosen under Layers."),
    ("spectrum", "Spectra", "Power spectra and how they change."),
    ("seeds", "Seed sheet", "Many seeds of one network, as one picture."),
    ("mix", "Style mixes", "A matrix of seeds with the layers chosen under Style mixing."),
    ("flight", "Atlas flight", "The timeline's path over the first network's atlas."),
)
FILES: tuple[tuple[FileFormat, str, str], ...] = (
    ("mp4", "MP4, H.264", "Plays everywhere."),
    ("webm", "WebM, VP9", "For the web; takes longer to encode."),
    ("gif", "GIF", "For pages that show no films; 256 colours a frame."),
    ("png", "PNG pictures", "A folder of numbered pictures, without loss."),
)
SIZES: tuple[tuple[Size, str, str], ...] = (
    ("native", "Native", "The networks' own pixels, enlarged by a whole number."),
    ("1080p", "1080p, 16:9", "1920×1080 pixels."),
    ("2160p", "4K, 16:9", "3840×2160 pixels."),
    ("square", "Square, 1:1", "1080×1080 pixels."),
    ("portrait", "Portrait, 9:16", "1080×1920 pixels."),
)

GRIDS: frozenset[Subject] = frozenset({"grid", "seeds", "mix"})


class RecordingPanel:
    """Content, movement and format of a recording."""

    title = layout.RECORDING

    def draw(self, recording: RecordingState, ctx: PanelContext) -> None:
        """Draw the controls, and apply the user's changes to `recording`."""
        gap, room = ctx.host.px(20), imgui.get_content_region_avail().x
        abreast = max(1, min(3, int(room // ctx.host.px(COLUMN))))
        parts = (self._draw_motion, self._draw_file, self._draw_go)
        shares = (0.29, 0.31, 0.4) if abreast == 3 else (1 / abreast,) * 3
        for index, (draw, share) in enumerate(zip(parts, shares, strict=True)):
            if index % abreast:
                imgui.same_line(0, gap)
            width = share * (room - (abreast - 1) * gap)
            imgui.begin_child(f"column {index}", (width, 0), imgui.ChildFlags_.auto_resize_y)
            draw(recording, ctx)
            imgui.end_child()

    def _draw_motion(self, recording: RecordingState, ctx: PanelContext) -> None:
        motion = recording.motion
        with ctx.ui.disabled(_motionless_reason(recording)):
            tips = (
                "Move through W along a closed random curve.",
                "Largest distance from the start, in standard deviations of each network's W.",
            )
            slide_switched(ctx, motion, "walk", "walk_radius", "Walk", tips, unit="σ", high=2.0)
            tips = (
                "Shift the input back and forth.",
                "Shift to the right, as a fraction of the width.",
            )
            slide_switched(
                ctx,
                motion,
                "shift",
                "shift_x",
                "Shift",
                tips,
                unit="%",
                factor=100.0,
                low=-100.0,
                high=100.0,
                decimals=0,
                origin=0.0,
            )
            tips = ("Turn the input.", "How far there and back; under More: all the way round.")
            slide_switched(
                ctx,
                motion,
                "turn",
                "turn_angle_rad",
                "Turn",
                tips,
                unit="°",
                factor=math.degrees(1),
                low=-180.0,
                high=180.0,
                decimals=0,
                origin=0.0,
            )
            reason = "" if length_s(ctx.state.timeline) else "Store two places on the timeline."
            with ctx.ui.disabled(reason):
                check(ctx, motion, "keyframes", "Keyframes", "Follow the timeline's path.")
            imgui.same_line(0, ctx.host.px(12))
            if imgui.button("More …"):
                imgui.open_popup("motion")
            ctx.ui.tip("Rounds, paths, easing, the walk's curve, and the scale of native pictures.")
            self._draw_more(motion, ctx)

    def _draw_more(self, motion: RecordedMotion, ctx: PanelContext) -> None:
        if not imgui.begin_popup("motion"):
            return
        imgui.dummy((ctx.host.px(340), 0))
        ease = (("steady", "Steady"), ("smooth", "Smooth"))
        choose(
            ctx,
            motion,
            "easing",
            "Easing",
            ease,
            "Smooth: slows down to rest where each round begins.",
        )
        ctx.ui.heading("Walk")
        slide(
            ctx,
            motion,
            "walk_rounds",
            "Rounds",
            "Number of rounds; the path always closes.",
            low=1,
            high=12,
        )
        slide(
            ctx, motion, "walk_waves", "Waves", "1: a circle; more: a wilder curve.", low=1, high=12
        )
        slide(
            ctx,
            motion,
            "walk_seed",
            "Curve",
            "Seed of the curve and its plane in W.",
            low=0,
            high=99,
        )
        ctx.ui.heading("Shift")
        paths = (("line", "There and back"), ("circle", "Circle"))
        choose(ctx, motion, "shift_path", "Path", paths, "Of the input, from where it is.")
        tips = ("Far end to the right.", "Far end downwards.")
        slide_pair(
            ctx,
            motion,
            ("shift_x", "shift_y"),
            "Far end",
            tips,
            unit="%",
            factor=100.0,
            low=-100.0,
            high=100.0,
            decimals=0,
            origin=0.0,
        )
        slide(ctx, motion, "shift_rounds", "Rounds##shift", "Number of rounds.", low=1, high=12)
        ctx.ui.heading("Turn")
        turns = (("swing", "There and back"), ("round", "All round"))
        choose(ctx, motion, "turn_path", "Path##turn", turns, "Of the turn about the centre.")
        slide(ctx, motion, "turn_rounds", "Rounds##turn", "Number of rounds.", low=1, high=12)
        ctx.ui.heading("Pictures")
        recording = ctx.state.recording
        tip = "Whole-number enlargement of native pictures."
        slide(ctx, recording, "scale", "Scale", tip, low=1, high=16, unit="×")
        tip = "Enlarge smoothly instead of showing pixels as squares."
        check(ctx, recording, "smooth", "Smooth enlargement", tip)
        tip = "How closely an MP4 or WebM film follows its frames; better ones are larger."
        qualities = (("small", "Small"), ("good", "Good"), ("best", "Best"))
        choose(ctx, recording, "quality", "Quality", qualities, tip)
        if recording.seeds or recording.column_seeds:
            if imgui.button("Forget the named seeds"):
                recording.seeds, recording.column_seeds = [], []
            ctx.ui.tip("A grid's pictures and a matrix's rows and columns take the place's again.")
        imgui.end_popup()

    def _draw_file(self, recording: RecordingState, ctx: PanelContext) -> None:
        ui = ctx.ui
        drop_down(ctx, recording, "subject", "Subject", SUBJECTS)
        with ui.disabled(_motionless_reason(recording)):
            tip = "Length; the film closes, so it can be repeated without a seam."
            slide(ctx, recording, "frames", "Length", tip, low=24, high=960, unit="frames")
        with ui.disabled(
            "This subject is a single picture." if recording.subject in STILLS else ""
        ):
            rates = ((25, "25"), (30, "30"), (60, "60"))
            choose(ctx, recording, "fps", "Rate", rates, "Frames per second.")
            drop_down(ctx, recording, "file", "File", FILES)

    def _draw_go(self, recording: RecordingState, ctx: PanelContext) -> None:
        ui, state, gap = ctx.ui, ctx.state, ctx.host.px(10)
        drop_down(ctx, recording, "size", "Size", SIZES)
        if recording.subject in GRIDS:
            tips = ("Seeds per row.", "Seeds per column.")
            slide_pair(ctx, recording, ("columns", "rows"), "Grid", tips, low=1, high=16)
        else:
            tip = "Name, kind and equivariance of each network."
            check(ctx, recording, "titles", "Titles", tip)
            imgui.same_line(0, gap)
            self._draw_extras(recording, ctx)
        self._draw_preview(recording, ctx)
        job = running(ctx)
        half = (imgui.get_content_region_avail().x - gap) / 2
        if job is not None:
            if imgui.button(f"{icons.CLOSE}  Stop", (half, 0)):
                ctx.model.jobs.control(job.id, "cancel")
            ui.tip("Stop; whatever has been encoded is kept and can be played (R).")
            imgui.same_line(0, gap)
            _draw_progress(job, half, ctx)
            return
        reason = recording_disabled_reason(state)
        with ui.disabled(reason):
            if imgui.button(f"{icons.RECORD}  Record", (0.72 * half, 0)):
                record(state, ctx)
            ui.tip("Record in the background, to a file under out/ (R).")
        imgui.same_line(0, gap)
        expected = estimate(recording, ctx.model.result.networks if ctx.model.result else ())
        with ctx.host.fonts.mono():
            words = (
                DASH if expected is None else f"{time_text(expected[0])} · {size_text(expected[1])}"
            )
            imgui.align_text_to_frame_padding()
            ui.text(words, ctx.host.palette.dim)
        ui.tip("Estimated time, from the speed of the last picture, and file size.")

    def _draw_extras(self, recording: RecordingState, ctx: PanelContext) -> None:
        """Draw the options of a subject."""
        if recording.subject == "layers":
            chosen = ctx.state.layers.layer
            with ctx.ui.disabled("" if chosen else "Choose a layer under Layers first."):
                _changed, only = imgui.checkbox("Chosen layer only", bool(recording.layer))
                ctx.ui.tip(f"Channels of {chosen or 'one layer'} instead of a channel of each.")
                recording.layer = chosen if only else ""
            return
        with ctx.ui.disabled("" if recording.subject == "compare" else "Only for comparisons."):
            tip = "Add the difference of the other networks from the first."
            check(ctx, recording, "difference", "Difference", tip)
            imgui.same_line(0, ctx.host.px(10))
            check(ctx, recording, "slit", "Slit scan", "Add slit scans as they build up.")

    def _draw_preview(self, recording: RecordingState, ctx: PanelContext) -> None:
        reason = _motionless_reason(recording)
        with ctx.ui.disabled(reason):
            left = imgui.get_cursor_pos_x()
            check(ctx, recording, "preview", "Preview", "The stage shows the recording's motion.")
            imgui.same_line(left + ctx.host.px(88))
            imgui.set_next_item_width(-1)
            seconds = recording.position * recording.frames / recording.fps
            text = (
                f"{number_text(seconds, 1)} / {number_text(recording.frames / recording.fps, 1)} s"
            )
            with ctx.host.fonts.mono():
                moved, position = imgui.slider_float(
                    "##position", recording.position, 0.0, 1.0, text
                )
            ctx.ui.tip("Position of the preview in the recording; drag it, or let it play (Space).")
            if moved:
                recording.position, recording.preview = min(max(position, 0.0), 1.0), True


def running(ctx: PanelContext) -> JobReport | None:
    """Return the running recording, if there is one."""
    at_work = (job for job in ctx.model.jobs.at_work if isinstance(job.task, RecordTask))
    return next(at_work, None)


def recording_disabled_reason(state: AppState) -> str:
    """Return the reason why nothing can be recorded now; empty if it can."""
    recording = state.recording
    if not state.networks:
        return "Open a network first."
    if recording.subject == "mix" and not state.style_mix.layers:
        return "Choose layers under Style mixing first."
    if recording.subject in FOLLOWING:
        leads = state.timeline.moves_atlas and length_s(state.timeline)
        return "" if leads else "Store two places on the timeline, with Atlas ticked."
    if recording.subject not in UNMOVED and not moves(recording.motion, state):
        return "Nothing moves: switch on Walk, Shift, Turn or Keyframes."
    if recording.file == "gif" and recording.fps > 50 and recording.subject not in STILLS:
        return "A GIF shows at most 50 frames per second: choose 25 or 30."
    return ""


def record(state: AppState, ctx: PanelContext) -> None:
    """Start a recording with the current settings, as a job."""
    recording = state.recording
    suffix = f".{recording.file}" if recording.file != "png" else ""
    suffix = ".png" if recording.subject in STILLS else suffix
    name = f"{recording.subject}-{datetime.now():%Y%m%d-%H%M%S}{suffix}"
    path = free_path((OUT / name).absolute())
    kept = copy.deepcopy(state)
    kept.recording.preview = False
    ctx.model.jobs.start(RecordTask(kept, path))


def _record_or_stop(state: AppState, ctx: PanelContext) -> None:
    job = running(ctx)
    if job is not None:
        ctx.model.jobs.control(job.id, "cancel")
        return
    imgui.set_window_focus(layout.RECORDING)
    record(state, ctx)


def _toggle_disabled_reason(state: AppState, ctx: PanelContext) -> str:
    return "" if running(ctx) is not None else recording_disabled_reason(state)


def _motionless_reason(recording: RecordingState) -> str:
    if recording.subject in FOLLOWING:
        return "The timeline sets the path and the length."
    return "Nothing moves in this subject." if recording.subject in UNMOVED else ""


def _draw_progress(job: JobReport, width: float, ctx: PanelContext) -> None:
    done = job.result
    imgui.progress_bar(job.fraction or 0.0, (width, imgui.get_frame_height()), "")
    words = f"{time_text(job.seconds_left)} left"
    if done is not None:
        words = f"{done.frames} frames, {size_text(done.bytes_written)}; {words}"
    ctx.ui.tip(f"{job.task.title}: {words}.")


def _preview(state: AppState, _ctx: PanelContext) -> None:
    state.recording.preview = not state.recording.preview
    state.playing = state.playing or state.recording.preview


ACTIONS: tuple[Action, ...] = (
    Action(
        "Record",
        "Start or stop a recording with the settings under Recording, to a file under out/.",
        _record_or_stop,
        menu="Record",
        keys=(Chord(K.r, "R"),),
        disabled_reason=_toggle_disabled_reason,
    ),
    Action(
        "Preview the recording",
        "Show the recording's motion on the stage.",
        _preview,
        menu="Record",
        is_on=lambda state: state.recording.preview,
    ),
    Action(
        "Film the window",
        "Film the whole window until you choose this again.",
        lambda _state, ctx: ctx.commands.export.film_live("window"),
        menu="Record",
        keys=(Chord(K.r, "R", shift=True),),
        starts_group=True,
    ),
    Action(
        "Film the pictures",
        "Film the networks' pictures as they are drawn, until you choose this again.",
        lambda _state, ctx: ctx.commands.export.film_live("pictures"),
        menu="Record",
    ),
    go_to(layout.RECORDING),
)
