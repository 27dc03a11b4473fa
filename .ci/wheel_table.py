"""Which of the pinned packages have wheels for which Python and system, asked of pip's index.

    python .ci/wheel_table.py            prints docs/install.md's tables

Nothing is downloaded: pip resolves each requirement for a system without installing it, and the
index is asked for the sizes of the files that it chose.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12", "3.13")
_GLIBC = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_26", "manylinux_2_24", "manylinux_2_17")
_MAC = tuple(f"macosx_{version}" for version in ("14_0", "13_0", "12_0", "11_0"))
SYSTEMS: dict[str, tuple[str, ...]] = {
    "Linux x86-64": tuple(f"{one}_x86_64" for one in (*_GLIBC, "manylinux2014")),
    "Linux ARM64": tuple(f"{one}_aarch64" for one in (*_GLIBC, "manylinux2014")),
    "macOS ARM64": tuple(
        f"{one}_{kind}" for one in (*_MAC, "macosx_10_9") for kind in ("arm64", "universal2")
    ),
    "macOS Intel": tuple(
        f"{one}_{kind}" for one in (*_MAC, "macosx_10_9") for kind in ("x86_64", "universal2")
    ),
    "Windows x86-64": ("win_amd64",),
}
_TIMEOUT_S = 20


@dataclass(frozen=True)
class Wheel:
    """A wheel that pip chose."""

    requirement: str
    megabytes: float | None
    """None where the index does not say."""


def main() -> int:
    """Print the tables."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    requirements = [line for line in lines if line and not line.startswith(("#", "-r"))]
    found = {
        (system, python): wheels(requirements, python, platforms)
        for system, platforms in SYSTEMS.items()
        for python in PYTHONS
    }
    print(_availability(requirements, found))
    print(_sizes(requirements, {system: found[system, PYTHONS[-1]] for system in SYSTEMS}))
    return 0


def wheels(
    requirements: Sequence[str], python: str, platforms: Sequence[str]
) -> dict[str, Wheel | None]:
    """The wheel for each requirement; None where there is none, nor a source without a build."""
    together = _resolved(requirements, python, platforms)
    if together is not None:
        return dict(zip(requirements, together, strict=True))
    alone = {one: _resolved([one], python, platforms) for one in requirements}
    return {one: None if chosen is None else chosen[0] for one, chosen in alone.items()}


def _resolved(
    requirements: Sequence[str], python: str, platforms: Sequence[str]
) -> list[Wheel] | None:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        order = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--no-deps"]
        order += ["--ignore-installed", "--only-binary=:all:", "--implementation", "cp"]
        order += ["--python-version", python, "--target", folder, "--report", str(report)]
        for platform in platforms:
            order += ["--platform", platform]
        done = subprocess.run([*order, *requirements], capture_output=True, text=True, check=False)
        if done.returncode:
            return None
        entries = json.loads(report.read_text(encoding="utf-8"))["install"]
    by_name = {_plain(one["metadata"]["name"]): one["download_info"]["url"] for one in entries}
    urls = [by_name[_plain(one.split("==")[0])] for one in requirements]
    return [Wheel(one, _megabytes(url)) for one, url in zip(requirements, urls, strict=True)]


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _megabytes(url: str) -> float | None:
    if url.startswith("file:"):
        return Path(urllib.request.url2pathname(url.removeprefix("file://"))).stat().st_size / 1e6
    request = urllib.request.Request(url, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
            return int(answer.headers["Content-Length"]) / 1e6
    except (urllib.error.URLError, TimeoutError, TypeError):
        return None


def _availability(
    requirements: Sequence[str], found: dict[tuple[str, str], dict[str, Wheel | None]]
) -> str:
    lines = ["| system | " + " | ".join(f"Python {one}" for one in PYTHONS) + " |"]
    lines.append("|---|" + "---|" * len(PYTHONS))
    for system in SYSTEMS:
        cells = []
        for python in PYTHONS:
            missing = [one for one in requirements if found[system, python][one] is None]
            cells.append("all" if not missing else "all but " + ", ".join(missing))
        lines.append(f"| {system} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _sizes(requirements: Sequence[str], found: dict[str, dict[str, Wheel | None]]) -> str:
    lines = [f"| MB, Python {PYTHONS[-1]} | " + " | ".join(found) + " |"]
    lines.append("|---|" + "--:|" * len(found))

    def size(wheel: Wheel | None) -> str:
        return "–" if wheel is None or wheel.megabytes is None else f"{wheel.megabytes:.1f}"

    lines += [
        f"| {one} | {' | '.join(size(wheels[one]) for wheels in found.values())} |"
        for one in requirements
    ]
    totals = [
        sum(one.megabytes or 0 for one in wheels.values() if one) for wheels in found.values()
    ]
    lines.append(f"| together | {' | '.join(f'{total:.0f}' for total in totals)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
