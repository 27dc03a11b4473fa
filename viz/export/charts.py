"""A chart as data: what panels draw, read out under the pointer, and save as figures."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Colour = tuple[float, float, float]
"""Red, green and blue in 0…1."""
FAR = 2.0
"""Curves are drawn so many heights beyond an axis at most."""
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
    weight: float = 1.5
    """Width of a line in pixels, at a scale of 1."""
    interval: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    """Lower and upper ends of the 95 % confidence interval of every sample; None: not known."""


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

    @property
    def heights(self) -> list[NDArray[np.float64]]:
        """Values of all curves, with the ends of their intervals."""
        return [part for one in self.curves for part in (one.y, *(one.interval or ()))]

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
        Reading(one.name, _value_text(chart.y, one, value, at), one.ink or one.colour)
        for one in chart.curves
        if (value := value_at(one, at)) is not None
    ]
    return at, readings


def _value_text(axis: Axis, curve: Curve, value: float, at: float) -> str:
    """Format a curve's value; a sample's with its interval."""
    place = _sample_at(curve, at)
    if curve.interval is None or place is None:
        return axis.text(value)
    low, high = (float(one[place]) for one in curve.interval)
    if math.isnan(low) or math.isnan(high):
        return axis.text(value)
    plain = replace(axis, unit="")
    return f"{axis.text(value)} ({plain.text(low)} … {plain.text(high)})"


def value_at(curve: Curve, at: float) -> float | None:
    """Return a curve's value: a sample's own, or between two; None outside its samples."""
    if not len(curve.x):
        return None
    place = _sample_at(curve, at)
    if place is not None:
        return float(curve.y[place])
    if curve.kind != "line" or not curve.x[0] < at < curve.x[-1]:
        return None
    return float(np.interp(at, curve.x, curve.y))


def _sample_at(curve: Curve, at: float) -> int | None:
    """Return the number of the sample at a place; None if there is none."""
    if not len(curve.x):
        return None
    near = NEAR * max(1.0, float(np.abs(curve.x).max()))
    index = int(np.abs(curve.x - at).argmin())
    return index if abs(curve.x[index] - at) <= near else None


def csv_text(chart: Chart) -> str:
    """Write all samples as CSV, units in the heading.

    There is a column for x and one for every curve, followed by the ends of its interval if it has
    one.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    unit = f" ({chart.y.unit})" if chart.y.unit else ""
    heading = chart.x.label or ("place" if chart.places else chart.x.unit)
    if chart.x.unit and chart.x.label:
        heading += f" ({chart.x.unit})"
    columns = [pair for one in chart.curves for pair in _columns(one)]
    writer.writerow([heading, *(f"{name}{unit}" for name, _curve in columns)])
    for at in _all_places(chart):
        row = [chart.place_text(at) if chart.places else f"{at:.9g}"]
        writer.writerow([*row, *(_sample_text(one, at) for _name, one in columns)])
    return file.getvalue()


def _columns(curve: Curve) -> list[tuple[str, Curve]]:
    """Return a curve and the ends of its interval as columns with their names."""
    if curve.interval is None:
        return [(curve.name, curve)]
    ends_of = zip(("low 95 %", "high 95 %"), curve.interval, strict=True)
    return [
        (curve.name, curve),
        *((f"{curve.name} {which}", replace(curve, y=end)) for which, end in ends_of),
    ]


def _sample_text(curve: Curve, at: float) -> str:
    """Format the sample at a place; empty if there is none."""
    place = _sample_at(curve, at)
    if place is None or math.isnan(value := float(curve.y[place])):
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


def clipped(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Keep values within a few heights of an axis: infinite ones have no place."""
    height = high - low
    return np.clip(values, low - FAR * height, high + FAR * height)
