"""Keyframes on a line of time: store a place, drag it to another time, play the path."""

from __future__ import annotations

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.gestures import drag_step
from gui_utils.labels import figure_text
from gui_utils.theme import u32
from viz.panels import layout
from viz.panels.actions import Action, Chord, go_to
from viz.panels.context import PanelContext, within
from viz.state import KeyframeState, LatentState, TimelineState, seed_at
from viz.timeline import in_order, length_s

TRACK_HEIGHT = 44
STEP_S = 2.0
"""A new keyframe comes so long after the last one."""


class TimelinePanel:
    title = "Timeline"

    def draw(self, timeline: TimelineState, ctx: PanelContext) -> None:
        """Draw the controls and the line; change `timeline` by what is done to them."""
        self._draw_controls(timeline, ctx)
        if not timeline.frames:
            ctx.ui.dim("Store places in latent space here, then play a smooth path through them.")
            return
        self._draw_track(timeline, ctx)

    def _draw_controls(self, timeline: TimelineState, ctx: PanelContext) -> None:
        ui, gap = ctx.ui, ctx.host.px(12)
        if imgui.button(f"{icons.PLUS}  Store place"):
            store(timeline, ctx.state.latent.x, ctx.state.latent.y)
        ui.tip("Add the place the networks stand at as a keyframe, two seconds after the last.")
        imgui.same_line(0, gap)
        with ui.disabled("" if len(timeline.frames) > 1 else "Store two places first."):
            _changed, timeline.on = imgui.checkbox("Follow the path", timeline.on)
        ui.tip("Let the networks stand where the playhead is (Space plays and pauses).")
        imgui.same_line(0, gap)
        _changed, timeline.closed = imgui.checkbox("Closed", timeline.closed)
        ui.tip("Lead back to the first keyframe, so that the path repeats without a seam.")
        imgui.same_line(0, gap)
        with ctx.host.fonts.figure():
            length = length_s(timeline)
            place = f"{figure_text(timeline.position_s, 2, 6)} / {figure_text(length, 2, 6)} s"
            ui.text(place, ctx.host.palette.dim)

    def _draw_track(self, timeline: TimelineState, ctx: PanelContext) -> None:
        palette, draw, px = ctx.host.palette, imgui.get_window_draw_list(), ctx.host.px
        origin, width = imgui.get_cursor_screen_pos(), imgui.get_content_region_avail().x
        height, margin = px(TRACK_HEIGHT), px(12)
        frames = in_order(timeline.frames)
        first, shown_s = frames[0].at_s, max(length_s(timeline), STEP_S)
        scale = (width - 2 * margin) / shown_s
        draw.add_rect_filled(
            origin, (origin.x + width, origin.y + height), u32(palette.stage), px(3)
        )
        imgui.set_next_item_allow_overlap()
        imgui.invisible_button("track", (width, height))
        if imgui.is_item_active() and length_s(timeline) > 0:
            at = (imgui.get_mouse_pos().x - origin.x - margin) / scale
            timeline.position_s = min(max(at, 0.0), length_s(timeline))
        ctx.ui.tip("Press or drag to move the playhead.")
        below = imgui.get_cursor_screen_pos()
        playhead = origin.x + margin + timeline.position_s * scale
        line = u32(palette.accent)
        draw.add_line((playhead, origin.y), (playhead, origin.y + height), line, px(2))
        for index, frame in enumerate(frames):
            imgui.push_id(index)
            x = origin.x + margin + (frame.at_s - first) * scale
            self._draw_frame(frame, (x, origin.y + height / 2), scale, timeline, ctx)
            imgui.pop_id()
        imgui.set_cursor_screen_pos(below)
        imgui.dummy((0, 0))

    def _draw_frame(
        self,
        frame: KeyframeState,
        at: tuple[float, float],
        scale: float,
        timeline: TimelineState,
        ctx: PanelContext,
    ) -> None:
        palette, draw, size = ctx.host.palette, imgui.get_window_draw_list(), ctx.host.px(7)
        imgui.set_cursor_screen_pos((at[0] - size, at[1] - 1.5 * size))
        imgui.invisible_button("keyframe", (2 * size, 3 * size))
        lit = imgui.is_item_hovered() or imgui.is_item_active()
        name = f"seed {seed_at(frame.x, frame.y)}"
        ctx.ui.tip(
            f"{name} at {frame.at_s:.2f} s. Drag it to another time, past others to change their "
            "order; double click goes there; right click offers more."
        )
        if step := drag_step():
            frame.at_s = within(frame, "at_s", frame.at_s + step[0] / scale)
        if lit and imgui.is_mouse_double_clicked(imgui.MouseButton_.left):
            go_there(ctx.state.latent, frame.x, frame.y)
            timeline.on = False
        if imgui.begin_popup_context_item("keyframe menu"):
            if imgui.menu_item_simple("Go there"):
                go_there(ctx.state.latent, frame.x, frame.y)
                timeline.on = False
            if imgui.menu_item_simple("Replace by this place"):
                frame.x, frame.y = ctx.state.latent.x, ctx.state.latent.y
            if imgui.menu_item_simple("Remove"):
                timeline.frames.remove(frame)
            imgui.end_popup()
        x, y = at
        colour = u32(palette.text if lit else palette.dim)
        draw.add_quad_filled((x, y - size), (x + size, y), (x, y + size), (x - size, y), colour)


def go_there(latent: LatentState, x: float, y: float) -> None:
    """Stand at a place on the seed grid."""
    latent.x, latent.y = x, y


def store(timeline: TimelineState, x: float, y: float) -> None:
    """Add a keyframe behind the last one."""
    last = max((frame.at_s for frame in timeline.frames), default=-STEP_S)
    timeline.frames.append(KeyframeState(x, y, last + STEP_S))


ACTIONS: tuple[Action, ...] = (
    Action(
        "Store place as keyframe",
        "Add the place the networks stand at to the timeline.",
        lambda state, _ctx: store(state.timeline, state.latent.x, state.latent.y),
        menu="Edit",
        keys=(Chord(imgui.Key.i, "I"),),
    ),
    go_to(layout.TIMELINE),
)
