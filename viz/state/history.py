"""Undo and redo: which fields the user has changed, and what they were before.

The tree is compared field by field, so that what moves by itself goes on moving while a change is
taken back: `follow` accepts everything that has happened since the last look as not the user's,
`record` takes it as theirs. Changes during one drag, and quick repetitions on the same field
(wheel, arrow keys), are one step.
"""

from __future__ import annotations

import copy
from collections import deque
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from viz.state.paths import is_part

if TYPE_CHECKING:
    from viz.state.app_state import AppState

Path = tuple[str, ...]
Change = dict[Path, tuple[Any, Any]]
"""For each changed field, what it was and what it is now."""

CAPACITY = 500
REPEAT_S = 0.7
"""Changes of the same fields that follow each other this closely are one step."""

UNRECORDED: frozenset[Path] = frozenset(
    {
        ("playing",),
        ("view", "hint"),
        ("gallery", "first"),
        ("timeline", "position_s"),
        ("timeline", "zoom"),
        ("timeline", "from_s"),
        ("training", "grid_kimg"),
    }
)
"""Fields that undo leaves alone: the transport, the playhead, what of the timeline, of
the gallery and of a training's history is in sight, and the hints."""


class History:
    """The steps taken, and those taken back.

    Args:
        state: As it is now.
    """

    def __init__(self, state: AppState) -> None:
        self._known = leaves(state)
        self._done: deque[Change] = deque(maxlen=CAPACITY)
        self._undone: list[Change] = []
        self._is_open = False
        self._changed_at = float("-inf")

    @property
    def can_undo(self) -> bool:
        """True if there is a step to take back."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """True if a step has been taken back and nothing else done since."""
        return bool(self._undone)

    @property
    def changed_at(self) -> float:
        """Time of the last change that `record` saw, on the clock of its `now_s`."""
        return self._changed_at

    def follow(self, state: AppState) -> None:
        """Take what differs from the last look as having happened by itself."""
        self._known = leaves(state)

    def record(self, state: AppState, *, held: bool, now_s: float) -> bool:
        """Take what differs from the last look as a change by the user.

        Args:
            state: As it is now.
            held: Whether a button or a control is held down: all until it is let go is one step.
            now_s: The time, in seconds on any rising clock.

        Returns:
            Whether there was a change.
        """
        before, self._known = self._known, leaves(state)
        change = {
            path: (before.get(path), value)
            for path, value in self._known.items()
            if path not in UNRECORDED and before.get(path) != value
        }
        if change:
            self._undone.clear()
            if self._continues(change, now_s):
                self._merge(change)
            else:
                self._done.append(change)
            self._is_open = held
            self._changed_at = now_s
        elif self._is_open and not held:
            self._close()
        return bool(change)

    def undo(self, state: AppState) -> Path | None:
        """Take the last step back, in place.

        Returns:
            The field it was about (of several, the first), or None if there was no step.
        """
        if not self._done:
            return None
        change = self._done.pop()
        self._undone.append(change)
        return self._apply(state, {path: old for path, (old, _new) in change.items()})

    def redo(self, state: AppState) -> Path | None:
        """Take the last undone step again, in place; returns as `undo` does."""
        if not self._undone:
            return None
        change = self._undone.pop()
        self._done.append(change)
        return self._apply(state, {path: new for path, (_old, new) in change.items()})

    def _continues(self, change: Change, now_s: float) -> bool:
        if not self._done:
            return False
        if self._is_open:
            return True
        return now_s - self._changed_at < REPEAT_S and self._done[-1].keys() == change.keys()

    def _merge(self, change: Change) -> None:
        last = self._done[-1]
        for path, (old, new) in change.items():
            last[path] = (last[path][0] if path in last else old, new)

    def _close(self) -> None:
        """End the step of a drag; one that came back to where it began is none."""
        self._is_open = False
        if self._done and all(old == new for old, new in self._done[-1].values()):
            self._done.pop()

    def _apply(self, state: AppState, values: dict[Path, Any]) -> Path:
        for path, value in values.items():
            owner: Any = state
            for name in path[:-1]:
                owner = getattr(owner, name)
            setattr(owner, path[-1], copy.deepcopy(value))
        self._known = leaves(state)
        self._is_open = False
        self._changed_at = float("-inf")
        return next(iter(values))


def leaves(state: AppState) -> dict[Path, Any]:
    """List every field that has no fields of its own, by path; lists as copies of their own."""
    found: dict[Path, Any] = {}

    def walk(owner: Any, path: Path) -> None:
        for field in fields(owner):
            value, place = getattr(owner, field.name), (*path, field.name)
            if is_part(value):
                walk(value, place)
            else:
                found[place] = copy.deepcopy(value) if isinstance(value, list) else value

    walk(state, ())
    return found
