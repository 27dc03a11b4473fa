"""Marks tests that open windows or start processes, and fails those that do it unmarked."""

from __future__ import annotations

import subprocess
import sys
from functools import wraps
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

MARKS_OF_FOLDERS = {"gui": ("window", "process"), "viz/worker": ("process",)}
"""Folders of tests/ that drive the whole program, or its worker."""
MARKS_OF_FIXTURES = {
    "window": ("window",),
    "display": ("window", "process"),
    "shared_listener": ("process",),
    "watcher": ("process",),
}
"""Fixtures that open a window or start a process for the tests that use them."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by their folder and fixtures; others carry their marks themselves."""
    tests = Path(__file__).parent
    for item in items:
        folder = item.path.parent.relative_to(tests).as_posix()
        marks = [*MARKS_OF_FOLDERS.get(folder, ())]
        for fixture in getattr(item, "fixturenames", ()):
            marks += MARKS_OF_FIXTURES.get(fixture, ())
        for mark in dict.fromkeys(marks):
            item.add_marker(mark)
    if config.getoption("dist", "no") == "loadgroup":
        _group(items)


def _group(items: list[pytest.Item]) -> None:
    """Let the tests of a file share a process, and all windows one: it takes longest, so it starts.

    One window at a time is what a user has, and what a machine of two cores can draw.
    """
    for item in items:
        own = "window" if item.get_closest_marker("window") else str(item.path)
        item.add_marker(pytest.mark.xdist_group(own))
    items.sort(key=lambda item: item.get_closest_marker("window") is None)


class Watch:
    """Tells a test that opens a window or starts a Python process without the mark for it."""

    item: pytest.Item | None = None
    """The running test."""

    def require(self, mark: str, deed: str) -> None:
        """Fail the running test if it lacks the mark."""
        if self.item is not None and self.item.get_closest_marker(mark) is None:
            pytest.fail(f"This test {deed}: decorate it with @pytest.mark.{mark}")

    def before(
        self, call: Callable[..., Any], mark: str, deed: str, *, of: str = ""
    ) -> Callable[..., Any]:
        """Wrap a call that only tests with the mark may make; `of` limits this to one command."""

        @wraps(call)
        def watched(*args: Any, **options: Any) -> Any:
            if not of or _command(args, options) == of:
                self.require(mark, deed)
            return call(*args, **options)

        return watched


def _command(args: tuple[Any, ...], options: dict[str, Any]) -> str:
    """Return the program that `Popen(…)` starts."""
    command = options.get("args", args[1] if len(args) > 1 else "")
    return str(command if isinstance(command, str | Path) else command[0])


WATCH = Watch()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note the test, before its fixtures are made."""
    WATCH.item = item


def pytest_sessionstart() -> None:
    """Watch windows and processes. Compilers and other small programs count for nothing."""
    started = "starts a process"
    popen = WATCH.before(subprocess.Popen.__init__, "process", started, of=sys.executable)
    subprocess.Popen.__init__ = popen  # type: ignore[method-assign]
    BaseProcess.start = WATCH.before(BaseProcess.start, "process", started)  # type: ignore[method-assign]
    import gui_utils  # noqa: F401 - decides which GLFW is loaded, so it comes first
    import glfw  # isort: skip

    glfw.create_window = WATCH.before(glfw.create_window, "window", "opens a window")
