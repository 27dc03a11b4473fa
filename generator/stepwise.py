"""Searches that go in small steps, carried out at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Generator as Coroutine

_Progress = TypeVar("_Progress")
_Result = TypeVar("_Result")


def run_to_end(
    steps: Coroutine[_Progress, None, _Result], progress: Callable[[_Progress], object] | None
) -> _Result:
    """Take all steps, call `progress` after each, and return what the last one returns."""
    while True:
        try:
            now = next(steps)
        except StopIteration as end:
            result: _Result = end.value
            return result
        if progress is not None:
            progress(now)
