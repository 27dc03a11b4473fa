"""Threads sleep at barriers."""

import subprocess
import sys

import pytest

COMMAND = """
import os, runpy, sys

expected, program = sys.argv[1:]

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            assert os.environ.get("OMP_WAIT_POLICY") == expected, "too late"
            print("in time", flush=True)
            os._exit(0)

sys.meta_path.insert(0, Watch())
sys.argv = [program]
runpy.run_module(program, run_name="__main__")
"""


@pytest.mark.process
@pytest.mark.parametrize("program", ["generator", "train", "viz.recording"])
@pytest.mark.parametrize(("users", "expected"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_the_policy_is_set_before_pytorch_is_loaded(
    program: str, users: str | None, expected: str
) -> None:
    environment = {} if users is None else {"OMP_WAIT_POLICY": users}
    run = subprocess.run(
        [sys.executable, "-c", COMMAND, expected, program],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert run.stdout == "in time\n", run.stderr
