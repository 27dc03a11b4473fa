"""A chart as data: what panels draw, read out under the pointer, and save as figures."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Colour = tuple[float, float, float]
"""Red, green and blue in 0…1."""
NEAR = 1e-9
"""Samples closer to each other than this part of the axis are at the same place."""


@dataclass(frozen=True)
class Axis:
    """Quantity along an axis, and its ends."""

    label: str = ""
    unit: str = ""
    low: float | None = None
    """Fixed lower end; None: it fits the curves."""
    high: float | None = None
    decimals: int | None = None
    """Digits after the point; None: four significant ones."""

    @property
    def title(self) -> str:
        """Title beside the axis, as in `shift in px`."""
        return " in ".join(filter(None, (self.label, self.unit)))

    def text(self, value: float) -> str:
        """Format a value with its unit; a dash if it is unknown."""
        if math.isnan(value):
            return "–"
        if math.isinf(value):
            figure = "∞" if value > 0 else "−∞"
        else:
            figure = f"{value:.4g}" if self.decimals is None else f"{value:z.{self.decimals}f}"
        gap = "" if self.unit in ("", "°") else " "
        return f"{figure}{gap}{self.unit}"


@dataclass(frozen=True, eq=False)
class Curve:
    """A line, bars or stems over the horizontal axis."""

    name: str
    x: NDArray[np.float64]
    """Rising."""
    y: NDArray[np.float64]
    """NaN where nothing is known."""
    colour: Colour
    kind: Literal["line", "bars", "stems"] = "line"
    fainter: bool = False
    """True for what others are compared with."""
    offset: float = 0.0
    """Where a bar stands beside its place."""
    width: float = 0.8
    """Width of a bar."""
    ink: Colour | None = None
    """Colour of its values, where its own is too pale to read; None: its own."""


@dataclass(frozen=True)
class Mark:
    """A vertical line."""

    at: float
    name: str = ""


@dataclass(frozen=True, eq=False)
class Chart:
    """Curves over one pair of axes."""

    name: str
    """Beginning of the names of its files; unique in its panel."""
    x: Axis
    y: Axis
    curves: tuple[Curve, ...]
    marks: tuple[Mark, ...] = ()
    shared: bool = True
    """Its vertical axis is that of all networks, until it is set free."""
    places: tuple[str, ...] = ()
    """Names of the places 0, 1, 2 … along x; none: x is a number."""

    def place_text(self, at: float) -> str:
        """Format a place along x, with its unit or by its name."""
        if self.places:
            return self.places[min(max(round(at), 0), len(self.places) - 1)]
        text = self.x.text(at)
        return text if self.x.unit or not self.x.label else f"{self.x.label}: {text}"


@dataclass(frozen=True)
class Reading:
    """The value of one curve under the pointer."""

    name: str
    text: str
    colour: Colour


def read_out(chart: Chart, pointer: float) -> tuple[float, list[Reading]] | None:
    """Read all curves at the sample nearest to the pointer.

    Returns:
        The place of that sample, and a value for every curve that reaches there, as measured or
        between two of its samples; None where nothing has been measured.
    """
    places = _all_places(chart)
    if not len(places):
        return None
    at = float(places[np.abs(places - pointer).argmin()])
    readings = [
        Reading(one.name, chart.y.text(value), one.ink or one.colour)
        for one in chart.curves
        if (value := value_at(one, at)) is not None
    ]
    return at, readings


def value_at(curve: Curve, at: float) -> float | None:
    """Return a curve's value: a sample's own, or between two; None outside its samples."""
    if not len(curve.x):
        return None
    near = NEAR * max(1.0, float(np.abs(curve.x).max()))
    index = int(np.abs(curve.x - at).argmin())
    if abs(curve.x[index] - at) <= near:
        return float(curve.y[index])
    if curve.kind != "line" or not curve.x[0] < at < curve.x[-1]:
        return None
    return float(np.interp(at, curve.x, curve.y))


def csv_text(chart: Chart) -> str:
    """Write all samples as CSV: a column for x and one for every curve, units in the heading."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    unit = f" ({chart.y.unit})" if chart.y.unit else ""
    heading = chart.x.label or ("place" if chart.places else chart.x.unit)
    if chart.x.unit and chart.x.label:
        heading += f" ({chart.x.unit})"
    writer.writerow([heading, *(f"{one.name}{unit}" for one in chart.curves)])
    for at in _all_places(chart):
        row = [chart.place_text(at) if chart.places else f"{at:.9g}"]
        writer.writerow([*row, *(_sample_text(one, at) for one in chart.curves)])
    return file.getvalue()


def _sample_text(curve: Curve, at: float) -> str:
    """Format the sample at a place; empty if there is none."""
    found = np.flatnonzero(np.isclose(curve.x, at, rtol=NEAR, atol=NEAR))
    if not len(found) or math.isnan(value := float(curve.y[found[0]])):
        return ""
    return f"{value:.9g}"


def _all_places(chart: Chart) -> NDArray[np.float64]:
    """Return the places of all samples, rising, each once."""
    known = [one.x for one in chart.curves if len(one.x)]
    if not known:
        return np.zeros(0)
    places = np.unique(np.concatenate(known))
    near = NEAR * max(1.0, float(np.abs(places).max()))
    return places[np.diff(places, prepend=-np.inf) > near]


def ends(
    axis: Axis, values: Sequence[NDArray[np.float64]], *, free: bool = False
) -> tuple[float, float]:
    """Return the ends of an axis: its own, or around what is drawn.

    Args:
        axis: The axis.
        values: Those of all curves along it.
        free: Fit the curves even if the axis has ends of its own.
    """
    if axis.low is not None and axis.high is not None and not free:
        return axis.low, axis.high
    finite = [one[np.isfinite(one)] for one in values]
    known = np.concatenate(finite) if finite else np.zeros(0)
    if not len(known):
        return (0.0, 1.0) if axis.low is None or axis.high is None else (axis.low, axis.high)
    low, high = float(known.min()), float(known.max())
    room = 0.05 * (high - low) or 0.5 * max(abs(high), 1.0)
    return low - room, high + room


def round_steps(low: float, high: float, count: int = 6) -> list[float]:
    """Return about `count` round numbers between two ends."""
    rough = (high - low) / max(count, 1)
    if rough <= 0 or not math.isfinite(rough):
        return [low]
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * part for part in (1, 2, 2.5, 5, 10) if size * part >= rough * (1 - NEAR))
    first = math.ceil(low / step - NEAR)
    last = math.floor(high / step + NEAR)
    return [round(index * step, 12) for index in range(first, last + 1)]
