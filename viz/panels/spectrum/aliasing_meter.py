"""The aliasing meter: energy above the band limit after each step of every network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import imgui, implot

from gui_utils.labels import number_text
from gui_utils.theme import Colour, mix, vec4
from viz.export.charts import Axis, Chart, Curve
from viz.panels.common.charts import draw_chart
from viz.panels.common.controls import choose
from viz.panels.common.follow import follow
from viz.panels.common.latent_count import choose_latents
from viz.protocol.equivariance_tasks import for_random_latents, latents_only
from viz.protocol.names import LETTERS
from viz.protocol.result import StepLevel
from viz.protocol.spectra import AliasingTask
from viz.state.to_request import request_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viz.panels.common.chart_keys import Pointed
    from viz.panels.common.context import PanelContext
    from viz.protocol.request import StepName
    from viz.state.instruments import SpectrumState

FLOOR_DB, TOP_DB = -80.0, 0.0
EVERYTHING_DB = 1000.0
LOWEST, HIGHEST = 76, 420
"""Height of a network's plot, in pixels at a scale of 1."""
PLACES: dict[StepName, int] = {
    "input": 3,
    "conv": 0,
    "upsample": 1,
    "nonlinearity": 2,
    "downsample": 3,
}
"""Position of a step's bar within its layer."""
NAMES: dict[StepName, str] = {
    "input": "waves",
    "conv": "convolution",
    "upsample": "upsampling",
    "nonlinearity": "nonlinearity",
    "downsample": "low-pass filter",
}
BAR = 0.2


