"""Sessions: the state as versioned JSON, read with care.

A session file is `{"format": …, "version": 1, "state": {…}}`, the state in the shape of the
dataclasses in `viz.state.app_state`. What is unknown, of the wrong kind or out of range is left at
its default and told in one line each; a file that is no session at all raises.
"""

from __future__ import annotations

import json
import math
from collections import deque
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

from generator.files.atomic_files import write_atomically
from viz.state.app_state import AppState
from viz.state.inputs import MAX_NETWORKS
from viz.state.paths import number_at, owner_of
from viz.storage import bundled
from viz.storage.older_sessions import FilmMotion, take_over, without_film_motion

if TYPE_CHECKING:
    from collections.abc import Hashable
    from pathlib import Path

FORMAT = "alias-free-visualizer session"
VERSION = 1
LARGEST_FILE = 16 << 20
LONGEST_LIST = 4096
MOST_PARTS = 500_000
"""Objects and lists in a session, so that its text cannot unpack to gigabytes."""
MOST_MESSAGES = 20
"""Most messages that a file can cause in the window."""

Messages = deque[str]


@dataclass(frozen=True, slots=True)
class Session:
    """A session that was read."""

    state: AppState
    messages: tuple[str, ...]
    """Settings that could not be taken over, one line each; of too many lines the last."""


def session_text(state: AppState) -> str:
    """Write the state as the text of a session file; paths of networks become absolute."""
    kept = asdict(replace(state, favourites=[]))
    del kept["favourites"]  # the user's own, wherever a session goes
    for network in kept["networks"]:
        network["source"] = bundled.from_anywhere(network["source"])
    content = {"format": FORMAT, "version": VERSION, "state": kept}
    return json.dumps(content, indent=2, allow_nan=False)


def save_session(path: Path, state: AppState) -> None:
    """Write the state to a file, all at once.

    Raises:
        OSError: the file cannot be written.
    """
    write_atomically(path, session_text(state) + "\n")


