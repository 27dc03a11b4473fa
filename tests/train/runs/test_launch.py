"""What is started in the background is heard to its end."""

import sys
import time

from tests.patience import PATIENCE_S
from train.runs import launch


def heard(errand: launch.Errand) -> tuple[bool, str]:
    """What became of it; it is ended when that takes too long."""
    ends_at = time.monotonic() + PATIENCE_S
    while (outcome := errand.outcome()) is None:
        if time.monotonic() > ends_at:
            errand.cancel()
            raise AssertionError("it does not end")
        time.sleep(0.02)
    return outcome


def test_however_much_an_errand_says_it_comes_to_its_end(tmp_path, monkeypatch):
    talker = tmp_path / "talker"
    talker.write_text(f"#!{sys.executable}\nprint('word ' * 400_000)\nprint('error: at last')\n")
    talker.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(talker))
    assert heard(launch.prepare("pictures", tmp_path / "out.zip", None)) == (True, "at last")
