"""The monitor's curves: a plot for every group of columns, all runs in each."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dearpygui.dearpygui as dpg

from train.monitor.look import RGB, line_theme
from train.monitor.memory import Memory
from train.runs.log_columns import PLOTS
from train.runs.reader import Run, smoothed

COLUMNS = 2


@dataclass(frozen=True)
class Line:
    """One curve to draw."""

    label: str
    colour: RGB
    at: list[float]
    values: list[float]
    light: bool = False
    faint: bool = False
    dots: bool = False


class Curves:
    """The tab of plots.

    Args:
        memory: Smoothing, what it is drawn against, heights; changed by what is done.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._runs: Sequence[Run] = ()
        self._colours: Mapping[str, RGB] = {}
        self._keys: tuple[str, ...] = ()
        self._axes: dict[str, tuple[int, int]] = {}
        self._plots: dict[str, int] = {}
        self._series: dict[str, list[int]] = {}
        self._themes: dict[tuple[object, ...], int] = {}
        self.follows = True
        """True while the axes follow the data; zooming and dragging end that."""

    def build(self) -> None:
        """Add the controls and the place for the plots to the current container."""
        memory = self._memory
        with dpg.group(horizontal=True):
            dpg.add_slider_float(
                tag="smoothing",
                width=180,
                max_value=0.99,
                clamped=True,
                format="smoothing %.2f",
                default_value=memory.smoothing,
                callback=lambda _tag, value: self._set(smoothing=float(value)),
            )
            _tip("smoothing", "0: none; 0.9: the mean of about the last ten ticks.")
            dpg.add_combo(
                ("kimg", "hours"),
                tag="against",
                width=90,
                default_value=memory.against,
                callback=lambda _tag, value: self._set(against=str(value)),
            )
            _tip("against", "Thousands of pictures seen, or hours since the run began.")
            dpg.add_checkbox(
                label="logarithmic",
                tag="logarithmic",
                default_value=memory.logarithmic,
                callback=lambda _tag, value: self._set(logarithmic=bool(value)),
            )
            dpg.add_checkbox(
                label="follow",
                tag="follow",
                default_value=True,
                callback=lambda _tag, value: self._follow(bool(value)),
            )
            _tip(
                "follow",
                "The axes follow the data. Wheel: zoom; drag: move; right drag: a box; double "
                "click: all of it. Zooming ends it.",
            )
            dpg.add_slider_int(
                tag="plot height",
                width=160,
                min_value=120,
                max_value=600,
                clamped=True,
                format="height %d px",
                default_value=memory.plot_height,
                callback=lambda _tag, value: self._set(plot_height=int(value)),
            )
        dpg.add_child_window(tag="plots", border=False)

    def show(self, runs: Sequence[Run], colours: Mapping[str, RGB]) -> None:
        """Draw the curves of some runs.

        Args:
            runs: Runs that are overlaid.
            colours: The colour of every run, by folder.
        """
        self._runs, self._colours = runs, colours
        drawn = self._lines()
        if tuple(drawn) != self._keys or not self._plots:
            self._build_plots(drawn)
        for key, (_title, lines) in drawn.items():
            self._draw(key, lines)
        if self.follows:
            self.fit()

    def fit(self) -> None:
        """Let every plot show all of its data."""
        for x, y in self._axes.values():
            dpg.fit_axis_data(x)
            dpg.fit_axis_data(y)

    def heed_hand(self) -> None:
        """Stop following the data where the user has used the mouse over a plot."""
        if self.follows and any(dpg.is_item_hovered(plot) for plot in self._plots.values()):
            self._follow(False)

    def _follow(self, on: bool) -> None:
        self.follows = on
        dpg.set_value("follow", on)
        if on:
            self.fit()

    def _set(self, **changes: object) -> None:
        for name, value in changes.items():
            setattr(self._memory, name, value)
        if changes.keys() - {"smoothing"}:
            self._keys = ()
        self.show(self._runs, self._colours)

    def _lines(self) -> dict[str, tuple[str, list[Line]]]:
        """Collect titles and curves of the plots that have any, by key."""
        memory, found = self._memory, {}
        for plot in PLOTS:
            lines: list[Line] = []
            for run in self._runs:
                at = positions(run, memory.against)
                for index, (name, label) in enumerate(plot.curves):
                    if name not in run.log:
                        continue
                    # The list of runs is the legend; only which figure is which is said here.
                    told = run is self._runs[0] and len(plot.curves) > 1
                    label = label if told else f"##{run.path} {label}"
                    colour, light = self._colours[str(run.path)], index > 0
                    raw, smooth = run.log[name], memory.smoothing
                    if smooth > 0:
                        lines.append(Line(f"##raw {label}", colour, *known(at, raw), light, True))
                    lines.append(Line(label, colour, *known(at, smoothed(raw, smooth)), light))
            if any(line.at for line in lines):
                found[plot.key] = (f"{plot.title}##{plot.key}", lines)
        for metric in sorted({name for run in self._runs for name in run.metrics}):
            lines = []
            for run in self._runs:
                if metric in run.metrics:
                    kimg, values = run.metrics[metric]
                    at = [at_kimg(run, one, memory.against) for one in kimg]
                    colour = self._colours[str(run.path)]
                    lines.append(Line(f"##{run.path}", colour, *known(at, values), dots=True))
            found[f"metric {metric}"] = (metric, lines)
        return found

    def _build_plots(self, drawn: Mapping[str, tuple[str, list[Line]]]) -> None:
        dpg.delete_item("plots", children_only=True)
        self._keys, self._axes, self._plots, self._series = tuple(drawn), {}, {}, {}
        if not drawn:
            dpg.add_text("The first values come with the first tick of a run.", parent="plots")
            return
        rows = math.ceil(len(drawn) / COLUMNS)
        with dpg.subplots(
            rows,
            COLUMNS,
            parent="plots",
            width=-1,
            height=rows * self._memory.plot_height,
            link_all_x=True,
            no_title=True,
            no_menus=True,
            no_resize=True,
        ):
            for key, (title, _lines) in drawn.items():
                scale = dpg.mvPlotScale_Log10 if self._memory.logarithmic else 0
                with dpg.plot(label=title, no_menus=True) as plot:
                    dpg.add_plot_legend(location=dpg.mvPlot_Location_NorthEast)
                    x = dpg.add_plot_axis(dpg.mvXAxis, label=self._memory.against, tick_format="%g")
                    signed = key in ("scores", "signs")
                    y = dpg.add_plot_axis(
                        dpg.mvYAxis, tick_format="%g", scale=0 if signed else scale
                    )
                self._plots[key], self._axes[key] = plot, (x, y)
        self.follows = True
        dpg.set_value("follow", True)

    def _draw(self, key: str, lines: list[Line]) -> None:
        _x, y = self._axes[key]
        known_series = self._series.get(key, [])
        if [dpg.get_item_label(one) for one in known_series] != [line.label for line in lines]:
            for one in known_series:
                dpg.delete_item(one)
            known_series = [
                dpg.add_line_series([], [], label=line.label, parent=y) for line in lines
            ]
            self._series[key] = known_series
        for item, line in zip(known_series, lines, strict=True):
            dpg.set_value(item, [line.at, line.values])
            look = (line.colour, line.faint, line.light, line.dots)
            if look not in self._themes:
                self._themes[look] = line_theme(
                    line.colour, faint=line.faint, light=line.light, dots=line.dots
                )
            dpg.bind_item_theme(item, self._themes[look])


def known(at: list[float], values: list[float]) -> tuple[list[float], list[float]]:
    """Leave out the gaps."""
    pairs = [(x, y) for x, y in zip(at, values, strict=False) if math.isfinite(x + y)]
    return [x for x, _ in pairs], [y for _, y in pairs]


def positions(run: Run, against: str) -> list[float]:
    """Place the ticks of a run: thousands of pictures, or hours since its first tick."""
    if against == "kimg":
        return run.log["kimg"]
    times = run.log.get("time", [math.nan] * len(run.log["kimg"]))
    first = next((time for time in times if math.isfinite(time)), math.nan)
    return [(time - first) / 3600 for time in times]


def at_kimg(run: Run, kimg: float, against: str) -> float:
    """Place something that happened after `kimg` thousand pictures."""
    if against == "kimg":
        return kimg
    places = positions(run, against)
    later = (place for seen, place in zip(run.log["kimg"], places, strict=True) if seen >= kimg)
    return next(later, places[-1] if places else math.nan)


def _tip(item: str, text: str) -> None:
    with dpg.tooltip(item):
        dpg.add_text(text, wrap=320)
