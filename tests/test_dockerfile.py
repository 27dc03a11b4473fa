"""The container's recipe, as far as no container engine is needed."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.viz.worker.test_client import Listener
from visualizer import _parser
from viz.protocol.request import Request
from viz.worker.elsewhere import Elsewhere

ROOT = Path(__file__).parents[1]


def instructions() -> list[tuple[str, str]]:
    """The recipe's instructions, in order: name and rest."""
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    parts = (line.partition(" ") for line in lines if line.strip() and not line.startswith("#"))
    return [(name, rest) for name, _, rest in parts]


def entry_point() -> list[str]:
    (text,) = (rest for name, rest in instructions() if name == "ENTRYPOINT")
    return json.loads(text)


def test_it_copies_what_is_there_and_starts_a_worker() -> None:
    for name, rest in instructions():
        if name == "COPY":
            *sources, _ = rest.split()
            for source in sources:
                assert source == "." or list(ROOT.glob(source)), f"{source} is not there"
    python, program, *options = entry_point()
    assert (python, program) == ("python", "visualizer.py")
    parsed = _parser().parse_args(options)
    assert parsed.serve
    assert parsed.root == [Path("/networks")]


def test_what_programs_write_stays_outside() -> None:
    ignored = set((ROOT / ".dockerignore").read_text().split())
    written = {"out", "runs", "data", "dist", "build", "site", ".venv"}
    assert written <= ignored
    folders = {line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines()}
    assert written <= folders


@pytest.mark.soak
@pytest.mark.process
def test_its_commands_make_a_worker_in_a_clean_folder(tmp_path: Path) -> None:
    """As the container does, with a virtual environment in the place of the image."""
    home, roots = tmp_path / "afv", tmp_path / "networks"
    home.mkdir()
    roots.mkdir()
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    environment = dict(os.environ)
    environment["PATH"] = f"{tmp_path / 'venv' / 'bin'}{os.pathsep}{environment['PATH']}"
    environment["REQUIREMENTS"] = "requirements.txt"
    files = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    for name, rest in instructions():
        if name == "COPY":
            *sources, _ = rest.split()
            wanted = files if sources == ["."] else [path for path in files if "/" not in path]
            for path in filter(None, wanted):
                if sources == ["."] or any(Path(path).match(source) for source in sources):
                    target = home / path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes((ROOT / path).read_bytes())
        elif name == "RUN" and "pip" in rest:
            subprocess.run(["bash", "-c", rest], cwd=home, env=environment, check=True)
    python, program, *options = entry_point()
    words = [str(tmp_path / "venv" / "bin" / python), str(home / program), *options]
    words[words.index("/networks")] = str(roots)
    listener = Listener(start=Elsewhere(shlex.join(words)))
    try:
        listener.worker.submit(Request(networks=("bundled:relief-stylegan2",), threads=1))
        listener.wait(lambda: bool(listener.results))
        picture = listener.results.pop().networks[0].picture
        assert picture is not None
        assert np.ptp(picture) > 50
    finally:
        listener.worker.close()


def test_its_python_is_one_that_the_project_supports() -> None:
    (image,) = (rest for name, rest in instructions() if name == "FROM")
    version = re.match(r"python:(\d+)\.(\d+)-slim", image)
    assert version is not None
    least = re.search(r'requires-python = ">=(\d+)\.(\d+)"', (ROOT / "pyproject.toml").read_text())
    assert least is not None
    assert tuple(map(int, version.groups())) >= tuple(map(int, least.groups()))
