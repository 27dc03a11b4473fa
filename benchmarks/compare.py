"""What changed between two runs of benchmarks.

    python -m benchmarks.compare benchmarks/history/0.1.0.json out/now.json

Figures are compared by benchmark, table, row and column: the second as a multiple of the first, and
as a difference where they are in dB. Rows that only one of the runs has are listed as such.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

Place = tuple[str, str, tuple[str, ...], str]
"""Benchmark, table, row and column of a figure."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The two runs to compare."""

    before: tyro.conf.Positional[Path]
    """File that `--json` wrote."""
    after: tyro.conf.Positional[Path]
    """Another."""
    least: float = 0.1
    """Smallest change that is shown: 0.1 is 10 % of the first figure, or 0.1 dB."""


@dataclass(frozen=True)
class Change:
    """One figure of two runs; None where a run does not have it."""

    place: Place
    before: float | None
    after: float | None

    @property
    def in_db(self) -> bool:
        """True for figures on a logarithmic scale, of which differences are taken."""
        return self.place[3].endswith("dB")

    def exceeds(self, least: float) -> bool:
        """Tell whether the figure is new, gone, or changed by at least so much."""
        if self.before is None or self.after is None:
            return self.before is not self.after
        # Rounding: what was written as 10 % must not be lost as 9.9999 %.
        scale = 1.0 if self.in_db else abs(self.before)
        return abs(self.after - self.before) >= least * scale - 1e-9

    def __str__(self) -> str:
        """State the change: a multiple, a difference in dB, or which run alone has the figure."""
        if self.before is None:
            return "only after"
        if self.after is None:
            return "only before"
        if self.in_db:
            return f"{self.after - self.before:+.1f} dB"
        return f"{self.after / self.before:.2f}×" if self.before else "–"


def figures(run: dict[str, Any]) -> dict[Place, float | None]:
    """Figures of a file that `--json` wrote, by their place."""
    return {
        (benchmark, sheet["title"], tuple(row["names"]), heading): value
        for benchmark, kept in run.items()
        for sheet in kept["sheets"]
        for row in sheet["rows"]
        for heading, value in row["figures"].items()
    }


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """Pair the figures of two runs, in the first one's order, then what only the second has."""
    old, new = figures(before), figures(after)
    return [Change(place, old.get(place), new.get(place)) for place in {**old, **new}]


def other_machines(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """Say for which benchmarks the machines differ, and in what."""
    for benchmark in sorted(before.keys() & after.keys()):
        old, new = (run[benchmark]["machine"] for run in (before, after))
        facts = [
            f"{k} {old[k]} → {new.get(k)}" for k in old if k != "load" and old[k] != new.get(k)
        ]
        if facts:
            yield f"{benchmark}: {', '.join(facts)}"


def table(found: list[Change]) -> Table:
    """Lay changes out for the terminal."""
    table = Table("table", "row", "figure")
    for heading in ("before", "after", "change"):
        table.add_column(heading, justify="right")
    last = ""
    for change in found:
        benchmark, title, names, heading = change.place
        sheet = f"{benchmark}: {title}"
        figures = ("–" if v is None else f"{v:.4g}" for v in (change.before, change.after))
        place = (sheet if sheet != last else "", ", ".join(names), heading)
        table.add_row(*place, *figures, str(change))
        last = sheet
    return table


def main(options: Options) -> None:
    """Print what changed."""
    before, after = (
        json.loads(path.read_text("utf-8")) for path in (options.before, options.after)
    )
    console = Console(width=140)
    for line in other_machines(before, after):
        console.print(f"Another machine for {line}", highlight=False)
    every = changes(before, after)
    found = [change for change in every if change.exceeds(options.least)]
    if found:
        console.print(table(found))
    rest = len(every) - len(found)
    console.print(f"{len(found)} figures changed, {rest} by less than {options.least:g}.")


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
