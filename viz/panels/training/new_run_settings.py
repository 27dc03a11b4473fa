"""The settings of a new training run, each with its explanation and the preset's value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils import icons
from viz.model.training_form import Option, groups, misfit, parts, preset_texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from viz.panels.common.context import PanelContext
    from viz.state.training import TrainingState

NAME_WIDTH = 168
"""Width of the column of setting names."""


def draw_settings(training: TrainingState, ctx: PanelContext) -> None:
    """Draw the settings in groups: those usually changed, and all if they are wanted."""
    ctx.ui.heading("Settings")
    right = imgui.get_content_region_avail().x
    reason = "" if training.settings else "All settings are those of the preset."
    imgui.same_line(right - ctx.host.px(84))
    with ctx.ui.disabled(reason):
        if imgui.button("Reset all", (ctx.host.px(84), 0)):
            training.settings = []
        ctx.ui.tip("Reset every setting to the preset.")
    texts = preset_texts(training.preset)
    for title, options in groups(advanced=False).items():
        _draw_group(title, options, texts, training, ctx)
    imgui.spacing()
    _changed, training.advanced = imgui.checkbox("All settings", training.advanced)
    ctx.ui.tip("Show also the settings that are rarely changed.")
    if training.advanced:
        _subject, kind = parts(training.preset)
        for title, options in groups(advanced=True).items():
            if (": StyleGAN2" in title and "stylegan3" in kind) or (
                ": StyleGAN3" in title and "stylegan2" in kind
            ):
                continue
            _draw_group(title, options, texts, training, ctx)


def _draw_group(
    title: str,
    options: tuple[Option, ...],
    texts: Mapping[str, str],
    training: TrainingState,
    ctx: PanelContext,
) -> None:
    imgui.spacing()
    with ctx.host.fonts.small():
        ctx.ui.text(title, ctx.host.palette.dim)
        if training.grow and title.startswith("Generator") and "training" not in title:
            ctx.ui.dim("What is not typed here follows from the weights that grow.")
    for option in options:
        imgui.push_id(option.name)
        _draw_setting(option, texts[option.name], training, ctx)
        imgui.pop_id()


def _draw_setting(
    option: Option, preset_text: str, training: TrainingState, ctx: PanelContext
) -> None:
    """Draw a setting: its name, its value, and a button that restores the preset's value."""
    palette, typed = ctx.host.palette, training.text_of(option.name)
    text = preset_text if typed is None else typed
    wrong = misfit(option, text)
    left, side = imgui.get_cursor_pos_x(), imgui.get_frame_height()
    imgui.align_text_to_frame_padding()
    colour = palette.error if wrong else palette.text if typed is not None else palette.dim
    ctx.ui.text(option.label[:1].upper() + option.label[1:], colour)
    tip = f"{option.explanation}\n\nPreset: {preset_text or 'automatic'}"
    ctx.ui.tip(f"{wrong}\n\n{tip}" if wrong else tip)
    imgui.same_line(0, 0)
    imgui.set_cursor_pos_x(left + ctx.host.px(NAME_WIDTH))
    imgui.set_next_item_width(imgui.get_content_region_avail().x - side - ctx.host.px(6))
    new = _draw_value(option, text)
    ctx.ui.tip(tip)
    if ctx.ui.reset_menu(option.name):
        new = preset_text
    if typed is not None:
        imgui.same_line(0, ctx.host.px(4))
        if ctx.ui.icon_button(icons.RESET, "reset", tip="Reset to the preset."):
            new = preset_text
    if new != text:
        training.type(option.name, None if new == preset_text else new)


def _draw_value(option: Option, text: str) -> str:
    if option.kind in ("switch", "choice"):
        choices = option.choices or ("on", "off")
        offered = ("", *choices) if option.optional else choices
        if imgui.begin_combo("##value", text or "automatic"):
            for one in offered:
                if imgui.selectable(one or "automatic", one == text)[0]:
                    text = one
            imgui.end_combo()
        return text
    hint = "automatic" if option.optional else "none" if option.kind in ("names", "numbers") else ""
    return str(imgui.input_text_with_hint("##value", hint, text)[1])
