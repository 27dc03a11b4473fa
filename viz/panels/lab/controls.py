"""Controls of the signal lab: signal, operation, their parameters, and the transform."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.labels import DASH
from gui_utils.theme import u32
from viz.panels.common import controls
from viz.panels.lab.texts import OPERATIONS, SIGNALS
from viz.protocol.lab import ZOOMS, OperationKind, SignalKind
from viz.state.app_state import MotionState
from viz.state.paths import path_of
from viz.state.ranges import limits

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.panels.lab.previews import Previews
    from viz.state.lab import LabState

GAP = 4
CHIP = 28
"""Width of a small button."""
PERIOD_S = 10.0
"""Seconds in which the animated transform passes through its range."""
CUTOFF_TIP = (
    "Where the low-pass filter cuts, f_c, in cycles per sample of the coarser grid. The transition"
    " ends where the grid does, so a lower cutoff attenuates more."
)


def choose_signal(lab: LabState, previews: Previews, ctx: PanelContext) -> None:
    """Draw a row of small pictures, one for each signal."""
    host, palette = ctx.host, ctx.host.palette
    gap = host.px(GAP)
    width = (imgui.get_content_region_avail().x - gap * (len(SIGNALS) - 1)) / len(SIGNALS)
    side = min(width, host.px(52))
    draw, top = imgui.get_window_draw_list(), imgui.get_cursor_screen_pos()
    with host.fonts.small():
        height = side + host.px(2) + imgui.get_text_line_height()
        for index, (kind, (name, tip)) in enumerate(SIGNALS.items()):
            left = top.x + index * (width + gap)
            imgui.set_cursor_screen_pos((left, top.y))
            if imgui.invisible_button(f"##{kind}", (width, height), imgui.ButtonFlags_.enable_nav):
                lab.signal = kind
            hovered, chosen = imgui.is_item_hovered(), lab.signal == kind
            ctx.ui.tip(tip)
            inset = (width - side) / 2
            low, high = (left + inset, top.y), (left + inset + side, top.y + side)
            _draw_preview(kind, previews, low, high, ctx)
            if chosen or hovered:
                colour = u32(palette.accent if chosen else palette.dim)
                draw.add_rect(low, high, colour, 0.0, host.px(2))
            text_width = imgui.calc_text_size(name).x
            at = (left + (width - text_width) / 2, top.y + side + host.px(2))
            draw.add_text(at, u32(palette.text if chosen else palette.dim), name)


def _draw_preview(
    kind: SignalKind,
    previews: Previews,
    low: tuple[float, float],
    high: tuple[float, float],
    ctx: PanelContext,
) -> None:
    draw = imgui.get_window_draw_list()
    texture = previews.of(kind, ctx)
    if texture is None:
        draw.add_rect_filled(low, high, u32(ctx.host.palette.frame))
        middle = ((low[0] + high[0]) / 2, (low[1] + high[1]) / 2)
        size = imgui.calc_text_size(DASH)
        at = (middle[0] - size.x / 2, middle[1] - size.y / 2)
        draw.add_text(at, u32(ctx.host.palette.dim), DASH)
    else:
        draw.add_image(texture.ref, low, high)


def set_signal(lab: LabState, ctx: PanelContext) -> None:
    """Draw the parameters of the chosen signal."""
    gap, chips = ctx.host.px(GAP), 3 * ctx.host.px(CHIP) + 2 * ctx.host.px(2)
    match lab.signal:
        case "sine":
            ctx.ui.label("Wave")
            width = imgui.get_content_region_avail().x - chips - 2 * gap
            controls.slide_bare(
                ctx,
                lab,
                "frequency",
                0.62 * width,
                "Cycles per pixel; pixels hold at most ½. Rounded to whole periods.",
                unit="c/px",
                decimals=3,
            )
            imgui.same_line(0, gap)
            controls.slide_bare(
                ctx,
                lab,
                "angle_rad",
                0.38 * width,
                "The direction in which the waves follow one another, anticlockwise.",
                factor=180 / math.pi,
                unit="°",
                decimals=0,
                origin=0.0,
            )
        case _:
            ctx.ui.label("Band limit")
            dice = imgui.get_frame_height() + gap if lab.signal == "noise" else 0.0
            width = imgui.get_content_region_avail().x - chips - gap - dice
            controls.slide_bare(
                ctx,
                lab,
                "band",
                width,
                "Highest frequency in the signal, in any direction, in cycles per pixel; ½ keeps"
                " all frequencies.",
                unit="c/px",
                decimals=3,
            )
    imgui.same_line(0, gap)
    if lab.signal == "noise":
        if ctx.ui.icon_button(icons.DICE, "noise", tip=f"Other noise; this is {lab.noise_seed}."):
            lab.noise_seed = (lab.noise_seed + 1) % (int(limits(lab, "noise_seed")[1]) + 1)
        imgui.same_line(0, gap)
    _choose_side(lab, chips, ctx)
    if lab.signal == "picture":
        _set_picture(lab, ctx)


def _choose_side(lab: LabState, width: float, ctx: PanelContext) -> None:
    options = tuple(
        (side, f"{side}", f"{side} × {side} samples; channels that have fewer keep their own.")
        for side in (32, 64, 128)
    )
    controls.choose_bare(ctx, lab, "side", options, width)


def _set_picture(lab: LabState, ctx: PanelContext) -> None:
    ctx.ui.label("From")
    gap = ctx.host.px(2)
    width = (imgui.get_content_region_avail().x - gap) / 2
    if ctx.ui.chip("Network##picture", not lab.file, width):
        lab.file = ""
    ctx.ui.tip("The picture of the inspected network.")
    imgui.same_line(0, gap)
    if ctx.ui.chip("File …##picture", bool(lab.file), width):
        ctx.commands.files.choose_picture()
    ctx.ui.tip(lab.file or "A PNG, JPEG, WebP, BMP or TIFF; one can be dropped on the window, too.")


def choose_operation(lab: LabState, ctx: PanelContext) -> None:
    """Draw a row of buttons, one for each operation."""
    options = tuple((kind, one.button, one.words) for kind, one in OPERATIONS.items())
    with ctx.host.fonts.small():
        aside = imgui.get_frame_height() + ctx.host.px(GAP)  # for the button to the stage
        width = imgui.get_content_region_avail().x - aside
        controls.choose_bare(ctx, lab, "operation", options, width)


def set_operation(lab: LabState, ctx: PanelContext) -> None:
    """Draw the parameters of the chosen operation."""
    kind: OperationKind = lab.operation
    match kind:
        case "convolution":
            controls.choose(
                ctx,
                lab,
                "kernel",
                "Kernel",
                (("1×1", "1×1"), ("radial", "Radial")),
                "What is compared with a 3×3 kernel that has a direction.",
            )
        case "upsampling":
            controls.choose(
                ctx,
                lab,
                "naive",
                "Naive",
                (("nearest", "Nearest"), ("bilinear", "[1, 3, 3, 1]")),
                "What is compared with the windowed sinc: every pixel twice, or StyleGAN2's"
                " bilinear filter.",
            )
        case "nonlinearity":
            _set_nonlinearity(lab, ctx)
    if kind == "convolution" and lab.kernel == "1×1":
        ctx.ui.label("Filter")
        ctx.ui.dim("none")
        return
    _set_filter(lab, ctx)


def _set_filter(lab: LabState, ctx: PanelContext) -> None:
    gap = ctx.host.px(GAP)
    ctx.ui.label("Filter")
    whole = imgui.get_content_region_avail().x
    chip = ctx.host.px(44) if lab.operation != "convolution" else 0.0
    width = (whole - chip - gap) / 2 - (gap / 2 if chip else 0)
    _set_taps(lab, width, ctx)
    imgui.same_line(0, gap)
    controls.slide_bare(ctx, lab, "cutoff", width, CUTOFF_TIP, unit="f_c", decimals=2)
    if chip:
        imgui.same_line(0, gap)
        if ctx.ui.chip("Jinc", lab.radial, chip):
            lab.radial = not lab.radial
        ctx.ui.tip(
            "A radially symmetric filter instead of the separable sinc, as in StyleGAN3-R: turns"
            " need it."
        )


def _set_nonlinearity(lab: LabState, ctx: PanelContext) -> None:
    ctx.ui.label("Oversample")
    tip = (
        "How many times finer the filtered nonlinearity is computed; at 1× its filter only follows."
    )
    options = tuple((factor, f"{factor}×", tip) for factor in (1, 2, 4))
    controls.choose_bare(ctx, lab, "m", options, 4 * ctx.host.px(CHIP))
    imgui.same_line(0, ctx.host.px(GAP))
    controls.slide_bare(
        ctx,
        lab,
        "slope",
        imgui.get_content_region_avail().x,
        "Slope of the leaky ReLU below zero: 0 is ReLU, StyleGAN has 0.2, 1 is linear.",
        unit="slope",
        decimals=2,
    )


def _set_taps(lab: LabState, width: float, ctx: PanelContext) -> None:
    controls.slide_bare(
        ctx,
        lab,
        "taps",
        width,
        "Length of the windowed sinc: n taps for each sample of the coarser grid. Longer filters"
        " attenuate more.",
        unit="n",
    )


def set_move(lab: LabState, width: float, ctx: PanelContext) -> None:
    """Draw the transform applied before or after the operation, in a column `width` pixels wide."""
    gap = ctx.host.px(2)
    options = (
        (
            "shift",
            "Shift",
            "t moves the signal to the right. A wave that has folded up and down only moves right"
            " with it; turn the wave to see it.",
        ),
        ("turn", "Turn", "t turns the signal anticlockwise about the middle."),
    )
    controls.choose_bare(ctx, lab, "move", options, width)
    name = "shift_px" if lab.move == "shift" else "turn_rad"
    side = imgui.get_frame_height()
    if lab.move == "shift":
        controls.slide_bare(
            ctx, lab, name, width - side - gap, "Distance of the shift t.", unit="px", decimals=2
        )
    else:
        controls.slide_bare(
            ctx,
            lab,
            name,
            width - side - gap,
            "Angle of the turn t.",
            factor=180 / math.pi,
            unit="°",
            decimals=0,
        )
    imgui.same_line(0, gap)
    _play(lab, name, ctx)


def _play(lab: LabState, name: str, ctx: PanelContext) -> None:
    """Draw the button that animates the transform."""
    state, path = ctx.state, path_of(ctx.state, lab, name)
    if path is None:
        return
    moves = any(motion.field == path for motion in state.motions)
    icon = icons.PAUSE if moves and state.playing else icons.PLAY
    if ctx.ui.icon_button(icon, "sweep", tip="Move on and on; Space pauses all that moves."):
        others = [motion for motion in state.motions if motion.field != path]
        if moves and state.playing:
            state.motions = others
            return
        low, high = limits(lab, name)
        phase = (getattr(lab, name) - low) / (high - low) % 1.0
        sweep = MotionState(path, low, high, period_s=PERIOD_S, phase=phase, shape="loop")
        state.motions = [*others, sweep]
        state.playing = True


def choose_zoom(lab: LabState, width: float, ctx: PanelContext) -> None:
    """Draw the magnification of the signals' middle, in a row `width` pixels wide."""
    tip = "Magnification of the middle of the signals; or turn the wheel over them."
    options = tuple((factor, f"{factor}×", tip) for factor in ZOOMS)
    controls.choose_bare(ctx, lab, "zoom", options, width)
