"""What mouse and keyboard did, in order, dealt out so that no frame hides anything.

A slow frame may last longer than a click or a shortcut. Everything that happens during one waits
here with what was true at its own moment: the modifiers held, and whether a press was the second
of a double click. Each frame then gets as much as it can tell apart.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import IntFlag

DOUBLE_CLICK_S = 0.3
"""Longest time between the two presses of a double click."""
DOUBLE_CLICK_PX = 6.0
"""Furthest distance between them, in screen coordinates."""


class Modifier(IntFlag):
    """Modifier keys, with the values that GLFW gives them."""

    NONE = 0
    SHIFT = 1
    CTRL = 2
    ALT = 4
    SUPER = 8


@dataclass(frozen=True)
class PointerMoved:
    """The pointer has moved, in screen coordinates."""

    x: float
    y: float


@dataclass(frozen=True)
class PointerCrossed:
    """The pointer has come into the window, or left it."""

    inside: bool


@dataclass(frozen=True)
class FocusChanged:
    """The window has got the keyboard, or lost it."""

    focused: bool


@dataclass(frozen=True)
class ButtonChanged:
    """A mouse button was pressed or released."""

    button: int
    down: bool
    again: bool = False
    """True if this press follows another one as closely as in a double click."""


@dataclass(frozen=True)
class WheelTurned:
    """The wheel was turned."""

    x: float
    y: float


@dataclass(frozen=True)
class KeyChanged:
    """A key was pressed or released."""

    key: int
    """GLFW's number of the key."""
    down: bool
    held: Modifier = Modifier.NONE
    """Modifiers held at that moment; for a modifier key, those after it."""
    modifies: bool = False
    """True for a modifier key."""
    writes: bool = False
    """True if the key, with these modifiers, only writes a character."""


@dataclass(frozen=True)
class CharacterTyped:
    """A character was typed."""

    character: str


Event = (
    PointerMoved
    | PointerCrossed
    | FocusChanged
    | ButtonChanged
    | WheelTurned
    | KeyChanged
    | CharacterTyped
)


class Clicks:
    """The times of presses, from which double clicks are told.

    Events do not say when they happened. One that waited while a frame was drawn happened at some
    time of that frame; of such a press the earliest time counts, so that two quick clicks remain
    a double click however slow the frames are.
    """

    def __init__(self) -> None:
        self._last: tuple[int, float, float, float] | None = None

    def press(self, button: int, at: tuple[float, float], earliest_s: float, now_s: float) -> bool:
        """Note a press; return True if it is the second of a double click, or a later one."""
        before, self._last = self._last, (button, *at, now_s)
        if before is None or before[0] != button:
            return False
        near = (at[0] - before[1]) ** 2 + (at[1] - before[2]) ** 2 < DOUBLE_CLICK_PX**2
        return near and earliest_s - before[3] < DOUBLE_CLICK_S


class EventQueue:
    """Events that no frame has seen yet."""

    def __init__(self) -> None:
        self._waiting: deque[Event] = deque()
        self._down: set[int] = set()
        """Keys whose press was dealt out, and not yet their release."""

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, event: Event) -> None:
        """Add what has just happened; several movements in a row are one."""
        last = self._waiting[-1] if self._waiting else None
        if isinstance(event, PointerMoved) and isinstance(last, PointerMoved):
            self._waiting[-1] = event
        else:
            self._waiting.append(event)

    def deal(self, *, writing: bool) -> list[Event]:
        """Take the events for the next frame.

        Args:
            writing: True while a text field has the keyboard. It reads characters: keys that only
                write some are dropped, and a whole word may come in one frame.
        """
        dealt: list[Event] = []
        while self._waiting:
            event = self._waiting[0]
            if isinstance(event, KeyChanged) and self._is_idle(event, writing):
                self._waiting.popleft()
                continue
            if any(_hides(one, event) for one in dealt):
                break
            self._waiting.popleft()
            if isinstance(event, KeyChanged):
                (self._down.add if event.down else self._down.discard)(event.key)
            dealt.append(event)
        return dealt

    def _is_idle(self, event: KeyChanged, writing: bool) -> bool:
        """Return True for a key that means nothing here."""
        if event.down:
            return writing and event.writes
        return event.key not in self._down


def _hides(earlier: Event, later: Event) -> bool:
    """Return True if a frame that sees both would miss or misread the earlier one."""
    match earlier:
        case PointerMoved():
            return isinstance(later, KeyChanged) and later.modifies
        case ButtonChanged():
            return not (isinstance(later, ButtonChanged) and later.button != earlier.button)
        case WheelTurned():
            return not isinstance(later, WheelTurned)
        case KeyChanged(modifies=False, down=True):
            return not (earlier.writes and isinstance(later, CharacterTyped))
        case KeyChanged():
            return isinstance(later, KeyChanged) and later.key == earlier.key
        case CharacterTyped():
            pressed = isinstance(later, KeyChanged) and later.down and not later.modifies
            return pressed or isinstance(later, ButtonChanged | WheelTurned)
    return False
