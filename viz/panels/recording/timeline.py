"""The Timeline tab: store keyframes, drag them to other times, play the path through them."""

from __future__ import annotations

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.labels import number_text
from viz.panels.common import layout
from viz.panels.common.actions import Action, Chord, go_to
from viz.panels.common.context import PanelContext, within
from viz.panels.common.controls import check
from viz.panels.recording.track import Track, TrackView
from viz.state.app_state import AppState, KeyframeState, TimelineState
from viz.state.timeline import KEYFRAME_S, keyframe, length_s

_CHECKS = (
    ("on", "Follow", "Let the networks follow the playhead (Space plays and pauses)."),
    (
        "closed",
        "Closed",
        "Return to the first keyframe, so that the path repeats without a jump.",
    ),
    (
        "moves_transform",
        "Transform",
        "Shift, turn, scale and shear follow the keyframes too; a drag takes over.",
    ),
    ("moves_truncation", "Truncation", "Truncation follows the keyframes too."),
    (
        "moves_atlas",
        "Atlas",
        "Place, magnification and turn of the atlas follow too; a drag takes over.",
    ),
)
"""Check boxes above the track: (field, name, what it does)."""


class TimelinePanel:
    """Keyframes on a time axis."""

    title = "Timeline"

    def __init__(self) -> None:
        self.view = TrackView()

    @property
    def track(self) -> Track | None:
        """The track as last drawn."""
        return self.view.track

    def draw(self, timeline: TimelineState, ctx: PanelContext) -> None:
        """Draw the controls and the track, and apply the user's changes to `timeline`."""
        self._draw_controls(timeline, ctx)
        self.view.draw(timeline, ctx)

    def _draw_controls(self, timeline: TimelineState, ctx: PanelContext) -> None:
        ui, gap = ctx.ui, ctx.host.px(8)
        if imgui.button(f"{icons.PLUS}  Store place"):
            store(ctx.state)
        ui.tip(
            "Add seed, transform and truncation of this moment as a keyframe, two seconds after "
            "the last (I)."
        )
        for name, label, tip in _CHECKS:
            ui.flow(imgui.get_frame_height() + gap + imgui.calc_text_size(label).x)
            few = name == "on" and len(timeline.frames) < 2
            with ui.disabled("Store two places first." if few else ""):
                check(ctx, timeline, name, label, tip)
        length = length_s(timeline)
        place = f"{number_text(timeline.position_s, 2, 6)} / {number_text(length, 2, 6)} s"
        with ctx.host.fonts.mono():
            width = imgui.calc_text_size(place).x
        ui.flow(width)
        ui.figure(place, ctx.host.palette.dim)


def store(state: AppState) -> None:
    """Add the current place as a keyframe after the last one."""
    frames = state.timeline.frames
    last = max((frame.at_s for frame in frames), default=-KEYFRAME_S)
    frames.append(keyframe(state, within(KeyframeState, "at_s", last + KEYFRAME_S)))


ACTIONS: tuple[Action, ...] = (
    Action(
        "Store place as keyframe",
        "Add the current latent and transform to the timeline.",
        lambda state, _ctx: store(state),
        menu="Edit",
        keys=(Chord(imgui.Key.i, "I"),),
    ),
    go_to(layout.TIMELINE),
)
