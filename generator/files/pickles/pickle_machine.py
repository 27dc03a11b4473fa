"""Runs pickles of protocols 2 to 5 without importing or executing anything.

A pickle is a program for a small stack machine. This machine builds only plain values: numbers,
text, bytes, lists, tuples, dicts and sets of these. Where the program asks for a class or a
function by name it gets one from a fixed table, or the pickle is refused. Long bytes and texts
stay where they are, as views of the file. Time and memory are bounded by a budget; nothing in
here recurses over what a file describes.

The instruction set is documented in `pickletools` of Python's standard library.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

MAX_INSTRUCTIONS = 500_000
"""Several times those of the largest published network."""
MAX_TEXT_BYTES = 16 << 20
"""Size of all short texts together."""
LONG_BYTES = 1024
"""Bytes and texts longer than this are not copied out of the file."""

_MAX_NAME_BYTES = 256
_MAX_INT_BYTES = 16
_MAX_INT_KEY = 1 << 16


class PickleRefusedError(ValueError):
    """The pickle is damaged, or asks for what it cannot have; nothing was executed."""


class PickleDamagedError(PickleRefusedError):
    """The file is none of these pickles, or only a part of one."""


@dataclass(frozen=True, slots=True)
class LongText:
    """A text left in the file."""

    utf8: memoryview


class Placeholder:
    """An object of the pickle that may be handed a state after it was made."""

    def set_state(self, state: object) -> None:
        """Take over the state."""
        raise PickleRefusedError(f"a state is given to {type(self).__name__}, which has none")


@dataclass(frozen=True, slots=True)
class Constructor:
    """Harmless stand-in for a name in a pickle."""

    name: str
    call: Callable[..., object] | None = None
    """Makes the value of a call from its arguments; None where it may only be mentioned."""


class Budget:
    """Work and memory that may still be spent on one file, its nested pickles included.

    Args:
        file_bytes: Size of the file.
    """

    def __init__(self, file_bytes: int) -> None:
        self.instructions = MAX_INSTRUCTIONS
        self.text_bytes = MAX_TEXT_BYTES
        self.decoded_bytes = 4 * file_bytes

    def spend_items(self, count: int) -> None:
        """Account for items that one instruction copies out of a list, which any number may do."""
        self.instructions -= count
        if self.instructions < 0:
            raise PickleRefusedError("it takes more instructions than any network")

    def spend_text(self, count: int) -> None:
        """Account for a text that is copied out of the file."""
        self.text_bytes -= count
        if self.text_bytes < 0:
            raise PickleRefusedError("it holds more text than any network")

    def spend_decoded(self, count: int) -> None:
        """Account for bytes that have to be decoded."""
        self.decoded_bytes -= count
        if self.decoded_bytes < 0:
            raise PickleRefusedError("it decodes the same bytes over and over")


Names = Mapping[tuple[str, str], Constructor]
Persistent = Callable[[object], object]


def run_pickle(
    data: memoryview,
    names: Names,
    budget: Budget,
    *,
    start: int = 0,
    persistent: Persistent | None = None,
) -> tuple[Any, int]:
    """Run one pickle.

    Args:
        data: The file.
        names: What the pickle may ask for, by module and name.
        budget: Reduced by what is spent.
        start: Where the pickle begins.
        persistent: Makes the value of a persistent id; None refuses these.

    Returns:
        The value and the position after the pickle.

    Raises:
        PickleRefusedError: with the reason.
    """
    machine = _Machine(data, names, budget, start, persistent)
    try:
        return machine.run(), machine.position
    except PickleRefusedError:
        raise
    except (IndexError, KeyError, struct.error, UnicodeError, TypeError, ValueError) as error:
        raise PickleDamagedError(f"near byte {machine.position}: {type(error).__name__}") from None


class _Machine:
    """The stack machine; one method for each kind of instruction."""

    def __init__(
        self,
        data: memoryview,
        names: Names,
        budget: Budget,
        start: int,
        persistent: Persistent | None,
    ) -> None:
        self.data = data
        self.names = names
        self.budget = budget
        self.position = start
        self.persistent = persistent
        self.stack: list[Any] = []
        self.marked: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> object:
        data, budget = self.data, self.budget
        steps = _INSTRUCTIONS
        if bytes(data[self.position : self.position + 1]) != b"\x80":
            raise PickleDamagedError("it begins like no pickle")
        while True:
            if self.position >= len(data):
                raise PickleDamagedError("it ends in the middle")
            budget.instructions -= 1
            if budget.instructions < 0:
                raise PickleRefusedError("it is longer than any network")
            code = data[self.position]
            self.position += 1
            if code == _STOP:
                return self.stack.pop()
            step = steps.get(code)
            if step is None:
                raise PickleRefusedError(f"it uses the pickle instruction 0x{code:02x}")
            step(self)

    def take(self, count: int) -> memoryview:
        end = self.position + count
        if end > len(self.data):
            raise PickleDamagedError("it ends in the middle")
        view = self.data[self.position : end]
        self.position = end
        return view

    def number(self, size: int, *, signed: bool = False) -> int:
        return int.from_bytes(self.take(size), "little", signed=signed)

    def line(self) -> str:
        window = bytes(self.data[self.position : self.position + _MAX_NAME_BYTES])
        length = window.find(b"\n")
        if length < 0:
            raise PickleRefusedError("a name in it has no end")
        self.position += length + 1
        return window[:length].decode()

    def pop_mark(self) -> list[Any]:
        items = self.stack
        self.stack = self.marked.pop()
        return items

    # Instructions.

    def protocol(self) -> None:
        version = self.number(1)
        if not 2 <= version <= 5:
            raise PickleRefusedError(f"it is a pickle of protocol {version}, not 2 to 5")

    def frame(self) -> None:
        if self.number(8) > len(self.data) - self.position:
            raise PickleDamagedError("it ends in the middle")

    def mark(self) -> None:
        self.marked.append(self.stack)
        self.stack = []

    def pop(self) -> None:
        if self.stack:
            self.stack.pop()
        else:
            self.pop_mark()

    def drop_mark(self) -> None:
        self.pop_mark()

    def push_integer(self, size: int, *, signed: bool) -> None:
        self.stack.append(self.number(size, signed=signed))

    def long(self) -> None:
        size = self.number(1)
        if size > _MAX_INT_BYTES:
            raise PickleRefusedError(f"it holds a number of {size} bytes")
        self.stack.append(self.number(size, signed=True))

    def push_float(self) -> None:
        self.stack.append(struct.unpack(">d", self.take(8))[0])

    def push_text(self, size: int) -> None:
        view = self.take(self.number(size))
        if len(view) > LONG_BYTES:
            self.stack.append(LongText(view))
            return
        self.budget.spend_text(len(view))
        self.stack.append(str(view, "utf-8", "replace"))

    def push_bytes(self, size: int) -> None:
        view = self.take(self.number(size))
        self.stack.append(view if len(view) > LONG_BYTES else bytes(view))

    def push_tuple(self, count: int) -> None:
        if len(self.stack) < count:
            raise PickleRefusedError("a tuple in it lacks items")
        items = self.stack[-count:]
        self.stack[-count:] = [tuple(items)]

    def marked_tuple(self) -> None:
        items = self.pop_mark()
        self.stack.append(tuple(items))

    def append(self) -> None:
        item = self.stack.pop()
        self.extend_list([item])

    def appends(self) -> None:
        self.extend_list(self.pop_mark())

    def extend_list(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not list:
            raise PickleRefusedError("items are appended to what is no list")
        target.extend(items)

    def set_item(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.update_dict([key, value])

    def set_items(self) -> None:
        self.update_dict(self.pop_mark())

    def update_dict(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not dict or len(items) % 2:
            raise PickleRefusedError("items are set in what is no dict")
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[checked_key(key)] = value

    def add_items(self) -> None:
        items = self.pop_mark()
        target = self.stack[-1]
        if type(target) is not set:
            raise PickleRefusedError("items are added to what is no set")
        target.update(map(checked_key, items))

    def put(self, size: int) -> None:
        self.memo[self.number(size)] = self.stack[-1]

    def memoize(self) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def get(self, size: int) -> None:
        self.stack.append(self.memo[self.number(size)])

    def name(self) -> None:
        module, name = self.line(), self.line()
        self.stack.append(self.look_up(module, name))

    def name_from_stack(self) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        if type(module) is not str or type(name) is not str:
            raise PickleRefusedError("it asks for something whose name is no text")
        self.stack.append(self.look_up(module, name))

    def look_up(self, module: str, name: str) -> Constructor:
        constructor = self.names.get((module, name))
        if constructor is None:
            wanted = ascii(f"{module}.{name}")[1:-1]
            raise PickleRefusedError(
                f"it asks for {wanted:.80}, which no published network needs; nothing was executed"
            )
        return constructor

    def call(self) -> None:
        arguments, constructor = self.stack.pop(), self.stack.pop()
        if type(constructor) is not Constructor or type(arguments) is not tuple:
            raise PickleRefusedError("it calls what cannot be called; nothing was executed")
        if constructor.call is None:
            raise PickleRefusedError(f"it calls {constructor.name}; nothing was executed")
        self.stack.append(constructor.call(*arguments))

    def build(self) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        if type(target) is dict and type(state) is dict and list(state) == ["_metadata"]:
            return  # versions of the modules whose tensors a dict holds
        if not isinstance(target, Placeholder):
            raise PickleRefusedError("it gives a state to what has none")
        target.set_state(state)

    def persistent_id(self) -> None:
        if self.persistent is None:
            raise PickleRefusedError("it refers to data outside itself")
        self.stack.append(self.persistent(self.stack.pop()))


def checked_key(key: object) -> Hashable:
    """A key of a dict or an item of a set, as one that costs no more than others.

    Nested tuples take long to hash; numbers can be chosen so that all fall on one hash. Large ones
    come as text: optimisers of old are keyed by addresses, which nobody looks up.

    Raises:
        PickleRefusedError: it is neither a text nor a whole number.
    """
    if type(key) is str or (type(key) is int and 0 <= key < _MAX_INT_KEY):
        return key
    if type(key) is int:
        return str(key)
    raise PickleRefusedError("a key in it is neither a text nor a whole number")


def _push(make: Callable[[], object]) -> Callable[[_Machine], None]:
    return lambda machine: machine.stack.append(make())


_STOP = ord(".")
_INSTRUCTIONS: dict[int, Callable[[_Machine], None]] = {
    0x80: _Machine.protocol,
    0x95: _Machine.frame,
    ord("("): _Machine.mark,
    ord("0"): _Machine.pop,
    ord("1"): _Machine.drop_mark,
    ord("2"): lambda machine: machine.stack.append(machine.stack[-1]),
    ord("N"): _push(lambda: None),
    0x88: _push(lambda: True),
    0x89: _push(lambda: False),
    ord("J"): lambda machine: machine.push_integer(4, signed=True),
    ord("K"): lambda machine: machine.push_integer(1, signed=False),
    ord("M"): lambda machine: machine.push_integer(2, signed=False),
    0x8A: _Machine.long,
    ord("G"): _Machine.push_float,
    0x8C: lambda machine: machine.push_text(1),
    ord("X"): lambda machine: machine.push_text(4),
    0x8D: lambda machine: machine.push_text(8),
    ord("C"): lambda machine: machine.push_bytes(1),
    ord("B"): lambda machine: machine.push_bytes(4),
    0x8E: lambda machine: machine.push_bytes(8),
    0x96: lambda machine: machine.push_bytes(8),
    ord(")"): _push(tuple),
    0x85: lambda machine: machine.push_tuple(1),
    0x86: lambda machine: machine.push_tuple(2),
    0x87: lambda machine: machine.push_tuple(3),
    ord("t"): _Machine.marked_tuple,
    ord("]"): _push(list),
    ord("a"): _Machine.append,
    ord("e"): _Machine.appends,
    ord("}"): _push(dict),
    ord("s"): _Machine.set_item,
    ord("u"): _Machine.set_items,
    0x8F: _push(set),
    0x90: _Machine.add_items,
    ord("q"): lambda machine: machine.put(1),
    ord("r"): lambda machine: machine.put(4),
    0x94: _Machine.memoize,
    ord("h"): lambda machine: machine.get(1),
    ord("j"): lambda machine: machine.get(4),
    ord("c"): _Machine.name,
    0x93: _Machine.name_from_stack,
    ord("R"): _Machine.call,
    # Making an object without arguments of its class is a call as good as any.
    0x81: _Machine.call,
    ord("b"): _Machine.build,
    ord("Q"): _Machine.persistent_id,
}
