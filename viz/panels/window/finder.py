"""A picture of the user's own: what it is wanted for, and how the search for it gets on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import imgui

from gui_utils.floating import floating_window, is_dismissed
from gui_utils.resample import for_display
from gui_utils.texture import Texture
from viz.panels.common.actions import Action, Chord
from viz.panels.common.job_progress import time_text
from viz.protocol.names import LETTERS
from viz.state.to_thumbnails import front_slot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from viz.panels.common.context import PanelContext
    from viz.protocol.projection import Finding
    from viz.state.app_state import AppState

QUESTION_WIDTH, CHOICE_HEIGHT = 420, 44
WINDOW_WIDTH, PICTURE_PX, GAP = 620, 184, 12
DIFFERENCE_GAIN = 2.0
"""Amplification of a difference shown about grey."""


class FinderWindow:
    """The question about dropped pictures, and the window of the search."""

    def __init__(self) -> None:
        self._textures: dict[str, Texture] = {}
        self._held: dict[str, tuple[object, int]] = {}

    def free(self) -> None:
        """Free the textures."""
        for texture in self._textures.values():
            texture.free()
        self._textures.clear()
        self._held.clear()

    def draw(self, state: AppState, ctx: PanelContext) -> None:
        """Draw what is open, and go where a picture has been found."""
        finder = ctx.model.finder
        if finder.arrived is not None:  # in a frame, so that it can be taken back
            ctx.commands.find.go_to(finder.arrived)
            finder.arrived = None
        if finder.asked:
            _draw_question(state, ctx)
        if finder.is_open:
            self._draw_search(ctx)

    def _draw_search(self, ctx: PanelContext) -> None:
        finder = ctx.model.finder
        window = floating_window(
            ctx.host, "Your own picture", (WINDOW_WIDTH, 0), (0.95, 0.9), to_front=False
        )
        with window as (shown, stays):
            if shown:
                self._draw_pictures(finder.present, ctx)
                _draw_progress(ctx)
                _draw_list(ctx)
            if is_dismissed(ctx.host) or not stays:
                finder.is_open = False

    def _draw_pictures(self, finding: Finding | None, ctx: PanelContext) -> None:
        side = min(
            ctx.host.px(PICTURE_PX),
            (imgui.get_content_region_avail().x - 2 * ctx.host.px(GAP)) / 3,
        )
        pictures: list[tuple[str, NDArray[np.uint8] | None]] = [
            ("Looked for", finding.target if finding else None),
            ("Found", finding.image if finding else None),
            ("Difference", _difference(finding) if finding else None),
        ]
        for index, (title, picture) in enumerate(pictures):
            if index:
                imgui.same_line(0, ctx.host.px(GAP))
            imgui.begin_group()
            ctx.ui.dim(title)
            if picture is None:
                imgui.dummy((side, side))
            else:
                high, wide = picture.shape[:2]
                scale = side / max(high, wide)
                imgui.image(
                    self._texture(title, picture, round(wide * scale)), (wide * scale, high * scale)
                )
            imgui.end_group()
        for note in finding.notes if finding else ():
            ctx.ui.dim(f"{note[0].upper()}{note[1:]}.")

    def _texture(self, key: str, picture: NDArray[np.uint8], width: int) -> imgui.ImTextureRef:
        if key not in self._textures:
            self._textures[key] = Texture()
        pixels = picture.tobytes()
        if self._held.get(key) != (pixels, width):
            self._textures[key].update(for_display(picture, width, smooth=True))
            self._held[key] = (pixels, width)
        return self._textures[key].ref


def _difference(finding: Finding) -> NDArray[np.uint8] | None:
    """What was found minus what was looked for, amplified about grey."""
    if finding.image is None:
        return None
    difference = finding.image.astype(np.float32) - finding.target
    grey = np.clip(128 + DIFFERENCE_GAIN * difference, 0, 255).astype(np.uint8)
    grey[..., 3] = 255
    return grey


def _draw_progress(ctx: PanelContext) -> None:
    """Draw how far the search is, how near, and what can be done."""
    finder, finding = ctx.model.finder, ctx.model.finder.present
    imgui.spacing()
    if finder.error:
        ctx.ui.text(f"{finder.error}.", ctx.host.palette.error)
    if finding is not None and finding.image is not None:
        ctx.ui.text(f"{finding.psnr_db:.1f} dB")
        ctx.ui.tip(
            "How near the picture is that was found: its PSNR. From 30 dB on few see a difference."
        )
    report = finder.report
    if finder.is_busy and report is not None:
        stage = report.result.stage if report.result is not None else "starting"
        imgui.progress_bar(
            report.fraction or 0.0, (imgui.get_content_region_avail().x, ctx.host.px(4)), ""
        )
        left = "" if report.seconds_left is None else f", {time_text(report.seconds_left)} left"
        ctx.ui.dim(f"{stage.capitalize()}{left}")
        if imgui.button("Cancel search"):
            ctx.commands.find.cancel()
        ctx.ui.tip("End the search; what was found before stays.")


def _draw_list(ctx: PanelContext) -> None:
    """Draw what was found, to be gone to once more."""
    finder = ctx.model.finder
    if len(finder.found) + len(finder.waiting) < 2:
        return
    imgui.separator()
    for index, found in enumerate(finder.found):
        text = f"{Path(found.task.path).name}   {found.finding.psnr_db:.1f} dB##{index}"
        if imgui.selectable(text, index == finder.shown)[0]:
            finder.shown = index
            ctx.commands.find.go_to(found)
        ctx.ui.tip("Go there again.")
    for task in finder.waiting:
        ctx.ui.dim(f"{Path(task.path).name}   waits")


def _draw_question(state: AppState, ctx: PanelContext) -> None:
    """Ask what dropped pictures are wanted for; Escape forgets them."""
    finder = ctx.model.finder
    names = [path.name for path in finder.asked]
    window = floating_window(
        ctx.host, "A picture", (QUESTION_WIDTH, 0), (0.9, 0.85), to_front=False, fixed=True
    )
    with window as (shown, stays):
        if shown:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            ctx.ui.dim(f"What is {names[0]}{more} for?")
            imgui.spacing()
            size = (imgui.get_content_region_avail().x, ctx.host.px(CHOICE_HEIGHT))
            slot = front_slot(state)
            none = not state.networks
            imgui.begin_disabled(none)
            if imgui.button(f"Find it in network {LETTERS[slot]}###find", size):
                ctx.commands.find.start(list(finder.asked), slot)
            imgui.end_disabled()
            ctx.ui.tip(
                "There is no network yet."
                if none
                else "Look for the place where the network draws nearly this, and go there.",
                even_disabled=True,
            )
            if imgui.button("Look at it in the signal lab", size):
                ctx.commands.files.open_picture(finder.asked[-1])
                finder.asked.clear()
            ctx.ui.tip("See what filters, shifts and turns do to it.")
            if imgui.button("Train on pictures like it", size):
                ctx.commands.training.use_data(finder.asked[-1].absolute().parent)
                finder.asked.clear()
            ctx.ui.tip("Take all pictures of its folder for a training.")
        if is_dismissed(ctx.host) or not stays:
            finder.asked.clear()


def _show(_state: AppState, ctx: PanelContext) -> None:
    ctx.model.finder.is_open = not ctx.model.finder.is_open


def _nothing_found(_state: AppState, ctx: PanelContext) -> str:
    finder = ctx.model.finder
    return "" if finder.found or finder.is_busy else "Drop a picture on the window first."


ACTIONS = (
    Action(
        "Your own picture",
        "Show the picture that was looked for beside the one that was found.",
        _show,
        menu="View",
        disabled_reason=_nothing_found,
    ),
    Action(
        "Before and after finding",
        "Go back to where the stage was before a picture was found, and there again.",
        lambda _state, ctx: ctx.commands.find.before_and_after(),
        menu="View",
        keys=(Chord(imgui.Key.b, "B", shift=True),),
        disabled_reason=_nothing_found,
    ),
)
