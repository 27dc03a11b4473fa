"""Moves the sources under one name, `alias_free`, as the wheel has them.

An environment that gets the wheel gets no modules called `train` or `ops`. Only the names in
imports change, and the commands that texts name, so that lines keep their numbers.
"""

from __future__ import annotations

import ast
import re
from itertools import pairwise

NAME = "alias_free"
PACKAGES = ("systems", "ops", "generator", "train", "gui_utils", "viz")
COMMANDS = {
    "visualizer.py": "afv",
    "-m generator": "afv-generate",
    "-m train": "afv-train",
    "-m viz.recording": "afv-record",
}
"""What the installed commands are called, by what stands after `python` in the repository."""

_OWN = "|".join(PACKAGES)
_COMMAND = re.compile(
    rf"(?:\.venv/bin/)?\bpython (?:visualizer\.py|-m (?:{_OWN})\b(?:\.\w+)*)(?![\w.]*\()"
)
_MODULE = re.compile(rf"(?:{_OWN})(?:\.[a-z_]\w*)+")
_REQUIREMENTS = re.compile(r"pip install -r requirements-(\w+)\.txt")


def rewrite_source(source: str) -> str:
    """Rewrite a module of the repository.

    Raises:
        ValueError: it names modules in a way that is not followed; the message says which line,
            and what to write instead.
    """
    lines = source.encode().splitlines(keepends=True)
    # From the end, so that what comes before stays in its place.
    for line, column, old, new in sorted(_edits(ast.parse(source)), reverse=True):
        text = lines[line - 1]
        at = text.index(old.encode(), column)
        lines[line - 1] = text[:at] + new.encode() + text[at + len(old.encode()) :]
    rewritten = rewrite_text(b"".join(lines).decode())
    ast.parse(rewritten)
    return rewritten


def rewrite_text(text: str) -> str:
    """Rewrite the commands that a text names: those of the repository become the installed ones."""
    text = _REQUIREMENTS.sub(r"pip install alias-free-visualizer[\1]", text)
    return _COMMAND.sub(_installed, text)


def _installed(found: re.Match[str]) -> str:
    what = found[0].partition("python ")[2]
    return COMMANDS.get(what) or f"python -m {NAME}.{what.removeprefix('-m ')}"


def _edits(tree: ast.Module) -> list[tuple[int, int, str, str]]:
    """List what changes: line, byte in it from which to look, old text, new text."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            if node.level == 0 and _is_own(node.module or ""):
                place = node.lineno, node.col_offset + len("from")
                found.append((*place, str(node.module), f"{NAME}.{node.module}"))
        elif isinstance(node, ast.Import):
            found += [_import_edit(node, one) for one in node.names if _is_own(one.name)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if _MODULE.fullmatch(node.value):
                raise ValueError(f"line {node.lineno}: {node.value!r}: make names from __name__")
        elif isinstance(node, ast.List | ast.Tuple):
            _check_arguments(node)
    return found


def _import_edit(node: ast.Import, name: ast.alias) -> tuple[int, int, str, str]:
    if name.asname:
        return name.lineno, name.col_offset, name.name, f"{NAME}.{name.name}"
    if "." in name.name or len(node.names) > 1:
        raise ValueError(f"line {node.lineno}: write `from … import …` for {name.name}")
    return node.lineno, node.col_offset, f"import {name.name}", f"from {NAME} import {name.name}"


def _check_arguments(node: ast.List | ast.Tuple) -> None:
    words = [one.value if isinstance(one, ast.Constant) else None for one in node.elts]
    for word, after in pairwise(words):
        if word == "-m" and isinstance(after, str) and _is_own(after):
            raise ValueError(f"line {node.lineno}: -m {after}: make the name from __name__")


def _is_own(module: str) -> bool:
    return module.partition(".")[0] in PACKAGES
