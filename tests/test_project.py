"""The set-up itself: pinned requirements, the check for system packages, links and commands."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).parents[1]
PRODUCT = ("systems", "ops", "generator", "train", "gui_utils", "viz")
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "generator/pretrained").glob("*.md")),
]


def requirements(name: str) -> list[str]:
    lines = (ROOT / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-r"))]


def product_files() -> Iterator[Path]:
    yield ROOT / "visualizer.py"
    for folder in PRODUCT:
        yield from (ROOT / folder).rglob("*.py")


def imported_packages(path: Path) -> Iterator[tuple[str, bool]]:
    """Packages, and whether they are imported as soon as the module is."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        at_once = node in tree.body
        if isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], at_once) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0], at_once


@pytest.mark.parametrize("name", sorted(path.name for path in ROOT.glob("requirements*.txt")))
def test_every_requirement_is_pinned(name: str) -> None:
    assert requirements(name)
    for line in requirements(name):
        assert re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.]*", line), line


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_the_lock_holds_what_is_required(name: str) -> None:
    locked = set(re.findall(r"^(\S+==\S+)", (ROOT / f"{name}.lock").read_text(), re.MULTILINE))
    required = requirements(f"{name}.txt")
    for other in re.findall(r"^-r (.*)$", (ROOT / f"{name}.txt").read_text(), re.MULTILINE):
        required += requirements(other)
    missing = {line.lower().replace("_", "-") for line in required} - locked
    assert [line for line in missing if not line.startswith("torch==")] == [], "make lock"


@pytest.mark.slow
def test_every_package_the_programs_import_is_required() -> None:
    def names(file: str) -> set[str]:
        return {line.split("==")[0].lower() for line in requirements(file)}

    required = names("requirements.txt")
    # What only some users have is imported where it is used, if at all.
    optional = required.union(*(names(file.name) for file in ROOT.glob("requirements-*.txt")))
    owners = packages_distributions()
    own = {*PRODUCT, "visualizer", *sys.stdlib_module_names}
    for path in product_files():
        for package, at_once in imported_packages(path):
            distributions = {name.lower() for name in owners.get(package, [])}
            distributions |= {package.lower(), package.lower().replace("_", "-")}  # not installed
            allowed = required if at_once else optional
            assert package in own or distributions & allowed, f"{path} imports {package}"


def anchors(document: Path) -> set[str]:
    """Anchors of a document's headings, as the site and hosts of repositories name them."""
    prose = re.sub(r"^```.*?^```", "", document.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.*)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one).strip().lower().replace(" ", "-") for one in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_what_exists(document: Path) -> None:
    text = document.read_text()
    for target, anchor in re.findall(r"\]\(([^)#\s]*)#?([^)\s]*)[^)]*\)", text):
        if "://" in target:
            continue
        linked = document.parent / target if target else document
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), f"{target}#{anchor}"
    for module in re.findall(r"python -m ([a-z_.]+)", text):
        assert importlib.util.find_spec(module), module
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for target in re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE):
        assert target in targets, target


@pytest.fixture
def packages() -> ModuleType:
    path = ROOT / ".ci" / "system_packages.py"
    spec = importlib.util.spec_from_file_location("system_packages", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["system_packages"] = module
    spec.loader.exec_module(module)
    return module


def pretend(
    monkeypatch: pytest.MonkeyPatch,
    packages: ModuleType,
    *,
    lacking: dict[str, bool],
    root: bool,
) -> list[str]:
    """Let these packages (name: needed or not) be missing; returns what gets installed."""
    installed: list[str] = []

    def install(names: list[str]) -> bool:
        installed.extend(names)
        return True

    needs = tuple(
        packages.Need(name, lambda name=name: name in installed, "nothing works", needed)
        for name, needed in lacking.items()
    )
    monkeypatch.setattr(packages, "RUN", needs)
    monkeypatch.setattr(packages, "install", install)
    monkeypatch.setattr(packages.sys, "platform", "linux")
    monkeypatch.setattr(packages.os, "geteuid", lambda: 0 if root else 1000)
    monkeypatch.setattr(packages.shutil, "which", lambda name: f"/usr/bin/{name}")
    return installed


def test_a_user_is_told_the_apt_line(
    monkeypatch: pytest.MonkeyPatch, packages: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    lacking = {"libegl1": True, "g++": False}
    installed = pretend(monkeypatch, packages, lacking=lacking, root=False)
    assert packages.main("run") == 1
    assert "sudo apt-get install libegl1 g++" in capsys.readouterr().out
    assert installed == []


def test_what_is_only_recommended_does_not_stop_the_set_up(
    monkeypatch: pytest.MonkeyPatch, packages: ModuleType
) -> None:
    pretend(monkeypatch, packages, lacking={"g++": False}, root=False)
    assert packages.main("run") == 0


def test_root_gets_it_installed(monkeypatch: pytest.MonkeyPatch, packages: ModuleType) -> None:
    lacking = {"libegl1": True, "g++": False}
    installed = pretend(monkeypatch, packages, lacking=lacking, root=True)
    assert packages.main("run") == 0
    assert installed == ["libegl1", "g++"]
