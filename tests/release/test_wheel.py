"""The wheel, installed where nothing of this repository is: every command starts and works."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from typing import TYPE_CHECKING

import pytest

from generator.version import VERSION
from release.rewrite import NAME
from release.tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.soak, pytest.mark.process]
LARGEST_MB = 40


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.iterdir()
    return path


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment into which the wheel alone was installed."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    bin_ = folder / ("Scripts" if sys.platform == "win32" else "bin")
    cpu = ["--extra-index-url", "https://download.pytorch.org/whl/cpu"]
    subprocess.run([bin_ / "python", "-m", "pip", "install", "-q", *cpu, wheel], check=True)
    return bin_


def run(programs: Path, name: str, *arguments: str, cwd: Path) -> str:
    done = subprocess.run(
        [programs / name, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_is_small_and_holds_one_package(wheel: Path) -> None:
    assert wheel.stat().st_size < LARGEST_MB * 1e6
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
        assert tops == {NAME, f"alias_free_visualizer-{VERSION}.dist-info"}


def test_every_command_tells_its_version(programs: Path, tmp_path: Path) -> None:
    for name in ("afv", "afv-train", "afv-generate", "afv-record"):
        assert run(programs, name, "--version", cwd=tmp_path).strip().endswith(VERSION)


def test_every_command_works(programs: Path, tmp_path: Path) -> None:
    for line in (
        "afv --fresh --offscreen --screenshot window.png",
        "afv-generate images relief-stylegan3-t --seeds 0 --out made",
        "afv-record walk relief-stylegan2 --frames 12 --out film.mp4",
        "afv-train prepare made --out data.zip --size 16",
    ):
        run(programs, *line.split(), cwd=tmp_path)
    for made in ("window.png", "film.mp4", "data.zip"):
        assert (tmp_path / made).stat().st_size > 500
    assert list((tmp_path / "made").glob("*.png"))


def test_the_package_is_for_programs(programs: Path, tmp_path: Path) -> None:
    program = (
        "import alias_free, torch; from importlib.metadata import version; "
        "assert alias_free.__version__ == version('alias-free-visualizer'); "
        "net = alias_free.generator.load_network('relief-stylegan3-t'); "
        "print(tuple(net.synthesis(net.mapping(torch.zeros(1, net.z_dim))).shape))"
    )
    assert run(programs, "python", "-c", program, cwd=tmp_path).strip() == "(1, 3, 64, 64)"
