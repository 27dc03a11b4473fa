"""What is started in the background is heard to its end."""

import ast
import sys
import time

import pytest

from tests.patience import PATIENCE_S
from train.config.presets import preset
from train.runs import launch


def heard(process: launch.BackgroundProcess) -> tuple[bool, str]:
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
    assert heard(launch.prepare("pictures", tmp_path / "out.zip", None)) == (True, "at last")


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
    _, estimated = heard(launch.estimate(tmp_path / "data.zip", config, own[0], **weights))
    launch.start(tmp_path / "data.zip", own[1], config, **weights).wait(PATIENCE_S)
    started = (own[1] / launch.OUTPUT_FILE).read_text()
    for text in (estimated, started):
        words = ast.literal_eval(text)
        given = [word for word in words if word in ("--init-from", "--allow-fresh", *said)]
        assert given == said
