"""The package has everything under one name, and its texts name the commands it installs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from generator.version import VERSION
from release.rewrite import COMMANDS, NAME, PACKAGES, rewrite_source, rewrite_text
from release.tree import ROOT, write_tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of installed packages that holds ours alone."""
    folder = tmp_path_factory.mktemp("site")
    write_tree(folder / NAME)
    return folder


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from ops import a", "from alias_free.ops import a"),
        ("from  viz.a import (\n  b,\n)", "from  alias_free.viz.a import (\n  b,\n)"),
        ("import ops", "from alias_free import ops"),
        ("import viz.worker as w", "import alias_free.viz.worker as w"),
        ("x = 'ü'; from ops import a", "x = 'ü'; from alias_free.ops import a"),
        ("from . import ops", "from . import ops"),
        ("from operator import a", "from operator import a"),
        ("import numpy, json", "import numpy, json"),
        ("def f():\n    import ops; x()", "def f():\n    from alias_free import ops; x()"),
    ],
)
def test_imports_lead_into_the_package(before: str, after: str) -> None:
    assert rewrite_source(before) == after


@pytest.mark.parametrize(
    "source",
    [
        "import ops.cpu",
        "import ops, json",
        "import_module('train.commands.main')",
        "run([executable, '-m', 'train'])",
    ],
)
def test_names_that_are_not_followed_are_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"^line 1: "):
        rewrite_source(source)


def test_texts_name_the_installed_commands() -> None:
    text = "python visualizer.py, .venv/bin/python -m train run, python -m ops.selftest"
    assert rewrite_text(text) == "afv, afv-train run, python -m alias_free.ops.selftest"
    assert rewrite_text("pip install -r requirements-slurm.txt").endswith(
        " alias-free-visualizer[slurm]"
    )
    assert (
        rewrite_text("python -m trainer; mypython -m train")
        == "python -m trainer; mypython -m train"
    )


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""


def test_no_module_of_the_package_reaches_outside(site: Path) -> None:
    modules = list(site.rglob("*.py"))
    assert len(modules) > 300
    for path in modules:
        names = {name.partition(".")[0] for name in imported(path)}
        assert not names & {*PACKAGES, "visualizer", "release"}, path
        text = path.read_text(encoding="utf-8")
        found = re.search(r"python (-m (ops|generator|train|viz)\b|visualizer\.py)", text)
        assert found is None, path


def test_nothing_of_the_package_is_missing(site: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    missing = [name for name in tracked if not (site / NAME / name).is_file()]
    assert missing == []
    assert (site / NAME / "py.typed").is_file()
    assert (site / NAME / "LICENSE").is_file()
    assert (site / NAME / "docs/guide.md").is_file()
    assert {path.name for path in site.iterdir()} == {NAME}


@pytest.mark.process
def test_the_package_runs_outside_the_checkout(site: Path, tmp_path: Path) -> None:
    program = (
        "import sys, alias_free; from alias_free.train.runs import launch; "
        "from alias_free.viz.storage import bundled; "
        "print(alias_free.__version__, launch.PROGRAM, launch._ROOT, len(bundled.sources())); "
        f"print([name for name in sys.modules if name.split('.')[0] in {PACKAGES}])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(site)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split("\n")[:2] == [f"{VERSION} alias_free.train {site.resolve()} 5", "[]"]


def test_every_command_has_a_function(site: Path) -> None:
    import tomllib

    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert set(scripts) == set(COMMANDS.values())
    for target in scripts.values():
        module, _, function = target.partition(":")
        path = site / f"{module.replace('.', '/')}.py"
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert function in [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
