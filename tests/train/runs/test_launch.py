"""What is started in the background is heard to its end."""

import ast
import sys
import time

import pytest

from tests.patience import PATIENCE_S
from train.config.divisions import Division
from train.config.presets import preset
from train.runs import launch


def heard(process: launch.BackgroundProcess) -> launch.Outcome:
    """Wait for a process and return its outcome; one that takes too long is ended."""
    ends_at = time.monotonic() + PATIENCE_S
    while (outcome := process.outcome()) is None:
        if time.monotonic() > ends_at:
            process.cancel()
            raise AssertionError("it does not end")
        time.sleep(0.02)
    return outcome


def test_however_much_a_process_prints_it_comes_to_its_end(tmp_path, monkeypatch):
    talker = tmp_path / "talker"
    talker.write_text(f"#!{sys.executable}\nprint('word ' * 400_000)\nprint('error: at last')\n")
    talker.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(talker))
    outcome = heard(launch.prepare("pictures", tmp_path / "out.zip", None))
    assert (outcome.ok, outcome.text) == (True, "at last")
    assert outcome.said.endswith("word\nerror: at last")


@pytest.mark.skipif(sys.platform == "win32", reason="there it cannot be read while it is written")
def test_what_a_process_says_is_heard_while_it_runs(tmp_path, monkeypatch):
    talker, go_on = tmp_path / "talker", tmp_path / "go on"
    talker.write_text(
        f"#!{sys.executable}\nimport pathlib, time\nprint('1 of 2', flush=True)\n"
        f"while not pathlib.Path({str(go_on)!r}).exists(): time.sleep(0.01)\nprint('2 of 2')\n"
    )
    talker.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(talker))
    process = launch.prepare("pictures", tmp_path / "out.zip", None)
    ends_at = time.monotonic() + PATIENCE_S
    while process.last_line != "1 of 2":
        assert time.monotonic() < ends_at
        time.sleep(0.01)
    go_on.touch()
    assert heard(process).said == "1 of 2\n2 of 2", "listening has not disturbed it"


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({}, []),
        ({"init_from": "relief-stylegan3-t"}, ["--init-from", "relief-stylegan3-t"]),
        (
            {"init_from": "relief-stylegan3-t", "allow_fresh": True},
            ["--init-from", "relief-stylegan3-t", "--allow-fresh"],
        ),
        ({"allow_fresh": True}, []),
        (
            {
                "init_from": "relief-stylegan3-t",
                "allow_fresh": True,
                "grow": True,
                "sizes": {"network.layers": "10", "network.input_transform": "off"},
            },
            ["--grow-from", "relief-stylegan3-t", "--layers", "10", "--no-input-transform"],
        ),
        ({"division": Division(2, 3)}, ["--processes", "2", "--threads", "3"]),
        ({"division": Division(1, 3)}, ["--threads", "3"]),
        ({"device": "cpu"}, []),
    ],
)
def test_where_weights_come_from_is_said_to_training_and_estimate(
    weights, said, tmp_path, monkeypatch
):
    talker = tmp_path / "talker"
    talker.write_text(f"#!{sys.executable}\nimport sys\nprint(sys.argv[1:])\n")
    talker.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(talker))
    config = preset("stylegan3-t")
    own = [tmp_path / name for name in ("estimate", "run")]
    own[0].mkdir()
    beginning = launch.Beginning(**weights)
    estimated = heard(launch.estimate(tmp_path / "data.zip", config, own[0], beginning)).text
    launch.start(tmp_path / "data.zip", own[1], config, beginning).wait(PATIENCE_S)
    started = (own[1] / launch.OUTPUT_FILE).read_text()
    for text in (estimated, started):
        words = ast.literal_eval(text)
        after = words[words.index("--device") :]
        assert [word for word in after[2:] if word != "--dry-run"] == said
        assert after[1] == beginning.device