@dataclass(frozen=True)
class Strip:
    """The steps of one network, layer by layer."""

    layers: tuple[tuple[str, tuple[StepLevel, ...]], ...]

    @classmethod
    def of(cls, levels: Sequence[StepLevel]) -> Strip:
        """Group levels, in drawing order, by layer."""
        layers: dict[str, list[StepLevel]] = {}
        for level in levels:
            layers.setdefault(level.layer, []).append(level)
        return cls(tuple((name, tuple(steps)) for name, steps in layers.items()))

    def levels(self, step: StepName) -> np.ndarray:
        """Return the level after a step for every layer, in dB; NaN where there is none."""
        found = [one.above_db if one is not None else None for one in self._after(step)]
        return np.array([np.nan if db is None else db for db in found], np.float64)

    def intervals(self, step: StepName) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the ends of the intervals of these levels, in dB; None of a single latent."""
        unknown = (np.nan, np.nan)
        found = [one.interval_db if one is not None else None for one in self._after(step)]
        if not any(found):
            return None
        low, high = np.array([one or unknown for one in found], np.float64).T
        return low, high

    def _after(self, step: StepName) -> list[StepLevel | None]:
        """Return a step of every layer; None for layers without it."""
        return [
            next((one for one in steps if one.step == step), None) for _name, steps in self.layers
        ]

    @property
    def most_left(self) -> tuple[str, float] | None:
        """Layer that passes on the most energy above its limit, and its level in dB."""
        left = [
            (name, level.above_db)
            for name, steps in self.layers
            for level in steps
            if level.step == "downsample" and level.above_db is not None
        ]
        return max(left, key=lambda pair: pair[1], default=None)

    @property
    def ticks(self) -> tuple[list[float], list[str]]:
        """Positions and short names of the labelled layers."""
        names = [_short(name) if len(steps) > 1 else "" for name, steps in self.layers]
        places = [index for index, name in enumerate(names) if name and name not in names[:index]]
        return [float(index) for index in places], [names[index] for index in places]


class AliasingPage:
    """The Aliasing page: measures the networks in the background and draws a strip for each."""

    def __init__(self) -> None:
        self._measured: dict[tuple[int, str], tuple[StepLevel, ...]] = {}
        """Newest levels by slot and network, shown until there are newer ones."""

    def levels(self, slot: int, ctx: PanelContext) -> tuple[StepLevel, ...] | None:
        """Return the measured levels of the network in a slot; None if there are none yet."""
        return self._measured.get((slot, ctx.state.networks[slot].source))

    def _measure(self, state: SpectrumState, ctx: PanelContext) -> None:
        request = latents_only(request_for(ctx.state, maps=False, spectrum=False))
        request = replace(request, noise=ctx.state.latent.noise)
        if state.latents > 1:
            request = for_random_latents(request)
        task = AliasingTask(request, state.limit, state.beta, state.latents)
        report = follow(ctx.model.aliasing, task, ctx)
        if report is None or not isinstance(report.task, AliasingTask):
            return
        places = enumerate(report.task.request.networks)
        measured = zip(places, report.result or (), strict=False)
        self._measured.update({place: levels for place, levels in measured if levels})

    def draw(self, state: SpectrumState, ctx: PanelContext) -> None:
        """Draw the strips; a click chooses a layer."""
        choose(
            ctx,
            state,
            "limit",
            "Limit",
            (("stopband", "Stopband f_t"), ("cutoff", "Cutoff f_c")),
            "From which frequency on energy counts as above the band: where the layer's filter"
            " has stopped, or where it begins to cut. StyleGAN2 has half its sampling rate alone.",
        )
        self._measure(state, ctx)
        counts = [
            levels[0].latents
            for slot in range(len(ctx.state.networks))
            if (levels := self.levels(slot, ctx))
        ]
        choose_latents(state, min(counts, default=0), ctx)
        count = max(1, len(ctx.state.networks))
        _draw_legend(ctx)
        room = imgui.get_content_region_avail().y / count - imgui.get_text_line_height() * 1.8
        height = min(max(room, ctx.host.px(LOWEST)), ctx.host.px(HIGHEST))
        for slot in range(len(ctx.state.networks)):
            levels = self.levels(slot, ctx)
            _draw_title(slot, Strip.of(levels) if levels else None, ctx)
            if levels:
                _draw_strip(slot, Strip.of(levels), height, ctx)
            else:
                imgui.dummy((0, height))


def _draw_legend(ctx: PanelContext) -> None:
    """Draw the legend of the four bars of a layer."""
    colour = ctx.host.palette.text
    explained: tuple[tuple[StepName, str], ...] = (
        ("conv", "Conv"),
        ("upsample", "Up"),
        ("nonlinearity", "ReLU"),
        ("downsample", "Filter"),
    )
    tips = {
        "conv": "After the convolution. StyleGAN2 convolves between inserted zeros where it"
        " upsamples: the copies of the spectrum are all there.",
        "upsample": "After upsampling, with its low-pass filter: copies of the spectrum that it"
        " has let through.",
        "nonlinearity": "After the nonlinearity, at the temporary rate: what its corner makes."
        " Of StyleGAN2, which has no temporary rate, it is sampled twice as finely to show it.",
        "downsample": "After the low-pass filter, before samples are dropped: what is left here"
        " becomes aliases, or stays as a slope beyond the band. StyleGAN2 has no such filter, so"
        " all of it folds back.",
    }
    side, draw = ctx.host.px(10), imgui.get_window_draw_list()
    with ctx.host.fonts.small():
        for index, (step, name) in enumerate(explained):
            if index:
                imgui.same_line(0, ctx.host.px(12))
            imgui.begin_group()
            at, line = imgui.get_cursor_screen_pos(), imgui.get_text_line_height()
            top = at.y + (line - side) / 2
            fill = imgui.color_convert_float4_to_u32(vec4(_tone(colour, step, ctx)))
            draw.add_rect_filled((at.x, top), (at.x + side, top + side), fill)
            imgui.dummy((side, line))
            imgui.same_line(0, ctx.host.px(4))
            ctx.ui.text(name, ctx.host.palette.dim)
            imgui.end_group()
            ctx.ui.tip(tips[step])


def _tone(colour: Colour, step: StepName, ctx: PanelContext) -> Colour:
    """Return a network's colour for a step; the last step is strongest."""
    strength = {"conv": 0.25, "upsample": 0.4, "nonlinearity": 0.6}.get(step, 1.0)
    return mix(ctx.host.palette.stage, colour, strength)


