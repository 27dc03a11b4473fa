"""Charts as data: read out, written as figures, drawn as SVG and pixels."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from viz.export.chart_pictures import HEIGHT, WIDTH, Look, Path, pixels_of, shapes_of, svg_text
from viz.export.charts import (
    Axis,
    Chart,
    Curve,
    Mark,
    csv_text,
    ends,
    read_out,
    round_steps,
    value_at,
)
from viz.recording.compose import font

RED, BLUE = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)
LOOK = Look(back=(0.0, 0.0, 0.0), text=(1.0, 1.0, 1.0), line=(0.2, 0.2, 0.2))


def curve(name: str, x: list[float], y: list[float], **more: object) -> Curve:
    colour = more.pop("colour", RED)
    return Curve(name, np.array(x, np.float64), np.array(y, np.float64), colour, **more)  # type: ignore[arg-type]


CHART = Chart(
    "shift",
    Axis("shift", "px", 0.0, 4.0, decimals=1),
    Axis("PSNR", "dB", 0.0, 90.0, decimals=1),
    (
        curve("A", [0, 1, 2, 4], [np.inf, 30.25, np.nan, 10]),
        curve("B", [0, 2], [60, 20], colour=BLUE, fainter=True),
    ),
    marks=(Mark(3.0, "here"),),
)
BARS = Chart(
    "aliasing",
    Axis("layer", "", -0.6, 1.6),
    Axis("", "dB", -80.0, 0.0, decimals=1),
    (
        curve("conv", [0, 1], [-20, -40], kind="bars", offset=-0.2, width=0.3),
        curve("filter", [1], [-60.04], kind="bars", offset=0.2, width=0.3, colour=BLUE),
    ),
    places=("b8.conv0", "b8, last"),
)


def test_the_figures_are_written_with_names_and_units() -> None:
    assert csv_text(CHART) == ("shift (px),A (dB),B (dB)\n0,inf,60\n1,30.25,\n2,,20\n4,10,\n")
    assert csv_text(BARS) == ('layer,conv (dB),filter (dB)\nb8.conv0,-20,\n"b8, last",-40,-60.04\n')


def test_every_curve_is_read_at_the_nearest_sample() -> None:
    found = read_out(CHART, 0.9)
    assert found is not None
    at, readings = found
    assert at == 1.0
    assert CHART.place_text(at) == "1.0 px"
    assert [(one.name, one.text, one.colour) for one in readings] == [
        ("A", "30.2 dB", RED),
        ("B", "40.0 dB", BLUE),
    ]


def test_what_is_infinite_unknown_or_beyond_a_curve_is_said() -> None:
    texts = {x: [one.text for one in read_out(CHART, x)[1]] for x in (0.0, 2.1, 9.0)}  # type: ignore[index]
    assert texts == {0.0: ["∞ dB", "60.0 dB"], 2.1: ["–", "20.0 dB"], 9.0: ["10.0 dB"]}


def test_bars_are_read_by_their_place() -> None:
    at, readings = read_out(BARS, 0.8)  # type: ignore[misc]
    assert BARS.place_text(at) == "b8, last"
    assert [one.text for one in readings] == ["-40.0 dB", "-60.0 dB"]
    assert value_at(BARS.curves[1], 0.0) is None


def test_a_number_without_a_unit_says_what_it_counts() -> None:
    chart = Chart("taps", Axis("tap", "", decimals=0), Axis(), (curve("tap", [0, 1], [1, 2]),))
    assert chart.place_text(1.0) == "tap: 1"
    assert csv_text(chart).startswith("tap,tap\n0,1\n")


def test_nothing_measured_reads_as_nothing() -> None:
    empty = Chart("empty", Axis(), Axis(), (curve("A", [], []),))
    assert read_out(empty, 0.0) is None
    assert csv_text(empty) == ",A\n"
    assert shapes_of(empty, LOOK)


def test_fixed_axes_are_kept_and_free_ones_fit() -> None:
    levels = [one.y for one in CHART.curves]
    assert ends(CHART.y, levels) == (0.0, 90.0)
    assert ends(CHART.y, levels, free=True) == pytest.approx((7.5, 62.5))
    assert ends(Axis(), [np.array([2.0, 2.0])]) == (1.0, 3.0)
    assert ends(Axis(), []) == (0.0, 1.0)


def test_ticks_are_round() -> None:
    assert round_steps(0, 90, 5) == [0, 20, 40, 60, 80]
    assert round_steps(-80, 0, 5) == [-80, -60, -40, -20, 0]
    assert round_steps(0.0, 0.35, 7) == [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35]


def test_the_drawing_is_an_svg_with_every_curve() -> None:
    root = ElementTree.fromstring(svg_text(shapes_of(CHART, LOOK), LOOK))
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("viewBox") == f"0 0 {WIDTH} {HEIGHT}"
    drawn = [one for one in root.iter(f"{space}polyline") if one.get("stroke") == "#0000ff"]
    assert [one.get("points") for one in drawn] == ["64.00,142.67 384.00,279.56"]
    words = {one.text for one in root.iter(f"{space}text")}
    assert {"A", "B", "here", "shift in px", "PSNR in dB", "20"} <= words


def test_a_lone_sample_is_drawn_as_a_dot() -> None:
    chart = Chart("one", Axis(), Axis(), (curve("A", [1], [5]),))
    dots = [one for one in shapes_of(chart, LOOK) if isinstance(one, Path) and one.filled]
    assert [one.colour for one in dots] == [RED]


def test_the_picture_shows_the_bars_in_their_colours() -> None:
    pixels = pixels_of(shapes_of(BARS, LOOK), LOOK, font, scale=1)
    assert pixels.shape == (HEIGHT, WIDTH, 3)
    red = (pixels == (255, 0, 0)).all(-1)
    blue = (pixels == (0, 0, 255)).all(-1)
    assert red.sum() > 3 * blue.sum() > 0
