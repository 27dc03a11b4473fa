"""How hatchling builds the wheel: the sources under one name, and what they require."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

ROOT = Path(__file__).parents[1]
# hatchling loads this file by its path: the rest of the folder is out of its reach.
sys.path.insert(0, str(ROOT))

from release.tree import write_tree  # noqa: E402

KERNELS_FOR = "AFV_KERNELS_FOR"
"""Environment variable: the system that the wheel gets compiled kernels for, as `linux-x86_64`."""
KERNELS = ROOT / "build/kernels"
"""Where they are kept from one build to the next."""
EXTRAS = ("cuda", "metrics", "slurm", "notebook", "compiler")
MINOR_BREAKS = ("imgui-bundle", "dearpygui")
"""Packages whose minor versions change what programs call."""


def get_metadata_hook() -> type[MetadataHookInterface]:
    """Tell hatchling which class is which."""
    return Requirements


def get_build_hook() -> type[BuildHookInterface[Any]]:
    """Tell hatchling which class is which."""
    return Package


class Requirements(MetadataHookInterface):  # type: ignore[misc]  # hatchling is skipped
    """Takes the dependencies from `requirements*.txt`."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fill in what pyproject.toml calls dynamic."""
        metadata["dependencies"] = requirements("requirements.txt")
        metadata["optional-dependencies"] = {
            extra: requirements(f"requirements-{extra}.txt") for extra in EXTRAS
        }


class Package(BuildHookInterface[Any]):  # type: ignore[misc]
    """Puts the tree of `alias_free` into the wheel, with kernels where a system was named."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the tree, and tell hatchling to take it.

        Raises:
            ValueError: an editable install was asked for, or the system is not known.
        """
        if self.target_name != "wheel":
            return
        if version == "editable":
            raise ValueError("the checkout runs as it is (make run): nothing is to be installed")
        self._folder = Path(tempfile.mkdtemp(prefix="alias-free-wheel-"))
        write_tree(self._folder)
        if name := os.environ.get(KERNELS_FOR):
            from release.kernels import SYSTEMS, build_kernels

            for path in build_kernels(name, KERNELS / name):
                build_data["force_include"][str(path)] = f"alias_free/ops/cpu/built/{path.name}"
            build_data["tag"] = f"py3-none-{SYSTEMS[name].tag}"
            build_data["pure_python"] = False
        build_data["force_include"][str(self._folder)] = "alias_free"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the tree."""
        if self.target_name == "wheel":
            shutil.rmtree(self._folder)


def requirements(name: str) -> list[str]:
    """Read pinned requirements as ranges: the tested version, and later compatible ones."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [_range(line) for line in lines if line and not line.startswith(("#", "-r"))]


def _range(pinned: str) -> str:
    found = re.fullmatch(r"([\w.-]+)==(\d+)\.(\d+)(.*)", pinned)
    if found is None:
        raise ValueError(f"{pinned} is not pinned as NAME==MAJOR.MINOR…")
    name, major, minor, rest = found.groups()
    below = f"{major}.{int(minor) + 1}" if name in MINOR_BREAKS else str(int(major) + 1)
    return f"{name}>={major}.{minor}{rest},<{below}"