def _draw_title(slot: int, strip: Strip | None, ctx: PanelContext) -> None:
    ctx.ui.text(LETTERS[slot], ctx.colour(slot))
    imgui.same_line(0, ctx.host.px(6))
    ctx.ui.text(ctx.model.label(slot))
    most = strip.most_left if strip is not None else None
    text = f"Leaves {number_text(most[1] if most else None, 1, 6)} dB"
    with ctx.host.fonts.mono():
        room = imgui.get_content_region_avail().x
        imgui.same_line(imgui.get_cursor_pos_x() + room - imgui.calc_text_size(text).x)
        ctx.ui.text(text, ctx.host.palette.dim)
    where = f" Most in {most[0]}." if most else ""
    ctx.ui.tip(
        "The most that any layer passes on above its band limit, relative to all of the layer's "
        "energy"
        f" but the mean.{where}"
    )


def _draw_strip(slot: int, strip: Strip, height: float, ctx: PanelContext) -> None:
    names = [name for name, _steps in strip.layers]
    places = np.arange(len(names), dtype=np.float64)
    steps = [(step, strip.levels(step), strip.intervals(step)) for step in PLACES]
    chart = Chart(
        f"aliasing-{LETTERS[slot]}",
        Axis("layer", "", -0.6, len(names) - 0.4),
        Axis("", "dB", FLOOR_DB, TOP_DB, decimals=1),
        tuple(
            Curve(
                NAMES[step],
                places[known],
                levels[known],
                _tone(ctx.colour(slot), step, ctx),
                kind="bars",
                offset=(PLACES[step] - 1.5) * BAR,
                width=0.9 * BAR,
                ink=ctx.colour(slot),
                interval=(ends[0][known], ends[1][known]) if ends is not None else None,
            )
            for step, levels, ends in steps
            if (known := ~np.isnan(levels)).any()
        ),
        places=tuple(names),
    )
    chosen = None
    if slot == ctx.model.layer_slot and ctx.state.layers.layer in names:
        chosen = names.index(ctx.state.layers.layer)

    def shade_layers(pointed: Pointed | None) -> None:
        hovered = _layer_at(strip, pointed.x if pointed is not None else None)
        if chosen is not None:
            _shade(chosen, vec4(ctx.host.palette.frame_active, 0.9))
        if hovered is not None and hovered != chosen:
            _shade(hovered, vec4(ctx.host.palette.frame, 0.9))

    def choose_layer(pointed: Pointed | None) -> None:
        hovered = _layer_at(strip, pointed.x if pointed is not None else None)
        if hovered is not None and pointed is not None and pointed.chosen:
            layers = ctx.state.layers
            layers.slot, layers.layer, layers.first_channel = slot, names[hovered], 0

    draw_chart(
        chart,
        (imgui.get_content_region_avail().x, height),
        ctx,
        legend=False,
        under=shade_layers,
        over=choose_layer,
        notes=lambda pointer: _notes(strip, pointer),
        x_ticks=strip.ticks,
    )


def _layer_at(strip: Strip, pointer: float | None) -> int | None:
    if pointer is None or not 0 <= round(pointer) < len(strip.layers):
        return None
    return round(pointer)


def _shade(index: int, colour: imgui.ImVec4) -> None:
    ends = np.array([index - 0.5, index + 0.5])
    spec = implot.Spec(fill_color=colour)
    implot.plot_shaded("##layer", ends, np.full(2, EVERYTHING_DB), -EVERYTHING_DB, spec)


def _notes(strip: Strip, pointer: float) -> list[str]:
    """Say above which frequency each step was measured, at which rate."""
    layer = _layer_at(strip, pointer)
    if layer is None:
        return []
    lines = [
        f"above {level.limit:.1f} at {level.rate:g} after {NAMES[level.step]}"
        for level in strip.layers[layer][1]
    ]
    latents = strip.layers[layer][1][0].latents
    if latents > 1:
        lines.insert(0, f"95 % intervals over {latents} latents")
    return [*lines, "frequencies in cycles/picture; click to inspect the layer"]


def _short(name: str) -> str:
    """Return a layer's name for the axis: L7, or the resolution for StyleGAN2."""
    return name.split("_")[0] if "_" in name else name.split(".")[0].removeprefix("b")
