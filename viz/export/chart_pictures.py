"""Charts as pictures: shapes on a plane, written as SVG or drawn as pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from xml.sax.saxutils import escape

import numpy as np
from PIL import Image, ImageDraw

from viz.export.charts import Chart, Colour, Curve, ends, round_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from PIL import ImageFont

    Point = tuple[float, float]

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 40, 52
TEXT_PX = 13
OVERSAMPLED = 2
"""Pixels are drawn so many times as finely along each side, then averaged."""


@dataclass(frozen=True)
class Look:
    """Colours of a chart's picture."""

    back: Colour
    text: Colour
    line: Colour


@dataclass(frozen=True)
class Path:
    """A line through points, or the area within them."""

    points: tuple[Point, ...]
    colour: Colour
    width: float = 1.0
    filled: bool = False


@dataclass(frozen=True)
class Text:
    """A text at a place."""

    x: float
    y: float
    """Of its middle."""
    text: str
    colour: Colour
    anchor: Literal["start", "middle", "end"] = "middle"


Shape = Path | Text


def shapes_of(chart: Chart, look: Look, *, free: bool = False) -> list[Shape]:
    """Lay a chart out on a plane of `WIDTH` × `HEIGHT`.

    Args:
        chart: The chart.
        look: Its colours.
        free: Fit its axes to the curves.
    """
    low, high = ends(chart.y, [one.y for one in chart.curves], free=free)
    left, right = ends(chart.x, [one.x for one in chart.curves])
    if chart.places:
        left, right = -0.6, len(chart.places) - 0.4

    def place(x: float, y: float) -> Point:
        across = (min(max(x, left), right) - left) / (right - left or 1)
        up = (min(max(y, low), high) - low) / (high - low or 1)
        inner = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        return LEFT + across * inner[0], HEIGHT - BOTTOM - up * inner[1]

    shapes: list[Shape] = []
    for y in round_steps(low, high, 5):
        shapes.append(Path((place(left, y), place(right, y)), look.line))
        shapes.append(Text(LEFT - 8, place(left, y)[1], f"{y:g}", look.text, "end"))
    for x, name in _ticks(chart, left, right):
        shapes.append(Text(place(x, low)[0], HEIGHT - BOTTOM + 14, name, look.text))
    for mark in chart.marks:
        if left <= mark.at <= right:
            shapes.append(Path((place(mark.at, low), place(mark.at, high)), look.text))
            above = place(mark.at, high)
            shapes.append(Text(above[0] + 4, above[1] + 10, mark.name, look.text, "start"))
    for curve in chart.curves:
        shapes += _drawn(curve, place, low if low > 0 or high <= 0 else 0.0, low)
    shapes.append(Text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, chart.x.title, look.text))
    shapes.append(Text(RIGHT, TOP - 14, chart.y.title, look.text, "start"))
    return [*shapes, *_legend(chart)]


def svg_text(shapes: list[Shape], look: Look) -> str:
    """Write shapes as an SVG file."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="Roboto, Helvetica, Arial, sans-serif" '
        f'font-size="{TEXT_PX}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{_code(look.back)}"/>',
    ]
    for shape in shapes:
        colour = _code(shape.colour)
        if isinstance(shape, Text):
            lines.append(
                f'<text x="{shape.x:.2f}" y="{shape.y + 0.35 * TEXT_PX:.2f}" fill="{colour}" '
                f'text-anchor="{shape.anchor}">{escape(shape.text)}</text>'
            )
            continue
        points = " ".join(f"{x:.2f},{y:.2f}" for x, y in shape.points)
        if shape.filled:
            lines.append(f'<polygon points="{points}" fill="{colour}"/>')
        else:
            lines.append(
                f'<polyline points="{points}" fill="none" stroke="{colour}" '
                f'stroke-width="{shape.width:g}"/>'
            )
    return "\n".join([*lines, "</svg>", ""])


def pixels_of(
    shapes: list[Shape], look: Look, font: Callable[[int], ImageFont.FreeTypeFont], scale: int = 2
) -> NDArray[np.uint8]:
    """Draw shapes, [height, width, 3] uint8.

    Args:
        shapes: What to draw.
        look: Colours of the picture.
        font: Returns the font of a size in pixels.
        scale: Pixels for each unit of the plane.
    """
    fine = scale * OVERSAMPLED
    image = Image.new("RGB", (WIDTH * fine, HEIGHT * fine), _code(look.back))
    draw, face = ImageDraw.Draw(image), font(TEXT_PX * fine)
    anchors = {"start": "lm", "middle": "mm", "end": "rm"}
    for shape in shapes:
        if isinstance(shape, Text):
            at = (shape.x * fine, shape.y * fine)
            anchor = anchors[shape.anchor]
            draw.text(at, shape.text, font=face, fill=_code(shape.colour), anchor=anchor)
            continue
        points = [(x * fine, y * fine) for x, y in shape.points]
        if shape.filled:
            draw.polygon(points, fill=_code(shape.colour))
        else:
            width = max(1, round(shape.width * fine))
            draw.line(points, fill=_code(shape.colour), width=width, joint="curve")
    small = image.resize((WIDTH * scale, HEIGHT * scale), Image.Resampling.BOX)
    return np.asarray(small)


def _drawn(
    curve: Curve, place: Callable[[float, float], Point], base: float, floor: float
) -> Iterator[Shape]:
    """Yield the shapes of a curve; bars stand on the floor, stems on the base."""
    known = ~np.isnan(curve.y)
    if curve.kind == "line":
        # A gap in what is known is a gap in the line.
        parts = np.split(np.arange(len(known)), np.flatnonzero(np.diff(known.astype(int))) + 1)
        for part in parts:
            if not len(part) or not known[part[0]]:
                continue
            if len(part) == 1:
                x, y = place(float(curve.x[part[0]]), float(curve.y[part[0]]))
                corners = ((x - 2, y - 2), (x + 2, y - 2), (x + 2, y + 2), (x - 2, y + 2))
                yield Path(corners, curve.colour, filled=True)
            else:
                points = tuple(place(float(curve.x[at]), float(curve.y[at])) for at in part)
                yield Path(points, curve.colour, 1.0 if curve.fainter else 1.75)
        return
    for x, y in zip(curve.x[known] + curve.offset, curve.y[known], strict=True):
        if curve.kind == "stems":
            yield Path((place(x, base), place(x, y)), curve.colour, 1.5)
            continue
        half = curve.width / 2
        bar = ((x - half, floor), (x - half, y), (x + half, y), (x + half, floor))
        yield Path(tuple(place(*one) for one in bar), curve.colour, filled=True)


def _ticks(chart: Chart, left: float, right: float) -> list[tuple[float, str]]:
    if not chart.places:
        return [(x, f"{x:g}") for x in round_steps(left, right, 8)]
    every = -(-len(chart.places) // 8)
    return [(float(at), chart.places[at]) for at in range(0, len(chart.places), every)]


def _legend(chart: Chart) -> Iterator[Shape]:
    """Name the curves in their colours, in one line above."""
    if len(chart.curves) < 2:
        return
    right = float(WIDTH - RIGHT)
    for curve in reversed(chart.curves):
        yield Text(right, TOP - 14, curve.name, curve.colour, "end")
        right -= 0.58 * TEXT_PX * len(curve.name) + 16


def _code(colour: Colour) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour)
