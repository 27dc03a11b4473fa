"""The Recording tab: content, movement, file format and progress of a recording."""

from __future__ import annotations

import copy
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.labels import DASH, number_text
from viz.export.film import free_path
from viz.panels.common import layout, motion
from viz.panels.common.actions import Action, Chord, go_to
from viz.panels.common.context import within
from viz.panels.common.controls import (
    check,
    choose,
    drop_down,
    slide,
    slide_bare,
    slide_pair,
    stop_animations,
)
from viz.panels.common.job_progress import time_text
from viz.panels.common.playback import play_or_pause
from viz.recording.estimate import estimate, size_text
from viz.recording.task import RecordTask
from viz.state.animation import is_moving, moves, round_s
from viz.state.recording import (
    STILLS,
    UNMOVED,
    FileFormat,
    RecordingState,
    Size,
    Subject,
)

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.protocol.jobs import JobReport
    from viz.state.app_state import AppState

K = imgui.Key
OUT = Path("out")
NOTHING_MOVES = "Nothing is set to move: switch on Drift, Travel, Orbit, Spin or a path."
LOOK = "Look …"
COLUMN = 204
"""Smallest width of a column of controls, in pixels at a scale of 1."""

SUBJECTS: tuple[tuple[Subject, str, str], ...] = (
    ("compare", "The stage", "What it shows: the networks side by side, or the atlas."),
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
    ("mov", "MOV, ProRes 4444", "For editing: large, hardly any loss, keeps opacity."),
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
            if index == 2 and abreast == 2:  # alone in its row
                width = room
            imgui.begin_child(f"column {index}", (width, 0), imgui.ChildFlags_.auto_resize_y)
            draw(recording, ctx)
            imgui.end_child()

    def _draw_motion(self, recording: RecordingState, ctx: PanelContext) -> None:
        state = ctx.state
        latent, transform = state.edited_latent, state.edited_transform
        with ctx.ui.disabled(_motionless_reason(recording)):
            motion.draw_drift(latent, ctx)
            motion.draw_orbit(transform, ctx)
            motion.draw_spin(transform, ctx)
            motion.draw_follow(state.timeline, "Path", ctx)
            imgui.same_line(0, ctx.host.px(12))
            if imgui.button("More …"):
                imgui.open_popup("motion")
            ctx.ui.tip("Travel, periods, the drift's curve, easing, and animated controls.")
            self._draw_more(ctx)

    @staticmethod
    def _draw_more(ctx: PanelContext) -> None:
        if not imgui.begin_popup("motion"):
            return
        state = ctx.state
        imgui.dummy((ctx.host.px(340), 0))
        ctx.ui.heading("Drift, travel")
        motion.draw_drift_period(state.edited_latent, ctx)
        motion.draw_drift_curve(state.edited_latent, ctx)
        motion.draw_travel(state.edited_latent, ctx)
        ctx.ui.heading("Orbit")
        motion.draw_orbit_period(state.edited_transform, ctx)
        ctx.ui.heading("All")
        ease = (("steady", "Steady"), ("smooth", "Smooth"))
        tip = "Smooth: drift, orbit, path and animated controls rest where each round begins."
        choose(ctx, state, "easing", "Easing", ease, tip)
        count = len(state.motions)
        ctx.ui.label("Animated")
        imgui.align_text_to_frame_padding()
        ctx.ui.text(f"{count} control{'' if count == 1 else 's'}" if count else "no control")
        ctx.ui.tip("Right click a control, anywhere in the window, to animate it.")
        if count:
            imgui.same_line(0, ctx.host.px(12))
            if imgui.button("Stop"):
                stop_animations(state, ctx)
            ctx.ui.tip("Stop every animated control at its current value.")
        imgui.end_popup()

    @staticmethod
    def _draw_look(recording: RecordingState, ctx: PanelContext) -> None:
        """Draw the button, and behind it how a recording's pictures look."""
        if imgui.button(LOOK):
            imgui.open_popup("look")
        ctx.ui.tip("How pictures are enlarged, and how closely a film follows them.")
        if not imgui.begin_popup("look"):
            return
        imgui.dummy((ctx.host.px(340), 0))
        tip = "Whole-number enlargement of native pictures."
        with ctx.ui.disabled("" if recording.size == "native" else "Of native pictures only."):
            slide(ctx, recording, "scale", "Scale", tip, low=1, high=16, unit="×")
        tip = "Enlarge smoothly, or show pixels as squares."
        kernels = ((False, "Squares"), (True, "Smooth"))
        choose(ctx, recording, "smooth", "Enlarged", kernels, tip)
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
            self._draw_length(recording, ctx)
        with ui.disabled(
            "This subject is a single picture." if recording.subject in STILLS else ""
        ):
            rates = ((25, "25"), (30, "30"), (60, "60"))
            choose(ctx, recording, "fps", "Frames/s", rates, "Frames per second.")
            drop_down(ctx, recording, "file", "File", FILES)

    @staticmethod
    def _draw_length(recording: RecordingState, ctx: PanelContext) -> None:
        whole_s, gap = round_s(ctx.state), ctx.host.px(4)
        tip = "Length; a whole number of rounds can be repeated without a seam."
        side = imgui.get_frame_height()
        ctx.ui.label("Length")
        width = imgui.get_content_region_avail().x - side - gap
        slide_bare(ctx, recording, "frames", width, tip, low=24, high=960, unit="frames")
        imgui.same_line(0, gap)
        with ctx.ui.disabled("" if whole_s else "What moves has no common round."):
            told = f"One round of all that moves: {number_text(whole_s, 1)} s." if whole_s else ""
            if ctx.ui.icon_button(icons.REPEAT, "one round", tip=told) and whole_s:
                recording.frames = round(within(recording, "frames", whole_s * recording.fps))

    def _draw_go(self, recording: RecordingState, ctx: PanelContext) -> None:
        ui, state, gap = ctx.ui, ctx.state, ctx.host.px(10)
        button = imgui.calc_text_size(LOOK).x + 2 * imgui.get_style().frame_padding.x
        drop_down(ctx, recording, "size", "Size", SIZES, reserve=button + ctx.host.px(4))
        imgui.same_line(0, ctx.host.px(4))
        self._draw_look(recording, ctx)
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

    @staticmethod
    def _draw_preview(recording: RecordingState, ctx: PanelContext) -> None:
        state = ctx.state
        playing = is_moving(state)
        icon, name = (icons.PAUSE, "Pause") if playing else (icons.PLAY, "Preview")
        with ctx.ui.disabled(_motionless_reason(recording) or _still_reason(state)):
            half = (imgui.get_content_region_avail().x - ctx.host.px(10)) / 2
            if imgui.button(f"{icon}  {name}", (0.72 * half, 0)):
                play_or_pause(state, ctx)
            ctx.ui.tip("Play the motion on the stage, as it is recorded from there (Space).")
        imgui.same_line(0, ctx.host.px(10))
        imgui.align_text_to_frame_padding()
        words, tip = closing_text(recording, state)
        ctx.ui.text(words, ctx.host.palette.dim)
        ctx.ui.tip(tip)


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
    if recording.subject not in UNMOVED and _still_reason(state):
        return _still_reason(state)
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
    ctx.model.playback.begin_at(state)
    ctx.model.jobs.start(RecordTask(copy.deepcopy(state), path))


def _record_or_stop(state: AppState, ctx: PanelContext) -> None:
    job = running(ctx)
    if job is not None:
        ctx.model.jobs.control(job.id, "cancel")
        return
    imgui.set_window_focus(layout.RECORDING)
    record(state, ctx)


def _toggle_disabled_reason(state: AppState, ctx: PanelContext) -> str:
    return "" if running(ctx) is not None else recording_disabled_reason(state)


def _still_reason(state: AppState) -> str:
    """Return the reason why nothing can be played; empty if something is set to move."""
    return "" if moves(state) else NOTHING_MOVES


def closing_text(recording: RecordingState, state: AppState) -> tuple[str, str]:
    """Return the length of a recording and whether it closes, and what that means."""
    seconds = recording.frames / recording.fps
    whole_s = round_s(state)
    if recording.subject in UNMOVED or whole_s == 0:
        return DASH, "Nothing moves."
    length = f"{number_text(seconds, 1)} s"
    if whole_s is None:
        return f"{length}, open", "What moves does not come back to where it began."
    count = seconds / whole_s
    if round(count) >= 1 and abs(count - round(count)) * whole_s * recording.fps < 0.5:
        rounds = "one round" if round(count) == 1 else f"{round(count)} rounds"
        return f"{length}, {rounds}", "It ends where it begins, so it can be repeated."
    whole = f"{number_text(whole_s, 1)} s"
    return f"{length} of {whole}", f"All that moves is back where it began after {whole}."


def _motionless_reason(recording: RecordingState) -> str:
    return "Nothing moves in this subject." if recording.subject in UNMOVED else ""


def _draw_progress(job: JobReport, width: float, ctx: PanelContext) -> None:
    done = job.result
    imgui.progress_bar(job.fraction or 0.0, (width, imgui.get_frame_height()), "")
    words = f"{time_text(job.seconds_left)} left"
    if done is not None:
        words = f"{done.frames} frames, {size_text(done.bytes_written)}; {words}"
    ctx.ui.tip(f"{job.task.title}: {words}.")


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
