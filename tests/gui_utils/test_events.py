"""Events of one slow frame: none is lost, and each keeps its modifiers and its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import glfw
import pytest
from imgui_bundle import imgui

from gui_utils.events import (
    ButtonChanged,
    CharacterTyped,
    Clicks,
    Event,
    EventQueue,
    KeyChanged,
    Modifier,
    PointerMoved,
    WheelTurned,
)
from gui_utils.keys import writes

if TYPE_CHECKING:
    from collections.abc import Callable

    from gui_utils.host import GuiHost
    from tests.gui_utils.counted import CountedWindow

NONE, SHIFT, CTRL = Modifier.NONE, Modifier.SHIFT, Modifier.CTRL


def key(number: int, down: bool, held: Modifier = NONE, *, modifies: bool = False) -> KeyChanged:
    return KeyChanged(number, down, held, modifies, writes(number, held))


def frames(*events: Event, writing: bool = False) -> list[list[Event]]:
    """Deal events that came at once to frames."""
    queue = EventQueue()
    for event in events:
        queue.add(event)
    dealt = []
    while queue:
        dealt.append(queue.deal(writing=writing))
    return dealt


def test_a_chord_is_seen_with_its_modifier_before_either_is_let_go() -> None:
    held = key(glfw.KEY_LEFT_CONTROL, True, CTRL, modifies=True)
    pressed, released = key(glfw.KEY_S, True, CTRL), key(glfw.KEY_S, False, CTRL)
    let_go = key(glfw.KEY_LEFT_CONTROL, False, modifies=True)
    assert frames(held, pressed, released, let_go) == [[held, pressed], [released, let_go]]
    assert frames(held, pressed, let_go, released) == [[held, pressed], [let_go, released]]


def test_every_press_of_a_button_has_its_own_frame_at_its_own_place() -> None:
    here, there = PointerMoved(1, 1), PointerMoved(9, 9)
    down, up = ButtonChanged(0, True), ButtonChanged(0, False)
    assert frames(here, down, there, up, down) == [[here, down], [there, up], [down]]


def test_movements_are_joined_and_wheels_wait_for_keys() -> None:
    shift = key(glfw.KEY_LEFT_SHIFT, True, SHIFT, modifies=True)
    end, wheel = PointerMoved(2, 2), WheelTurned(0, 1)
    assert frames(PointerMoved(1, 1), end, wheel, wheel, shift) == [[end, wheel, wheel], [shift]]
    assert frames(end, shift) == [[end], [shift]]  # a drag is not turned after the fact


def test_a_word_comes_in_one_frame_and_its_keys_do_nothing() -> None:
    typed: list[Event] = []
    for letter in "good":
        number = ord(letter.upper())
        typed += [key(number, True), CharacterTyped(letter), key(number, False)]
    enter = key(glfw.KEY_ENTER, True)
    characters = [CharacterTyped(letter) for letter in "good"]
    assert frames(*typed, enter, writing=True) == [characters, [enter]]


def test_a_key_pressed_before_a_field_has_the_keyboard_is_let_go_all_the_same() -> None:
    queue = EventQueue()
    queue.add(key(glfw.KEY_F, True))
    queue.deal(writing=False)
    queue.add(key(glfw.KEY_F, False))
    assert queue.deal(writing=True) == [key(glfw.KEY_F, False)]


@pytest.mark.parametrize(
    ("button", "at", "earliest_s", "double"),
    [
        (0, (3.0, 0.0), 0.2, True),
        (0, (9.0, 0.0), 0.2, False),
        (1, (0.0, 0.0), 0.2, False),
        (0, (0.0, 0.0), 0.4, False),
    ],
)
def test_a_double_click_is_two_presses_close_in_place_and_time(
    button: int, at: tuple[float, float], earliest_s: float, double: bool
) -> None:
    clicks = Clicks()
    assert not clicks.press(0, (0.0, 0.0), 0.0, 0.0)
    # However late the window hears of it: it may have happened at the earlier time.
    assert clicks.press(button, at, earliest_s, 5.0) is double


def drawn(host: GuiHost, gui: Callable[[], object]) -> list[object]:
    """Draw at 2 frames a second until nothing waits; returns the value of `gui` in each."""
    seen = []
    while True:
        host.frame(lambda: seen.append(gui()))
        host.window.present()
        host.window.pass_time(0.5)  # type: ignore[attr-defined]
        if not host.window.events:
            return seen


def test_slow_frames_show_chords_clicks_and_letters(host: GuiHost, window: CountedWindow) -> None:
    drawn(host, lambda: None)
    window.wait(0.0)
    window.receive_key(glfw.KEY_LEFT_CONTROL, 0, True, NONE)
    for number in (glfw.KEY_S, glfw.KEY_Z):
        window.receive_key(number, 0, True, CTRL)
        window.receive_key(number, 0, False, CTRL)
    window.receive_key(glfw.KEY_LEFT_CONTROL, 0, False, CTRL)

    def chord() -> object:
        name = next((one for one in "sz" if imgui.is_key_pressed(getattr(imgui.Key, one))), None)
        return name and (name, imgui.get_io().key_ctrl)

    assert [one for one in drawn(host, chord) if one] == [("s", True), ("z", True)]
    for _ in range(2):
        window.receive_button(0, True)
        window.receive_button(0, False)
    counts = [count for count in drawn(host, lambda: imgui.get_mouse_clicked_count(0)) if count]
    assert counts == [1, 2]
    window.pass_time(1.0)
    window.wait(0.0)
    window.receive_button(0, True)
    assert drawn(host, lambda: imgui.get_mouse_clicked_count(0)) == [1]


def test_letters_typed_after_a_field_was_called_wait_for_it(
    host: GuiHost, window: CountedWindow
) -> None:
    text, letters = "", []

    def gui() -> None:
        nonlocal text
        imgui.begin("Window")
        if imgui.is_key_pressed(imgui.Key.k):
            host.give_keyboard()
        _changed, text = imgui.input_text("field", text)
        letters.append(imgui.is_key_pressed(imgui.Key.f) and not host.wants_text)
        imgui.end()

    drawn(host, gui)
    for letter in "kof":
        window.receive_key(ord(letter.upper()), 0, True, NONE)
        window.receive_character(letter)
        window.receive_key(ord(letter.upper()), 0, False, NONE)
    drawn(host, gui)
    assert text == "of"
    assert not any(letters)
