"""Keys: GLFW's numbers, Dear ImGui's names, and where the user's keyboard has a letter."""

from __future__ import annotations

import string

import glfw
from imgui_bundle import imgui

from gui_utils.events import Modifier
from systems.desktop import has_command_key

K = imgui.Key
SPACE: int = glfw.KEY_SPACE
LAST_WRITING: int = glfw.KEY_WORLD_2
FIRST_ON_KEYPAD: int = glfw.KEY_KP_0
LAST_ON_KEYPAD: int = glfw.KEY_KP_EQUAL

_NAMED = {
    "TAB": K.tab,
    "LEFT": K.left_arrow,
    "RIGHT": K.right_arrow,
    "UP": K.up_arrow,
    "DOWN": K.down_arrow,
    "PAGE_UP": K.page_up,
    "PAGE_DOWN": K.page_down,
    "HOME": K.home,
    "END": K.end,
    "INSERT": K.insert,
    "DELETE": K.delete,
    "BACKSPACE": K.backspace,
    "SPACE": K.space,
    "ENTER": K.enter,
    "ESCAPE": K.escape,
    "APOSTROPHE": K.apostrophe,
    "COMMA": K.comma,
    "MINUS": K.minus,
    "PERIOD": K.period,
    "SLASH": K.slash,
    "SEMICOLON": K.semicolon,
    "EQUAL": K.equal,
    "LEFT_BRACKET": K.left_bracket,
    "BACKSLASH": K.backslash,
    "RIGHT_BRACKET": K.right_bracket,
    "GRAVE_ACCENT": K.grave_accent,
    "WORLD_1": K.oem102,
    "WORLD_2": K.oem102,
    "CAPS_LOCK": K.caps_lock,
    "SCROLL_LOCK": K.scroll_lock,
    "NUM_LOCK": K.num_lock,
    "PRINT_SCREEN": K.print_screen,
    "PAUSE": K.pause,
    "KP_DECIMAL": K.keypad_decimal,
    "KP_DIVIDE": K.keypad_divide,
    "KP_MULTIPLY": K.keypad_multiply,
    "KP_SUBTRACT": K.keypad_subtract,
    "KP_ADD": K.keypad_add,
    "KP_ENTER": K.keypad_enter,
    "KP_EQUAL": K.keypad_equal,
    "LEFT_SHIFT": K.left_shift,
    "LEFT_CONTROL": K.left_ctrl,
    "LEFT_ALT": K.left_alt,
    "LEFT_SUPER": K.left_super,
    "RIGHT_SHIFT": K.right_shift,
    "RIGHT_CONTROL": K.right_ctrl,
    "RIGHT_ALT": K.right_alt,
    "RIGHT_SUPER": K.right_super,
    "MENU": K.menu,
    **{f"KP_{digit}": getattr(K, f"keypad{digit}") for digit in string.digits},
    **{f"F{number}": getattr(K, f"f{number}") for number in range(1, 25)},
    **{letter: getattr(K, letter.lower()) for letter in string.ascii_uppercase},
    **{digit: getattr(K, f"_{digit}") for digit in string.digits},
}

IMGUI_KEYS: dict[int, imgui.Key] = {
    getattr(glfw, f"KEY_{name}"): key for name, key in _NAMED.items()
}
"""Dear ImGui's key for each number of GLFW."""

MODIFIER_KEYS: dict[int, Modifier] = {
    glfw.KEY_LEFT_SHIFT: Modifier.SHIFT,
    glfw.KEY_RIGHT_SHIFT: Modifier.SHIFT,
    glfw.KEY_LEFT_CONTROL: Modifier.CTRL,
    glfw.KEY_RIGHT_CONTROL: Modifier.CTRL,
    glfw.KEY_LEFT_ALT: Modifier.ALT,
    glfw.KEY_RIGHT_ALT: Modifier.ALT,
    glfw.KEY_LEFT_SUPER: Modifier.SUPER,
    glfw.KEY_RIGHT_SUPER: Modifier.SUPER,
}

IMGUI_MODIFIERS: dict[Modifier, imgui.Key] = {
    Modifier.SHIFT: K.mod_shift,
    Modifier.CTRL: K.mod_ctrl,
    Modifier.ALT: K.mod_alt,
    Modifier.SUPER: K.mod_super,
}


def with_ctrl(what: str = "", *, shift: bool = False) -> str:
    """Write a key or gesture that is made with Ctrl, on a Mac with ⌘; the key alone if empty."""
    if has_command_key():
        return "⇧" * shift + "⌘" + "-" * what.islower() + what  # ⌘Z, but ⌘-click
    return "Ctrl" + "+Shift" * shift + f"+{what}" * bool(what)


_PUNCTUATION: dict[str, int] = {
    "`": glfw.KEY_GRAVE_ACCENT,
    "-": glfw.KEY_MINUS,
    "=": glfw.KEY_EQUAL,
    "[": glfw.KEY_LEFT_BRACKET,
    "]": glfw.KEY_RIGHT_BRACKET,
    "\\": glfw.KEY_BACKSLASH,
    ",": glfw.KEY_COMMA,
    ";": glfw.KEY_SEMICOLON,
    "'": glfw.KEY_APOSTROPHE,
    ".": glfw.KEY_PERIOD,
    "/": glfw.KEY_SLASH,
}


def key_as_labelled(key: int, scancode: int) -> int:
    """Return the key by what is written on it: GLFW names keys after their place on a US keyboard.

    Args:
        key: GLFW's number of the key.
        scancode: The system's number of the key.
    """
    if not SPACE < key <= LAST_WRITING:
        return key
    name: str = glfw.get_key_name(key, scancode) or ""
    if len(name) == 1 and name in string.ascii_letters + string.digits:
        return ord(name.upper())
    return _PUNCTUATION.get(name, key)


def writes(key: int, held: Modifier) -> bool:
    """Return True if a key, with these modifiers, only writes a character."""
    if held & (Modifier.CTRL | Modifier.ALT | Modifier.SUPER):
        return False
    on_keypad = FIRST_ON_KEYPAD <= key <= LAST_ON_KEYPAD and IMGUI_KEYS[key] != K.keypad_enter
    return SPACE <= key <= LAST_WRITING or on_keypad
