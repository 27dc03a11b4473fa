"""What a network's file says about it, as the lines of its card."""

from __future__ import annotations

import math
from pathlib import PurePath, PureWindowsPath
from typing import TYPE_CHECKING, Any

from generator.files import published
from viz.protocol.names import KIND_NAMES
from viz.storage import bundled

if TYPE_CHECKING:
    from pathlib import Path

    from generator import Generator

LONGEST_TEXT = 200
"""Characters of one line of the card; files from elsewhere may hold anything."""
_SCORES = (("eq_t", "EQ-T"), ("eq_t_frac", "EQ-T_frac"), ("eq_r", "EQ-R"))


def network_facts(
    net: Generator, path: Path, expected_s: float | None
) -> tuple[tuple[str, str], ...]:
    """Return the card of a network as (name, text) pairs; what its file does not say is left out.

    Args:
        net: The network with its `info`.
        path: Its file.
        expected_s: About how long a picture takes, where that is long.
    """
    info = net.info
    waiting = f"about {expected_s:.2g} s" if expected_s is not None else ""
    lines = (
        ("Kind", KIND_NAMES.get(net.kind, net.kind)),
        ("Picture", f"{net.size[1]} × {net.size[0]} px"),
        ("Picture takes", waiting),
        ("Data", _data(info, path)),
        ("Training", _training(info)),
        ("Average", _average(info)),
        ("EQ-T", _score(info, "eq_t")),
        ("EQ-R", _score(info, "eq_r") if net.kind == "stylegan3-r" else ""),
        ("Licence", _licence(info, path)),
        ("File", path.name),
    )
    return tuple((name, _cut(text)) for name, text in lines if text)


def equivariance_db(info: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    """Return the equivariance that a network's file says was measured, as ("EQ-T", 60.2)."""
    found = []
    for key, name in _SCORES:
        db = _number(_measured(info, key), "db")
        if db is not None:
            found.append((name, db))
    return tuple(found)


def _data(info: dict[str, Any], path: Path) -> str:
    """What the network was trained on: a sentence, else the name of the file."""
    about = info.get("about_data")
    stored = info.get("training set")
    if isinstance(about, str) and about.strip():
        text = about.strip()
    elif isinstance(stored, dict) and isinstance(stored.get("path"), str):
        text = _file_name(stored["path"])
    elif isinstance(info.get("data"), str):
        text = _file_name(info["data"])
    else:
        return next((one.data for one in _published(path)), "")
    count = _number(info, "pictures")
    if text and count is not None and count >= 1:
        return f"{_cut(text)} · {count:,.0f} pictures"
    return text


def _training(info: dict[str, Any]) -> str:
    kimg, hours = _number(info, "kimg"), _number(info, "hours")
    parts = []
    if kimg is not None and kimg >= 0:
        parts.append(f"{kimg:,.1f} kimg" if kimg < 1000 else f"{kimg:,.0f} kimg")
    if hours is not None and hours >= 0:
        parts.append(f"{hours:,.1f} h")
    return " · ".join(parts)


def _average(info: dict[str, Any]) -> str:
    length = _number(info, "average_length")
    return "" if length is None else f"over {100 * length:.1f} % of the training"


def _score(info: dict[str, Any], key: str) -> str:
    score = _measured(info, key)
    db, low, high = (_number(score, name) for name in ("db", "low_db", "high_db"))
    if db is None:
        return ""
    if low is None or high is None:
        return f"{db:.1f} dB"
    return f"{db:.1f} dB ({low:.1f} … {high:.1f})"


def _licence(info: dict[str, Any], path: Path) -> str:
    stated = info.get("licence", info.get("license"))
    if isinstance(stated, str) and stated.strip():
        return stated.strip()
    if path.parent == bundled.folder():
        return "Apache-2.0, as the program"
    return "NVIDIA Source Code License, non-commercial" if _published(path) else ""


def _published(path: Path) -> list[published.PublishedNetwork]:
    """Return the published network that a file is, by its name; nothing for other files."""
    return [one for one in published.published() if one.file_name == path.name]


def _measured(info: dict[str, Any], key: str) -> dict[str, Any]:
    measured = info.get("equivariance")
    score = measured.get(key) if isinstance(measured, dict) else None
    return score if isinstance(score, dict) else {}


def _number(values: dict[str, Any], name: str) -> float | None:
    value = values.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and abs(value) < 1e12 else None


def _file_name(text: str) -> str:
    """Return the last part of a path, of whatever system it was written on."""
    return PurePath(PureWindowsPath(text).as_posix()).name


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1].rstrip() + "…"
