"""The equivariance panel under a synthetic hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import imgui

from tests.gui.program import wait_until
from tests.patience import PATIENCE_S
from viz.panels.common import layout
from viz.panels.equivariance.metrics import measuring_disabled_reason
from viz.panels.window.all_actions import all_actions
from viz.protocol.equivariance_tasks import LayersTask, MetricTask, SweepTask

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.gui_utils.hand import Hand
    from viz.app.loop import App
    from viz.protocol.jobs import Task


def test_the_equivariance_panel_measures_curves_layers_and_metrics(app: App, hand: Hand) -> None:
    state = app.state.equivariance
    hand.key(imgui.Key.e)
    wait_until(app, lambda: app.model.result_of(0).equivariance is not None)
    assert math.isfinite(app.model.result_of(0).equivariance.psnr_db)
    wait_until(app, lambda: _finished(app, SweepTask))
    sweep = app.model.jobs.newest(SweepTask).result
    assert np.isfinite(sweep.psnr_db[:, 1:]).all(), "a curve for both networks"

    state.page = "layers"
    hand.frame()
    wait_until(app, lambda: _finished(app, LayersTask))
    levels = {one.layer: one.db for one in app.model.jobs.newest(LayersTask).result}
    assert list(levels) == [row.name for row in app.model.summary_of(0).layers]

    state.page, state.samples = "metric", 100_000
    hand.frame()
    table = {action.name: action for action in all_actions(app.state, app.ctx)}
    table["Measure equivariance"].run(app.state, app.ctx)
    wait_until(app, lambda: bool((job := app.model.jobs.newest(MetricTask)) and job.result))
    assert measuring_disabled_reason(app.state, app.ctx), "one at a time"
    job = app.model.jobs.newest(MetricTask)
    app.model.jobs.control(job.id, "pause")
    wait_until(app, lambda: app.model.jobs.get(job.id).state == "paused")
    app.model.jobs.control(job.id, "cancel")
    wait_until(app, lambda: not app.model.jobs.get(job.id).at_work)
    assert app.model.jobs.get(job.id).result, "what there was stays"
    imgui.set_window_focus(layout.LAYERS)
    assert app.settle(PATIENCE_S)
    assert not app.host.failures


def test_a_charts_menu_copies_and_saves_its_figures(
    app: App, hand: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    hand.key(imgui.Key.e)
    app.state.equivariance.page = "sweep"
    wait_until(app, lambda: _finished(app, SweepTask))
    window = imgui.internal.find_window_by_name("Equivariance")
    place = (window.pos.x + 0.5 * window.size.x, window.pos.y + window.size.y - 200)
    shift = app.state.equivariance.x
    hand.click(place, button=1)
    hand.frame()
    hand.click((place[0] + 24, place[1] + 18))
    hand.frame()
    lines = imgui.get_clipboard_text().splitlines()
    assert lines[0] == "Shift to the right (px),A (dB),B (dB)"
    sweep = app.model.jobs.newest(SweepTask).result
    assert len(lines) == 1 + len(sweep.amounts)
    assert app.state.equivariance.x == shift, "the menu takes the click"
    hand.click(place, button=1)
    hand.frame()
    hand.click((place[0] + 24, place[1] + 18 + imgui.get_text_line_height_with_spacing()))
    hand.frame()
    (saved,) = tmp_path.glob("out/equivariance-*.csv")
    assert saved.read_text().splitlines() == lines
    imgui.set_window_focus(layout.LAYERS)
    assert app.settle(PATIENCE_S)
    assert not app.host.failures


def _finished(app: App, kind: type[Task]) -> bool:
    report = app.model.jobs.newest(kind)
    return report is not None and report.state == "done"