def load_session(path: Path) -> Session:
    """Read a session file.

    Raises:
        ValueError: the file is no session of this program, or of a later version.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise ValueError(f"{path.name} is no session: it has more than {LARGEST_FILE >> 20} MB")
    try:
        text = data.decode("utf-8")
    except ValueError as error:
        raise ValueError(f"{path.name} is no session: {error}") from None
    return parse_session(text, path.name)


def parse_session(text: str, name: str) -> Session:
    """Read a session from its text.

    Args:
        text: As `session_text` writes it.
        name: What error messages call it.

    Raises:
        ValueError: it is no session of this program, or of a later version.
    """
    if len(text) > LARGEST_FILE or text.count("[") + text.count("{") > MOST_PARTS:
        raise ValueError(f"{name} is no session: it is too large")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name} is no session: {error}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"{name} is no session of this program")
    version = content.get("version")
    if not isinstance(version, int) or not 1 <= version <= VERSION:
        raise ValueError(
            f"{name} is a session of version {version!r:.20}, this program reads {VERSION}"
        )
    messages: Messages = deque(maxlen=MOST_MESSAGES)
    given, film_motion = without_film_motion(content.get("state"))
    state = _read(given, AppState, "state", messages)
    state.favourites = []
    if isinstance(film_motion, dict):
        motion = _read(film_motion, FilmMotion, "state.recording.motion", messages)
        take_over(state, motion)
    if len(state.networks) > MAX_NETWORKS:
        messages.append(f"only the first {MAX_NETWORKS} networks are shown")
        del state.networks[MAX_NETWORKS:]
    _drop_lost_paths(state, messages)
    if len(messages) == MOST_MESSAGES:
        messages[0] = f"much in {name} could not be taken over; the last of it"
    return Session(state, tuple(messages))


def _drop_lost_paths(state: AppState, messages: Messages) -> None:
    """Leave out locks and animations of fields that there are not."""
    lost = dict.fromkeys(path for path in state.locks if owner_of(state, path) is None)
    lost |= dict.fromkeys(one.field for one in state.motions if number_at(state, one.field) is None)
    messages += [f"there is no field {path!r:.60} to lock or animate" for path in lost]
    state.locks = [path for path in state.locks if path not in lost]
    state.motions = [one for one in state.motions if one.field not in lost]


class _UnfitError(ValueError):
    """A value that its field cannot take."""


def _read(value: Any, owner: type[Any], where: str, messages: Messages) -> Any:
    """Make an object of the dataclass `owner` from JSON, unfit fields left at their defaults."""
    if not isinstance(value, dict):
        raise ValueError(f"{where} must be an object, got {value!r:.40}")
    hints = _hints(owner)  # type: ignore[arg-type]  # classes can be hashed
    known = {field.name: field for field in fields(owner)}
    messages += [
        f"{where}.{ascii(name)[1:-1]:.40} is not known here" for name in value if name not in known
    ]
    taken: dict[str, Any] = {}
    for name, field in known.items():
        if name not in value:
            continue
        try:
            given = _convert(value[name], hints[name], f"{where}.{name}", messages)
            formerly = field.metadata.get("formerly", {})
            taken[name] = formerly.get(given, given) if formerly else given
            _check_range(taken[name], field.metadata)
        except _UnfitError as error:
            taken.pop(name, None)
            messages.append(f"{where}.{name} {error}, got {value[name]!r:.40}")
    try:
        return owner(**taken)
    except TypeError:
        raise _UnfitError("lacks what it cannot be without") from None
    except ValueError as error:
        raise _UnfitError(str(error)) from None


@cache
def _hints(owner: Hashable) -> dict[str, Any]:
    return get_type_hints(owner)


def _convert(value: Any, hint: Any, where: str, messages: Messages) -> Any:
    """Convert a JSON value to the type of a field."""
    if is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, dict):
            raise _UnfitError("must be an object")
        return _read(value, hint, where, messages)
    origin = get_origin(hint)
    if origin is list:
        return read_list(value, get_args(hint)[0], where, messages)
    if origin is Literal:
        if value not in get_args(hint):
            raise _UnfitError(f"must be one of {', '.join(map(str, get_args(hint)))}")
        return value
    if origin is UnionType or origin is Union:
        if isinstance(value, list) and len(value) <= 1:  # older files wrote such fields as lists
            value = value[0] if value else None
        if value is None:
            return None
        return _convert(value, get_args(hint)[0], where, messages)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value) if abs(value) < 2**63 else math.inf
    if type(value) is not hint:
        kinds = {float: "a number", int: "a whole number", str: "a text", bool: "true or false"}
        raise _UnfitError(f"must be {kinds[hint]}")
    if hint is str and not _is_text(value):
        raise _UnfitError("has letters that there are not")
    return value


def _is_text(value: str) -> bool:
    """Return whether a text can be shown and be part of a file's name: no half letters, no null."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def read_list(value: Any, hint: Any, where: str, messages: Messages) -> list[Any]:
    """Make a list from JSON, leaving unfit items out with a line on each.

    Args:
        value: What the JSON holds.
        hint: Type of the items, as in the annotation of a state's field.
        where: What messages call the list.
        messages: Gets a line on everything that is left out.

    Raises:
        ValueError: it is no list.
    """
    if not isinstance(value, list):
        raise _UnfitError("must be a list")
    if len(value) > LONGEST_LIST:
        messages.append(f"only the first {LONGEST_LIST} of {where} are taken")
    items = []
    for index, item in enumerate(value[:LONGEST_LIST]):
        try:
            items.append(_convert(item, hint, f"{where}[{index}]", messages))
        except _UnfitError as error:
            messages.append(f"{where}[{index}] {error}, got {item!r:.40}")
    return items


def _check_range(value: Any, metadata: Any) -> None:
    low, high = metadata.get("low", -math.inf), metadata.get("high", math.inf)
    numbers = value if isinstance(value, list) else [value]
    if any(isinstance(one, int | float) and not low <= one <= high for one in numbers):
        raise _UnfitError(f"must be {low:g} to {high:g}")
