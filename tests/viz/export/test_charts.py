"""Charts as data: read out, written as figures, drawn as SVG and pixels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from viz.export.chart_pictures import DPI, SIZE_IN, Look, write_chart
from viz.export.charts import (
    Axis,
    Chart,
    Curve,
    Mark,
    csv_text,
    ends,
    read_out,
    value_at,
)

if TYPE_CHECKING:
    from pathlib import Path

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


def test_fixed_axes_are_kept_and_free_ones_fit() -> None:
    levels = [one.y for one in CHART.curves]
    assert ends(CHART.y, levels) == (0.0, 90.0)
    assert ends(CHART.y, levels, free=True) == pytest.approx((7.5, 62.5))
    assert ends(Axis(), [np.array([2.0, 2.0])]) == (1.0, 3.0)
    assert ends(Axis(), []) == (0.0, 1.0)


def test_intervals_are_read_written_and_within_free_axes() -> None:
    interval = (np.array([28.0, np.nan]), np.array([33.5, np.nan]))
    chart = replace(CHART, curves=(curve("A", [0, 1], [30, 20], interval=interval),))
    texts = {x: read_out(chart, x)[1][0].text for x in (0.0, 1.0)}  # type: ignore[index]
    assert texts == {0.0: "30.0 dB (28.0 … 33.5)", 1.0: "20.0 dB"}
    assert csv_text(chart) == (
        "shift (px),A (dB),A low 95 % (dB),A high 95 % (dB)\n0,30,28,33.5\n1,20,,\n"
    )
    assert ends(chart.y, chart.heights, free=True)[1] > 33.5


def written(path: Path, chart: Chart) -> Path:
    write_chart(path, chart, LOOK, free=False, session="{}")
    return path


def test_the_drawing_is_an_svg_with_every_curve_and_its_words_as_text(tmp_path: Path) -> None:
    root = ElementTree.parse(written(tmp_path / "chart.svg", CHART)).getroot()
    space = "{http://www.w3.org/2000/svg}"
    words = {one.text for one in root.iter(f"{space}text")}
    assert {"A", "B", "here", "shift in px", "PSNR in dB", "20"} <= words
    lines = [one for one in root.iter(f"{space}path") if "#0000ff" in one.get("style", "")]
    assert lines, "the blue curve"


@pytest.mark.parametrize(
    "chart",
    [
        CHART,
        BARS,
        Chart("empty", Axis(), Axis(), (curve("A", [], []),)),
        Chart("one", Axis(), Axis(), (curve("A", [1], [5]),)),
        Chart("stems", Axis(), Axis(), (curve("A", [1, 2], [5, -3], kind="stems"),)),
    ],
    ids=lambda one: one.name,
)
def test_the_picture_shows_what_is_known_in_its_colours(tmp_path: Path, chart: Chart) -> None:
    pixels = np.asarray(Image.open(written(tmp_path / "chart.png", chart)))
    assert pixels.shape == (SIZE_IN[1] * DPI, SIZE_IN[0] * DPI, 3)
    red = int((pixels == (255, 0, 0)).all(-1).sum())
    blue = int((pixels == (0, 0, 255)).all(-1).sum())
    if chart is BARS:
        assert red > 3 * blue > 0
    elif chart.name == "empty":
        assert red == 0
    else:
        assert red > 20


def test_bars_and_lines_show_their_intervals(tmp_path: Path) -> None:
    for kind in ("line", "bars"):
        plain = curve("A", [0, 1], [-50, -50], kind=kind)
        ranged = replace(plain, interval=(np.full(2, -60.0), np.full(2, -20.0)))
        pixels = [
            np.asarray(Image.open(written(tmp_path / "a.png", replace(BARS, curves=(one,)))))
            for one in (plain, ranged)
        ]
        inside = slice(150, 300), slice(200, 1300)  # above the curve, below the interval's end
        assert (pixels[0][inside] != pixels[1][inside]).any(), kind
