"""Runs that wait for their turn are started one after the other, also with no window open."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S
from train.config.divisions import Division
from train.config.presets import preset
from train.runs import launch, queue
from train.runs.lock import hold, take_lock
from train.runs.reader import OUTPUT_FILE, QUEUED_FILE, RunReader

TRAINER = """#!{python}
import json, pathlib, sys, time
place, folder = pathlib.Path({place!r}), pathlib.Path(sys.argv[sys.argv.index("--out") + 1])
with (place / "order").open("a") as order:
    order.write(f"begins {{folder.name}}\\n")
(place / "arguments").write_text(json.dumps(sys.argv[1:]))
ends_at = time.monotonic() + 30
while not (place / f"end {{folder.name}}").exists() and time.monotonic() < ends_at:
    time.sleep(0.01)
with (place / "order").open("a") as order:
    order.write(f"ends {{folder.name}}\\n")
"""
"""Stands for a trainer: says when it begins and ends, which it does when it is told to."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for runs, whose trainers end when `end NAME` appears beside it."""
    trainer = tmp_path / "trainer"
    trainer.write_text(TRAINER.format(python=sys.executable, place=str(tmp_path)))
    trainer.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(trainer))
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


def wait_in(folder: Path, *names: str, **beginning: object) -> list[Path]:
    for name in names:
        begins = launch.Beginning(**beginning)  # type: ignore[arg-type]
        queue.enqueue(folder / "data.zip", folder / name, preset("stylegan3-t"), begins)
    return [folder / name for name in names]


def names(folder: Path) -> list[str]:
    return [one.run.name for one in queue.waiting(folder)]


def order(folder: Path) -> list[str]:
    path = folder.parent / "order"
    return path.read_text().splitlines() if path.exists() else []


def ending(folder: Path, *ended: str) -> None:
    for name in ended:
        (folder.parent / f"end {name}").touch()


def test_runs_wait_in_order_and_change_places(folder: Path) -> None:
    one, two, three = wait_in(folder, "b", "a", "c")
    assert names(folder) == ["b", "a", "c"]
    assert RunReader(one).read().state == "waiting"
    queue.move(three, -1)
    assert names(folder) == ["b", "c", "a"]
    queue.move(one, 1)
    assert names(folder) == ["c", "b", "a"]
    queue.move(three, -1)
    queue.move(two, 1)
    assert names(folder) == ["c", "b", "a"], "there is nothing beyond the ends"
    with pytest.raises(ValueError, match="holds a training already"):
        wait_in(folder, "a")


def test_what_never_began_goes_with_its_folder_and_what_was_stopped_stays(folder: Path) -> None:
    (fresh,) = wait_in(folder, "fresh")
    queue.remove(fresh)
    assert not fresh.exists()
    (stopped,) = wait_in(folder, "stopped")
    (stopped / QUEUED_FILE).unlink()
    (stopped / "state-000001.000.pt").touch()
    queue.enqueue_again(stopped)
    assert names(folder) == ["stopped"]
    queue.remove(stopped)
    assert (stopped / "state-000001.000.pt").exists()
    with pytest.raises(ValueError, match="does not wait any more"):
        queue.remove(stopped)


@pytest.mark.process
def test_one_begins_when_the_one_before_has_ended(folder: Path) -> None:
    wait_in(folder, "a", "b")
    ending(folder, "a", "b")
    queue.tend(folder, rest=lambda _s: time.sleep(0.01))
    ends_at = time.monotonic() + PATIENCE_S
    while len(order(folder)) < 4 and time.monotonic() < ends_at:
        time.sleep(0.01)
    assert order(folder) == ["begins a", "ends a", "begins b", "ends b"]
    assert names(folder) == []


@pytest.mark.process
def test_nothing_begins_while_a_training_is_at_work_or_about_to_be(folder: Path) -> None:
    wait_in(folder, "later")
    begun = launch.start(
        folder / "data.zip", folder / "now", preset("stylegan3-t"), launch.Beginning()
    )
    assert launch.is_at_work(folder / "now"), "long before it takes its lock"
    rests: list[float] = []

    def rest(seconds: float) -> None:
        rests.append(seconds)
        assert "begins later" not in order(folder)
        if len(rests) == 20:
            ending(folder, "now", "later")
            begun.wait(PATIENCE_S)

    queue.tend(folder, rest=rest)
    assert len(rests) >= 20
    assert names(folder) == []


@pytest.mark.process
def test_what_cannot_begin_says_so_and_the_next_has_its_turn(folder: Path) -> None:
    broken, _good = wait_in(folder, "broken", "good")
    (broken / launch.SETTINGS_FILE).write_text("[]")
    ending(folder, "good")
    said: list[str] = []
    queue.tend(folder, said.append, rest=lambda _s: time.sleep(0.01))
    assert said[0] == "broken begins"
    assert "is not that of a training" in said[1]
    assert said[2] == "good begins"
    assert RunReader(broken).read().problem
    assert "is not that of a training" in RunReader(broken).read().output[-1]


@pytest.mark.process
def test_a_run_begins_with_what_it_was_queued_with(folder: Path) -> None:
    beginning = {
        "init_from": "relief-stylegan3-t",
        "grow": True,
        "sizes": {"network.layers": "10"},
        "device": "cpu",
        "division": Division(2, 1),
    }
    (run,) = wait_in(folder, "a", **beginning)
    (entry,) = queue.waiting(folder)
    assert entry.beginning == launch.Beginning(**beginning)  # type: ignore[arg-type]
    ending(folder, "a")
    queue.start_now(run).wait(PATIENCE_S)
    words = json.loads((folder.parent / "arguments").read_text())
    assert words[words.index("--device") :] == launch.Beginning(**beginning).words  # type: ignore[arg-type]
    assert names(folder) == []
    with pytest.raises(ValueError, match="does not wait"):
        queue.start_now(run)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"place": "first", "beginning": null}', '{"place": 1, "beginning": 3}'],
)
def test_what_cannot_be_read_waits_for_nothing(folder: Path, text: str) -> None:
    (run,) = wait_in(folder, "a")
    (run / QUEUED_FILE).write_text(text)
    assert names(folder) == []


def test_a_folder_is_tended_once(folder: Path) -> None:
    wait_in(folder, "a")
    with take_lock(folder):
        assert queue.is_tended(folder)
        with pytest.raises(ValueError, match="started by another process already"):
            queue.tend(folder)
    assert not queue.is_tended(folder)


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="Windows hands no locks on")
def test_a_log_is_held_by_the_process_that_it_was_handed_to(tmp_path: Path) -> None:
    log, released = tmp_path / OUTPUT_FILE, tmp_path / "released"
    code = f"import os, time\nwhile not os.path.exists({str(released)!r}): time.sleep(0.01)"
    with log.open("ab") as output:
        hold(output)
        process = subprocess.Popen([sys.executable, "-c", code], stdout=output)
    assert launch.is_at_work(tmp_path)
    assert RunReader(tmp_path).read().state == "live"
    released.touch()
    process.wait(PATIENCE_S)
    assert not launch.is_at_work(tmp_path)
    assert RunReader(tmp_path).read().state == "empty"


@pytest.mark.process
def test_the_command_starts_what_waits_and_ends(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_in(folder, "a")
    ending(folder, "a")
    trainer = sys.executable
    monkeypatch.undo()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    code = f"import sys; sys.executable = {trainer!r}\n"
    code += f"sys.argv = ['train', 'queue', {str(folder)!r}]\n"
    code += "import runpy; runpy.run_module('train', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "a begins"
    assert names(folder) == []
