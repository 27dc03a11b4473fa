"""Charts of single panels in the whole program: each has its menu, which copies its figures."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from imgui_bundle import imgui, implot

from tests.gui.program import wait_until
from tests.patience import PATIENCE_S
from viz.panels.common import layout
from viz.panels.equivariance.metrics import measure
from viz.protocol.equivariance_tasks import MetricTask

if TYPE_CHECKING:
    import pytest

    from tests.gui_utils.hand import Hand, Point
    from viz.app.loop import App
    from viz.protocol.equivariance_tasks import LayerLevel


def plots(app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch) -> dict[str, Point]:
    """The middle of every plot that the next frame draws."""
    found: dict[str, Point] = {}
    begin, end, names = implot.begin_plot, implot.end_plot, [""]

    def begun(name: str, *rest: Any) -> bool:
        names.append(name)
        return bool(begin(name, *rest))

    def ended() -> None:
        at, size = implot.get_plot_pos(), implot.get_plot_size()
        found[names[-1]] = (at.x + size.x / 2, at.y + size.y / 2)
        end()

    with monkeypatch.context() as patch:
        patch.setattr(implot, "begin_plot", begun)
        patch.setattr(implot, "end_plot", ended)
        hand.frame()
    return found


def copied(hand: Hand, at: Point) -> list[dict[str, str]]:
    """The rows that the first entry of the chart's menu puts on the clipboard."""
    hand.click(at, button=1)
    for _ in range(3):
        hand.frame()
    menu = imgui.get_current_context().open_popup_stack[0].window
    line = imgui.get_text_line_height_with_spacing()
    hand.click((menu.pos.x + line, menu.pos.y + line))
    return list(csv.DictReader(io.StringIO(imgui.get_clipboard_text())))


def in_sight(app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch, panel: str, plot: str) -> Point:
    """Scroll a panel so that a plot is in its middle; returns where that is then."""
    window = imgui.internal.find_window_by_name(panel)
    while plot not in (found := plots(app, hand, monkeypatch)):  # clipped plots are not drawn
        assert window.scroll.y < window.scroll_max.y, found
        imgui.internal.set_scroll_y(window, window.scroll.y + 40)
        hand.frame()
    away = found[plot][1] - window.inner_rect.get_center().y
    imgui.internal.set_scroll_y(window, max(0.0, window.scroll.y + away))
    hand.frame()
    return plots(app, hand, monkeypatch)[plot]


def come_to_front(app: App, hand: Hand, panel: str) -> None:
    imgui.set_window_focus(panel)
    hand.frame()
    hand.frame()
    assert app.settle(PATIENCE_S)


def test_both_cuts_of_the_lab_have_their_figures(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.state.view.show = "lab"
    come_to_front(app, hand, layout.LAB)
    found = plots(app, hand, monkeypatch)
    assert {"##naive-cut", "##filtered-cut"} <= found.keys()
    rows = copied(hand, found["##filtered-cut"])
    assert list(rows[0]) == ["Place (px)", "input", "t(f(z))", "f(t(z))", "its samples"]
    assert len(rows) > 64
    app.state.view.show = "side"
    assert app.host.failures == {}


def test_the_metrics_have_their_figures_with_intervals(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.state.equivariance.page, app.state.equivariance.samples = "metric", 3
    come_to_front(app, hand, layout.EQUIVARIANCE)
    measure(app.state, app.ctx)
    wait_until(
        app, lambda: bool((job := app.model.jobs.newest(MetricTask)) and job.state == "done")
    )
    rows = copied(hand, in_sight(app, hand, monkeypatch, layout.EQUIVARIANCE, "##metrics"))
    assert [row["metric"] for row in rows] == ["EQ-T", "EQ-T_frac", "EQ-R"]
    first = rows[0]
    assert float(first["A low 95 % (dB)"]) <= float(first["A (dB)"])
    assert float(first["B high 95 % (dB)"]) >= float(first["B (dB)"])
    assert app.host.failures == {}


def test_the_times_have_their_figures(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    come_to_front(app, hand, layout.PERFORMANCE)
    rows = copied(hand, in_sight(app, hand, monkeypatch, layout.PERFORMANCE, "##times"))
    assert list(rows[0]) == ["picture", "latency (ms)", "render (ms)"]
    assert app.host.failures == {}


def test_the_bars_of_layers_have_their_figures_and_whiskers_over_latents(
    app: App, hand: Hand
) -> None:
    wanted = app.state.equivariance
    wanted.page, wanted.latents = "layers", 3
    come_to_front(app, hand, layout.EQUIVARIANCE)

    def levels() -> tuple[LayerLevel, ...]:
        report = app.model.layer_scores.report
        return tuple(report.result) if report is not None else ()

    wait_until(app, lambda: bool(found := levels()) and min(one.latents for one in found) == 3)
    hand.frame()
    window = imgui.internal.find_window_by_name(layout.EQUIVARIANCE)
    imgui.internal.set_scroll_y(window, window.scroll_max.y)
    hand.frame()
    bars = next(
        one for one in imgui.get_current_context().windows if "/bars_" in one.name and one.active
    )
    rows = copied(hand, (bars.pos.x + 40, bars.pos.y + app.host.px(27)))
    assert [row["layer"] for row in rows] == [one.layer for one in levels()]
    measured = [row for row in rows if row["A (dB)"]]
    assert measured
    for row in measured:
        assert float(row["A low 95 % (dB)"]) <= float(row["A (dB)"])
    assert app.host.failures == {}
