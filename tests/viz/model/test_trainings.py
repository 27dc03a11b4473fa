"""What the window knows of trainings: looks at data, estimates, prepared data, settings of runs."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.patience import PATIENCE_S
from train.config.divisions import Division
from train.config.presets import NAMES, preset
from train.config.training import TrainConfig
from train.runs import queue
from train.runs.launch import Beginning
from train.runs.lock import take_lock
from train.runs.reader import Warned
from viz.model.dataset_previews import Preview, preview_of
from viz.model.run_facts import curve, notices
from viz.model.training_form import (
    beginning_of,
    config_of,
    divisions,
    duplicate,
    groups,
    joined,
    kinds,
    lacks_augmentation,
    misfit,
    preset_texts,
    problem_of,
    run_folder_of,
    start_growing,
    stop_growing,
    subjects,
)
from viz.model.trainings import Run, Trainings
from viz.state.app_state import AppState
from viz.state.training import SettingState, TrainingState
from viz.storage.session import parse_session, session_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def trainings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trainings]:
    monkeypatch.chdir(tmp_path)
    opened = Trainings()
    yield opened
    opened.close()


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def write_pictures(folder: Path, sizes: list[tuple[int, int]]) -> Path:
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    for index, (width, height) in enumerate(sizes):
        pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    return folder


def write_run(folder: Path, **settings: object) -> Path:
    folder.mkdir(parents=True)
    config = TrainConfig(**settings).to_dict()
    (folder / "config.json").write_text(json.dumps({"data": "/a/set.zip", "config": config}))
    (folder / "log.jsonl").write_text('{"kimg": 0.5, "loss_g": 1.0}\n{"kimg": 1, "r1": 2}\n')
    return folder


@pytest.mark.process
def test_pictures_of_any_size_are_prepared_and_then_ready(
    trainings: Trainings, tmp_path: Path
) -> None:
    training = TrainingState(data=str(write_pictures(tmp_path / "mine", [(20, 17), (33, 16)])))
    trainings.look(training, [])
    wait_until(lambda: trainings.preview is not None)
    preview = trainings.preview
    assert preview is not None
    assert not preview.ready
    assert preview.count == 2
    assert preview.sheet is not None
    assert preview.sheet.shape == (64, 128, 3)
    training.size = 16
    trainings.start_preparation(training)
    assert trainings.answers["prepare"].running
    wait_until(lambda: not trainings.answers["prepare"].running)
    made = trainings.take("prepare")
    assert made is not None
    assert made.ok
    assert "2 pictures" in made.text, made
    assert trainings.take("prepare") is None, "an answer comes once"
    training.data = str(made.asked)
    trainings.look(training, [])
    wait_until(lambda: (one := trainings.preview) is not None and one.source == training.data)
    assert trainings.preview is not None
    assert trainings.preview.ready


@pytest.mark.process
def test_an_estimate_comes_from_the_first_steps_and_can_be_given_up(
    trainings: Trainings, tmp_path: Path
) -> None:
    training = TrainingState(data=str(write_pictures(tmp_path / "mine", [(16, 16)] * 8)))
    tiny = {"network.channel_base": "64", "network.channel_max": "8", "network.layers": "4"}
    for name, text in {**tiny, "precision": "fp32", "kimg": "1", "batch": "4"}.items():
        training.type(name, text)
    trainings.start_estimate(training)
    wait_until(lambda: not trainings.answers["estimate"].running)
    answer = trainings.take("estimate")
    assert answer is not None
    assert answer.ok, answer
    assert answer.text.startswith("8 pictures of 16x16")
    assert "images/s here" in answer.text
    assert not (tmp_path / "runs").exists(), "an estimate leaves nothing behind"
    trainings.start_estimate(training)
    trainings.cancel("estimate")
    assert "estimate" not in trainings.answers


@pytest.mark.process
def test_the_monitor_without_a_display_says_why(
    trainings: Trainings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":4711")
    trainings.open_monitor([write_run(tmp_path / "runs" / "own")])
    wait_until(lambda: not trainings.answers["monitor"].running)
    answer = trainings.take("monitor")
    assert answer is not None
    assert not answer.ok
    assert "does not answer" in answer.text


@pytest.mark.parametrize("content", [None, b"", b"no zip"])
def test_what_is_no_data_set_says_so(
    trainings: Trainings, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "odd.zip"
    if content is not None:
        path.write_bytes(content)
    trainings.look(TrainingState(data=str(path)), [])
    wait_until(lambda: trainings.preview is not None)
    assert trainings.preview is not None
    assert trainings.preview.problem
    assert not trainings.preview.ready


def test_runs_under_runs_remembered_and_shown_are_listed(
    trainings: Trainings, tmp_path: Path
) -> None:
    write_run(tmp_path / "runs" / "own")
    remembered = write_run(tmp_path / "elsewhere" / "kept")
    shown = write_run(tmp_path / "elsewhere" / "shown")
    (tmp_path / "runs" / "notes").mkdir()
    trainings.remember(remembered)
    trainings.look(TrainingState(), [str(shown), "bundled:relief-stylegan2", "/gone"])
    wait_until(lambda: len(trainings.runs) == 3)
    assert {run.name for run in trainings.runs} == {"own", "kept", "shown"}
    assert trainings.remembered == [str(remembered)]
    run = trainings.run_of(str(shown))
    assert run is not None
    assert run.state == "stopped"
    at, values = curve(run, "r1", 0.0)
    assert at.tolist() == [1.0]
    assert values.tolist() == [2.0]
    assert curve(run, "nothing", 0.5)[0].size == 0
    Image.new("RGB", (32, 16), (9, 200, 9)).save(shown / "samples-000001.png")
    trainings.look(TrainingState(chosen=str(shown)), [str(shown)])
    wait_until(lambda: trainings.grid is not None)
    assert trainings.grid is not None
    assert trainings.grid.kimg == 1
    assert trainings.grid.pixels[0, 0].tolist() == [9, 200, 9]
    with pytest.raises(ValueError, match="does not run"):
        trainings.stop(shown)


def test_the_history_of_the_grid_is_gone_through_and_its_end_is_followed(
    trainings: Trainings, tmp_path: Path
) -> None:
    run = write_run(tmp_path / "runs" / "own")
    for kimg in (1, 2, 3):
        Image.new("RGB", (32, 16), (kimg, 0, 0)).save(run / f"samples-{kimg:06d}.png")
    training = TrainingState()

    def shows(kimg: int) -> bool:
        trainings.look(training, [])
        grid = trainings.grid
        return grid is not None and (grid.kimg, int(grid.pixels[0, 0, 0])) == (kimg, kimg)

    wait_until(lambda: shows(3))
    training.grid_kimg = 1
    wait_until(lambda: shows(1))
    training.grid_kimg = 77
    wait_until(lambda: shows(3))
    training.grid_kimg = 2
    wait_until(lambda: shows(2))
    training.grid_kimg = -1
    Image.new("RGB", (32, 16), (4, 0, 0)).save(run / "samples-000004.png")
    wait_until(lambda: shows(4))


@pytest.mark.parametrize(
    ("name", "size"), [("metfaces-stylegan3-r", 1024), ("ablation-d", 128), ("ablation-a", 64)]
)
def test_a_runs_settings_come_back_into_the_form(
    name: str, size: int, trainings: Trainings, tmp_path: Path
) -> None:
    wanted = preset(name).for_data(size=(size, size), c_dim=0)
    fields = {name: getattr(wanted, name) for name in wanted.to_dict()}
    folder = write_run(tmp_path / "runs" / "own", **fields)
    trainings.look(TrainingState(), [])
    wait_until(lambda: bool(trainings.runs))
    training = TrainingState(preset="stylegan2", name="other", settings=[SettingState("seed", "9")])
    run = trainings.run_of(str(folder))
    assert run is not None
    duplicate(run, training)
    kind = wanted.network.kind
    assert (training.preset, training.data, training.name) == (kind, "/a/set.zip", "")
    assert config_of(training).for_data(size=(size, size), c_dim=0) == wanted


def test_the_form_says_what_is_wrong_and_names_folders_that_are_free(tmp_path: Path) -> None:
    training = TrainingState()
    assert problem_of(training) == "Choose the pictures first."
    training.data = str(tmp_path / "coasts.zip")
    assert problem_of(training) == ""
    training.type("batch", "none")
    assert "batch" in problem_of(training)
    training.type("batch", None)
    training.preset = "nothing"
    assert "no preset is called nothing" in problem_of(training)
    assert preset_texts("nothing") == preset_texts("stylegan3-t")


def test_growing_sets_the_kind_and_gives_the_discriminator_time() -> None:
    training = TrainingState(init_from="relief-stylegan3-r")
    training.type("lr_g_rampup_kimg", "9")
    start_growing(training, kind="stylegan3-r", d_channel_base=2048)
    assert (training.grow, training.preset) == (True, "stylegan3-r")
    typed = {"lr_g_delay_kimg": "3", "lr_g_rampup_kimg": "9", "d_channel_base": "4096"}
    assert training.typed == typed
    training.type("network.layers", "10")
    begun = beginning_of(training)
    assert (begun.grow, begun.sizes) == (True, {"network.layers": "10"})
    stop_growing(training)
    assert not training.grow
    assert training.text_of("lr_g_delay_kimg") is None, "what it typed is taken back"
    assert training.text_of("lr_g_rampup_kimg") == "9", "what was typed by hand stays"
    assert beginning_of(training).sizes == {}


def test_the_use_of_the_cores_is_measured_unless_it_is_chosen() -> None:
    training = TrainingState(data="a.zip")
    assert beginning_of(training).division is None
    training.processes, training.threads = 2, 1
    assert beginning_of(training).division == Division(2, 1)
    assert problem_of(training) == ""
    training.type("batch", "5")
    assert problem_of(training) == "2 processes cannot share a batch of 5."
    assert all(5 % one.processes == 0 for one in divisions(training))
    training.device = "cuda"
    assert beginning_of(training).division is None, "only a CPU has cores to share"
    assert problem_of(training) == ""


@pytest.mark.process
@pytest.mark.parametrize(
    ("turned", "words", "made"),
    [
        (False, [], "relief-64-train.zip"),
        (True, ["--size", "128", "--turned"], "relief-turned-128-train.zip"),
    ],
)
def test_the_demos_pictures_can_be_turned(
    trainings: Trainings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    turned: bool,
    words: list[str],
    made: str,
) -> None:
    talker = tmp_path / "talker"
    talker.write_text(f"#!{sys.executable}\nimport sys\nprint(sys.argv[3:])\n")
    talker.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(talker))
    training = TrainingState(turned=turned, size=128 if turned else 64)
    trainings.start_preparation(training, relief=True)
    wait_until(lambda: not trainings.answers["prepare"].running)
    answer = trainings.take("prepare")
    assert answer is not None
    assert answer.text == str(["prepare", "relief", "--out", str(tmp_path / "data"), *words])
    assert answer.asked == str(tmp_path / "data" / made)


def test_every_preset_is_a_subject_and_perhaps_a_kind() -> None:
    assert {joined(subject, kind) for subject in subjects() for kind in kinds()} == set(NAMES)
    assert subjects()["ablation-t-n4"] == "Ablation T, n = 4: shorter filters"


def test_a_new_run_gets_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    training = TrainingState(data="coasts.zip")
    first = run_folder_of(training)
    assert first == tmp_path / "runs" / "stylegan3-t-coasts"
    first.mkdir(parents=True)
    assert run_folder_of(training).name == "stylegan3-t-coasts-2"
    training.name = " mine "
    assert run_folder_of(training) == tmp_path / "runs" / "mine"


def test_every_setting_has_a_preset_that_fits() -> None:
    for advanced in (False, True):
        for options in groups(advanced=advanced).values():
            for option in options:
                assert misfit(option, preset_texts("ffhq-stylegan3-t")[option.name]) == ""


def test_the_form_is_kept_in_sessions() -> None:
    state = AppState()
    state.training.data, state.training.preset = "/a/b.zip", "stylegan3-r"
    state.training.type("gamma", "")
    session = parse_session(session_text(state), "s.json")
    assert session.state.training == state.training
    assert session.messages == ()
    odd = {"plot": "pie", "smooth": 3, "settings": [{"name": 1}], "preset": None}
    text = json.dumps({**json.loads(session_text(state)), "state": {"training": odd}})
    read = parse_session(text, "s.json")
    assert len(read.messages) == 4
    assert read.state.training.plot == "loss"


def test_few_pictures_ask_for_augmentation() -> None:
    training = TrainingState()
    assert lacks_augmentation(training, 300)
    assert not lacks_augmentation(training, 6_000)
    training.type("augment", "ada")
    assert not lacks_augmentation(training, 300)
    training.type("augment", "nonsense")
    assert not lacks_augmentation(training, 300), "what does not fit is said elsewhere"


def test_a_path_is_looked_at_when_typing_rests(
    trainings: Trainings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_pictures(tmp_path / "mine", [(16, 16)] * 2)
    looked: list[str] = []

    def look(source: str, _wanted: object) -> Preview:
        looked.append(source)
        return Preview(source, problem="seen")

    monkeypatch.setattr("viz.model.trainings.preview_of", look)
    monkeypatch.setattr("viz.model.trainings.REST_S", 1e9)
    training = TrainingState()
    for typed in (str(folder)[:-2], str(folder)[:-1], str(folder)):
        training.data = typed
        trainings.look(training, [])
        assert not trainings._load_preview()
    assert trainings.looks_at(training)
    monkeypatch.setattr("viz.model.trainings.REST_S", 0.0)
    wait_until(lambda: not trainings.looks_at(training))
    assert looked == [str(folder)]


def test_a_look_that_nobody_waits_for_is_given_up(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "mine", [(16, 16)] * 2)
    assert preview_of(str(folder), lambda: False) is None
    left = iter([True, True, False, False])
    assert preview_of(str(folder), lambda: next(left)) is None


def test_a_huge_folder_is_looked_at_only_so_far(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        write_pictures(tmp_path / "mine" / name, [(16, 16)] * 3)
    monkeypatch.setattr("viz.model.dataset_previews.MOST_FILES", 4)
    preview = preview_of(str(tmp_path / "mine"))
    assert preview is not None
    assert (preview.count, preview.complete, preview.ready) == (6, False, True)


def a_run(state: str = "live", **fields: object) -> Run:
    return Run(Path("/runs/relief-t"), state=state, **fields)  # type: ignore[arg-type]


FAR = {"kimg": [100.0]}
SCORED = {"kid": ([30.0, 60.0], [0.5, 0.25])}
WARNED = (Warned(12.0, "raise gamma", "signs"),)


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        (a_run(), a_run(log=FAR), []),
        (a_run(), a_run("finished"), ["relief-t has reached its end."]),
        (
            a_run(),
            a_run("finished", metrics=SCORED),
            ["relief-t has reached its end, best kid 0.25 at 60 kimg."],
        ),
        (a_run(), a_run("stopped", log=FAR), ["relief-t has stopped at 100.0 kimg."]),
        (
            a_run(),
            a_run("stopped", problem="error: no space is left"),
            ["relief-t has ended: no space is left."],
        ),
        (a_run(), a_run(warnings=WARNED), ["relief-t warns: raise gamma."]),
        (a_run(warnings=WARNED), a_run(warnings=WARNED), []),
        (a_run(warnings=WARNED), a_run(), []),
        (a_run("waiting"), a_run(), ["relief-t has begun: it was its turn."]),
        (a_run("stopped"), a_run(), []),
        (a_run("stopped"), a_run("finished"), []),
    ],
)
def test_what_nobody_should_miss_is_said(before: Run, after: Run, lines: list[str]) -> None:
    assert notices(before, after) == lines


def test_a_run_is_followed_while_nobody_looks(
    trainings: Trainings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("viz.model.trainings.FOLLOW_EVERY_S", 0.02)
    run = write_run(tmp_path / "runs" / "own", kimg=1.0)
    with take_lock(run):
        trainings.follow()
        wait_until(lambda: bool(trainings.runs))
        assert trainings.runs[0].state == "live"
        assert trainings.take_notice() is None, "what was so before is nothing new"
    told: list[str] = []

    def hears() -> bool:
        told.extend(filter(None, [trainings.take_notice()]))
        return bool(told)

    wait_until(hears)
    assert told == ["own has reached its end."]


def test_what_waits_is_listed_first_in_the_order_of_turns_and_is_not_chosen_by_itself(
    trainings: Trainings, tmp_path: Path
) -> None:
    own = write_run(tmp_path / "runs" / "own")
    training = TrainingState(data=str(tmp_path / "set.zip"))
    for name in ("later", "last"):
        training.name = name
        queue.enqueue(
            Path(training.data), run_folder_of(training), config_of(training), Beginning()
        )
    trainings.look(training, [])
    wait_until(lambda: len(trainings.runs) == 3)
    assert [run.name for run in trainings.runs] == ["later", "last", "own"]
    chosen = trainings.chosen(training)
    assert chosen is not None
    assert chosen.path == own
    trainings.move_waiting(trainings.waiting[1].path, -1)
    wait_until(lambda: [run.name for run in trainings.waiting] == ["last", "later"])
    trainings.remove_waiting(trainings.waiting[0].path)
    wait_until(lambda: [run.name for run in trainings.waiting] == ["later"])
    assert not (tmp_path / "runs" / "last").exists()


@pytest.mark.process
def test_what_waits_is_started_by_a_process_of_its_own(
    trainings: Trainings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    talker, said = tmp_path / "talker", tmp_path / "said"
    talker.write_text(
        f"#!{sys.executable}\nimport pathlib, sys\n"
        f"with pathlib.Path({str(said)!r}).open('a') as file: print(sys.argv[1:], file=file)\n"
    )
    talker.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(talker))
    training = TrainingState(data=str(tmp_path / "set.zip"), name="later")
    assert trainings.enqueue(training) == tmp_path / "runs" / "later"
    wait_until(said.exists)
    wait_until(lambda: said.read_text() != "")
    assert said.read_text().strip() == str(["-m", "train", "queue", str(tmp_path / "runs")])
    trainings.look(training, [])
    wait_until(lambda: bool(trainings.waiting))
    assert said.read_text().count("queue") == 1, "it is given time to begin"
