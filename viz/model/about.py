"""What the program is and stands on: versions, licences, and where its documents lie."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from generator.version import VERSION

NAME = "Alias-Free Visualizer"
LICENCE = "Apache-2.0"
PROJECT = Path(__file__).parents[2]
PACKAGES = (
    "torch",
    "numpy",
    "scipy",
    "safetensors",
    "imgui-bundle",
    "glfw",
    "PyOpenGL",
    "pillow",
    "av",
    "matplotlib",
    "tyro",
    "rich",
)
FONTS = (
    ("Roboto", "Apache-2.0"),
    ("Inconsolata", "OFL-1.1"),
    ("Font Awesome 6 Free", "OFL-1.1"),
)
"""Fonts of the window, which come with imgui-bundle, and their licences."""


@dataclass(frozen=True)
class Part:
    """Something the program stands on."""

    name: str
    version: str
    licence: str
    """As the package states it; empty: it states none."""


@cache
def parts() -> tuple[Part, ...]:
    """Return Python, the packages and the fonts, each with version and licence."""
    python = Part("Python", platform.python_version(), "PSF-2.0")
    fonts = (Part(name, "", licence) for name, licence in FONTS)
    return (python, *map(_package, PACKAGES), *fonts)


def guide() -> Path:
    """Return the guide: a page of the site, if that has been built, else its text."""
    page = PROJECT / "site" / "guide.html"
    return page if page.is_file() else PROJECT / "docs" / "guide.md"


def about_text(backends: str) -> str:
    """Write everything as lines to copy.

    Args:
        backends: Where the networks are drawn, in words.
    """
    lines = [f"{NAME} {VERSION}, {LICENCE}", backends]
    lines += [" ".join(filter(None, (one.name, one.version, one.licence))) for one in parts()]
    return "\n".join(filter(None, lines))


def _package(name: str) -> Part:
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return Part(name, "missing", "")
    licence = _first_line(told.get_all("License-Expression"))
    if not licence:
        classifiers = told.get_all("Classifier") or []
        named = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License ::")]
        licence = ", ".join(one.removesuffix(" License") for one in named)
    return Part(name, told["Version"], licence or _first_line(told.get_all("License")))


def _first_line(values: list[str] | None) -> str:
    return next(iter((values or [""])[0].splitlines()), "")
