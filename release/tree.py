"""The tree of the package `alias_free`, written from the repository's files."""

from __future__ import annotations

import shutil
from pathlib import Path

from release.rewrite import PACKAGES, rewrite_source, rewrite_text

ROOT = Path(__file__).parents[1]
SOURCES = (".py", ".h", ".cpp", ".cu", ".cuh")
DATA = (".safetensors", ".html", ".png", ".md", ".svg", ".ico", ".icns", ".gif", ".webp")
OUTSIDE = ("LICENSE", "CHANGELOG.md")
"""Files of the top folder that the About window and the documents name."""


def write_tree(folder: Path) -> None:
    """Write everything that the package holds, but for compiled kernels.

    Raises:
        ValueError: a module names others in a way that the rewriting does not follow.
    """
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix in (*SOURCES, *DATA) and "__pycache__" not in path.parts:
                _put(path, folder / path.relative_to(ROOT))
    _put(ROOT / "visualizer.py", folder / "visualizer.py")
    for path in sorted((ROOT / "release/package").glob("*.py")):
        _put(path, folder / path.name)
    for path in (*(ROOT / "docs").glob("*.md"), *(ROOT / "docs/images").iterdir()):
        _put(path, folder / path.relative_to(ROOT))
    for name in OUTSIDE:
        _put(ROOT / name, folder / name)
    (folder / "py.typed").touch()


def _put(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix not in (".py", ".md"):
        shutil.copyfile(source, target)
        return
    text = source.read_text(encoding="utf-8")
    try:
        text = rewrite_source(text) if source.suffix == ".py" else rewrite_text(text)
    except ValueError as error:
        raise ValueError(f"{source.relative_to(ROOT)}, {error}") from None
    target.write_text(text, encoding="utf-8", newline="\n")
