"""The Training panel with a real training of a tiny network on real pictures."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from imgui_bundle import imgui
from PIL import Image

from docs.demo_runs import write_run
from gui_utils.widgets import HOLD_S
from tests.average_run import write_average_run
from tests.gui.program import SIZE, place_of, wait_until
from tests.gui_utils.hand import Hand
from tests.patience import PATIENCE_S
from train.config.training import flat
from train.runs.launch import stop
from train.runs.lock import holder
from train.runs.reader import Run, RunReader
from viz.app.loop import App
from viz.app.options import Options
from viz.model.training_form import config_of
from viz.panels.common import layout

if TYPE_CHECKING:
    from collections.abc import Iterator

TINY = {
    "network.z_dim": "8",
    "network.w_dim": "8",
    "network.channel_base": "64",
    "network.channel_max": "8",
    "network.layers": "4",
    "d_channel_base": "64",
    "d_channel_max": "8",
    "kimg": "400",
    "tick_kimg": "0.02",
    "snapshot_kimg": "0.04",
    "precision": "fp32",
}
"""Far more pictures than the test waits for: it must stop when it is asked to."""


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder with pictures in it; no training is left behind."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(1)
    (tmp_path / "coasts").mkdir()
    for index in range(12):
        coarse = Image.fromarray(random.integers(0, 256, (4, 4, 3), dtype=np.uint8))
        coarse.resize((16, 16)).save(tmp_path / "coasts" / f"{index}.png")
    yield tmp_path
    for lock in tmp_path.glob("runs/*/.lock"):
        found = holder(lock.parent)
        if found is not None and found.pid is not None:
            os.kill(found.pid, signal.SIGKILL)


def test_a_training_is_started_watched_stopped_resumed_and_outlives_the_window(
    workplace: Path, networks: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = App(Options(networks=(networks["stylegan3-r"],), offscreen=True, size=SIZE))
    app.state.playing = False

    def frame() -> None:
        app.window.request_frames(1)
        app.step(0.0)

    hand = Hand(app.window, frame)
    training = app.state.training
    app.window.receive_drop([str(workplace / "coasts")])
    wait_until(app, lambda: app.model.trainings.preview is not None)
    assert training.data == str(workplace / "coasts")
    assert app.workspace.training_form.is_open
    preview = app.model.trainings.preview
    assert preview is not None
    assert preview.ready
    assert preview.count == 12
    for name, text in TINY.items():
        training.type(name, text)
    assert app.settle(PATIENCE_S)
    hand.click(place_of(app, hand, monkeypatch, "Train in"))
    frame()
    assert training.chosen == str(workplace / "runs" / "stylegan3-t-coasts"), (
        app.model.status.message
    )
    assert not app.workspace.training_form.is_open

    def run() -> Run:
        return RunReader(Path(training.chosen)).read()

    def shown() -> Run | None:
        return app.model.trainings.run_of(training.chosen)

    wait_until(
        app,
        lambda: (one := shown()) is not None and bool(one.networks) and one.rate is not None,
    )
    assert layout.TRAINING in app.model.windows.visible
    found = shown()
    assert found is not None
    assert found.state == "live"
    assert found.config["network.channel_max"] == 8
    assert found.total_kimg == 400
    assert found.last("real_score") is not None
    assert found.last("magnitude_max") is not None
    wait_until(app, lambda: app.model.trainings.grid is not None)

    app.state.latent.x = 5.0
    hand.click(place_of(app, hand, monkeypatch, "Show its newest network"))
    assert app.settle(PATIENCE_S)
    assert [one.source for one in app.state.networks][1] == training.chosen
    watched = app.model.result_of(1)
    assert watched is not None
    assert watched.picture is not None
    assert not watched.error
    assert app.state.latent.x == 5.0, "at the user's own place"
    first = watched.picture.copy()
    wait_until(
        app,
        lambda: (
            (newer := app.model.result_of(1)) is not None
            and newer.picture is not None
            and not np.array_equal(newer.picture, first)
        ),
    )

    stop_button = place_of(app, hand, monkeypatch, "Hold it for a moment")
    hand.click(stop_button)
    for _ in range(5):
        frame()
    assert "stops after this step" not in app.model.status.message, "a click is not enough"
    hand.move(stop_button)
    hand.press()
    hand.rest(HOLD_S)
    frame()
    hand.release()
    assert "stops after this step" in app.model.status.message
    wait_until(app, lambda: (one := shown()) is not None and one.state == "stopped")
    stopped_at = run().kimg
    hand.click(place_of(app, hand, monkeypatch, "Continue exactly"))
    wait_until(app, lambda: run().state == "live" and (run().kimg or 0) > (stopped_at or 0))

    app.commands.training.duplicate(Path(training.chosen))
    kept = {name: run().config[name] for name in ("kimg", "network.layers", "d_channel_max")}
    assert flat(config_of(training).to_dict()).items() >= kept.items()
    assert training.text_of("network.layers") == "4"
    assert training.data == str(workplace / "coasts")
    assert app.host.failures == {}
    app.close()
    before = run()
    assert before.state == "live", "it outlives the window"
    stop(before.path)
    wait_until_stopped(before.path)
    with pytest.raises(ValueError, match="does not run"):
        stop(before.path)


def test_the_history_of_the_grid_is_scrubbed_and_the_best_found(
    app: App, hand: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = write_run(tmp_path / "run", 40, 40, snapshots=8)
    trainings, training = app.model.trainings, app.state.training
    trainings.remember(run)
    training.chosen = str(run)
    app.model.windows.to_front.append(layout.TRAINING)
    wait_until(app, lambda: (grid := trainings.grid) is not None and grid.kimg == 40)
    assert app.settle(PATIENCE_S)
    history = place_of(app, hand, monkeypatch, "The history of the pictures")
    hand.click(history)
    assert 0 < training.grid_kimg < 40
    assert not app.model.history.can_undo, "looking around is no change"
    hand.click(place_of(app, hand, monkeypatch, "Show the best so far"))
    known = trainings.chosen(training)
    assert known is not None
    assert known.best is not None
    assert training.grid_kimg == known.best.kimg == 30
    wait_until(app, lambda: (grid := trainings.grid) is not None and grid.kimg == 30)
    hand.double_click(history)
    assert training.grid_kimg == -1, "the newest, and those that follow"
    trainings.remembered.clear()


def test_the_form_offers_growing_turned_pictures_and_cores(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = app.state.training
    app.commands.training.new()
    assert app.settle(PATIENCE_S)
    hand.click(place_of(app, hand, monkeypatch, "Cut at any place and any angle"))
    assert training.turned
    training.init_from = app.state.networks[1].source
    hand.frame()
    hand.click(place_of(app, hand, monkeypatch, "Start a network for pictures of twice the width"))
    assert training.grow
    assert training.preset == app.model.summaries[training.init_from].kind == "stylegan3-r"
    assert training.text_of("lr_g_delay_kimg") == "3"
    hand.click(place_of(app, hand, monkeypatch, "How many processes share every batch"))
    hand.frame()
    hand.key(imgui.Key.down_arrow)
    hand.key(imgui.Key.down_arrow)
    hand.key(imgui.Key.enter)
    assert (training.processes, training.threads) != (0, 0)
    hand.key(imgui.Key.escape)


def test_a_queue_is_filled_put_in_order_and_emptied(
    app: App, hand: Hand, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tended: list[Path] = []
    monkeypatch.setattr("train.runs.launch.tend_queue", tended.append)
    trainings, training = app.model.trainings, app.state.training
    app.window.receive_drop([str(workplace / "coasts")])
    for name in ("one", "two"):
        app.commands.training.new()
        wait_until(app, lambda: trainings.preview is not None)
        assert app.settle(PATIENCE_S)
        training.name = name
        hand.click(place_of(app, hand, monkeypatch, "Start it when no other run is at work"))
        assert training.chosen == str(workplace / "runs" / name), app.model.status.message
        assert not app.workspace.training_form.is_open
    wait_until(app, lambda: [run.name for run in trainings.waiting] == ["one", "two"])
    wait_until(app, lambda: bool(tended))
    assert tended == [workplace / "runs"]
    assert app.settle(PATIENCE_S)
    hand.click(place_of(app, hand, monkeypatch, "Let it begin earlier"))
    wait_until(app, lambda: [run.name for run in trainings.waiting] == ["two", "one"])
    hand.click(place_of(app, hand, monkeypatch, "Take it out of the queue"))
    wait_until(app, lambda: [run.name for run in trainings.waiting] == ["one"])
    started: list[Path] = []
    monkeypatch.setattr("train.runs.queue.start_now", started.append)
    training.chosen = str(trainings.waiting[0].path)
    assert app.settle(PATIENCE_S)
    hand.click(place_of(app, hand, monkeypatch, "Start it at once"))
    assert started == [workplace / "runs" / "one"]
    assert app.host.failures == {}


def test_a_notice_of_a_run_is_in_the_status_bar_and_asks_for_attention(
    app: App, hand: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(app.window, "ask_for_attention", lambda: asked.append(True))
    monkeypatch.setattr("viz.model.trainings.FOLLOW_EVERY_S", 0.02)
    run = write_run(tmp_path / "run", 3, 9, snapshots=1)
    trainings = app.model.trainings
    trainings.remember(run)
    trainings.follow()
    wait_until(app, lambda: trainings.run_of(str(run)) is not None)
    with (run / "warnings.jsonl").open("a") as file:
        file.write('{"images": 3000, "name": "signs", "message": "try a larger gamma"}\n')
    wait_until(app, lambda: app.model.status.message == "run warns: try a larger gamma.")
    assert asked == [True]
    hand.frame()
    trainings.remembered.clear()


def test_stop_in_the_menu_has_to_be_chosen_twice(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[Path] = []
    monkeypatch.setattr(app.model.trainings, "stop", stopped.append)
    commands, runs = app.commands.training, [Path("/a"), Path("/b")]
    for run in (runs[0], runs[1], runs[0]):
        commands.stop_if_asked_twice(run)
    assert "once more" in app.model.status.message
    assert not stopped
    commands.stop_if_asked_twice(runs[0])
    assert stopped == [runs[0]]
    commands.stop_if_asked_twice(runs[0])
    app.window.pass_time(60.0)  # type: ignore[attr-defined]
    commands.stop_if_asked_twice(runs[0])
    assert stopped == [runs[0]], "both at about the same time"


def test_the_length_of_the_average_is_dragged_while_the_stage_shows_it_and_kept(
    app: App, hand: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = write_average_run(tmp_path / "run")
    trainings, training = app.model.trainings, app.state.training
    trainings.remember(run)
    training.chosen = str(run)
    app.model.windows.to_front.append(layout.TRAINING)
    wait_until(app, lambda: trainings.grid is not None)
    wait_until(app, lambda: (one := trainings.chosen(training)) is not None and one.averages == 8)
    assert app.settle(PATIENCE_S)
    before = len(app.state.networks)

    def press(tip: str) -> None:
        hand.click(place_of(app, hand, monkeypatch, tip))
        assert app.settle(PATIENCE_S)

    bar = place_of(app, hand, monkeypatch, "Share of the training")
    pictures = []
    for by in (-20, 20):
        hand.click((bar[0] + by, bar[1]))
        assert app.settle(PATIENCE_S)
        shown = app.model.result_of(before)
        assert shown is not None
        assert shown.picture is not None
        assert shown.source == f"average:{training.average:.4f}:{run}"
        pictures.append(shown.picture.copy())
    assert len(app.state.networks) == before + 1, "one place for all lengths"
    assert not np.array_equal(*pictures)
    hand.move((bar[0] - 20, bar[1]))
    hand.press()
    assert app.model.pictures.picture(before) is not None, "the one before stays until the next"
    hand.release()
    press("Keep as network")
    kept = run / f"average-{training.average:.3f}.safetensors"
    wait_until(app, lambda: app.state.networks[before].source == str(kept))
    assert app.settle(PATIENCE_S)
    assert kept in app.model.made.paths
    assert app.host.failures == {}
    trainings.remembered.clear()


def wait_until_stopped(path: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while holder(path) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.1)
