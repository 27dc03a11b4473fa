"""The frame of a benchmark: its tables printed, and kept as JSON beside those of others.

A benchmark has options (a subclass of `Options`), a function that yields `Sheet`s, and ends with
`report.run(…)`. Every one of them then takes `--json FILE`.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import tyro
from rich.console import Console
from rich.table import Table

from benchmarks.timing import Machine

PROGRESS = Console(stderr=True)
"""Where benchmarks say what they are at: standard output has the tables alone."""
_WIDTH = 120


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options that every benchmark has."""

    json: Path | None = None
    """File that keeps the figures too; those of other benchmarks in it stay."""


@dataclass
class Sheet:
    """One table of figures.

    Title and names say what was measured, and so which rows of two runs belong together: neither
    may contain a result.
    """

    title: str
    names: Sequence[str]
    """Headings of the columns that name a row."""
    figures: Mapping[str, str]
    """Headings of the other columns, with their unit, and how a figure is shown: `"{:.1f}"`.
    A heading that ends with "dB" makes `benchmarks.compare` subtract instead of divide."""
    rows: list[tuple[tuple[str, ...], tuple[float | None, ...]]] = field(default_factory=list)
    """Names and figures of each row."""

    def add(self, *cells: str | float | None) -> None:
        """Add a row: its names, then its figures; None where there is no figure.

        Raises:
            ValueError: There are more or fewer cells than columns, or the names are known already.
        """
        if len(cells) != len(self.names) + len(self.figures):
            raise ValueError(f"{len(cells)} cells for {[*self.names, *self.figures]}")
        names = tuple(str(cell) for cell in cells[: len(self.names)])
        if any(names == known for known, _ in self.rows):
            raise ValueError(f"two rows are called {names}")
        figures = (None if cell is None else float(cell) for cell in cells[len(self.names) :])
        self.rows.append((names, tuple(figures)))

    def table(self) -> Table:
        """Lay the sheet out for the terminal."""
        table = Table(title=self.title, title_justify="left")
        for name in self.names:
            table.add_column(name)
        for heading in self.figures:
            table.add_column(heading, justify="right")
        for names, figures in self.rows:
            shown = zip(self.figures.values(), figures, strict=True)
            table.add_row(*names, *("–" if v is None else form.format(v) for form, v in shown))
        return table

    def plain(self) -> dict[str, Any]:
        """Everything but the layout, for JSON."""
        rows = [
            {"names": list(names), "figures": dict(zip(self.figures, figures, strict=True))}
            for names, figures in self.rows
        ]
        return {"title": self.title, "names": list(self.names), "rows": rows}


SomeOptions = TypeVar("SomeOptions", bound=Options)


def run(
    measure: Callable[[SomeOptions], Iterator[Sheet]],
    options: type[SomeOptions],
    description: str | None,
) -> None:
    """Read the command line, measure, print every table, and write JSON if that is asked for."""
    given = tyro.cli(options, description=description)
    machine = Machine.here()
    console = Console(width=_WIDTH)
    console.print(f"{machine}", highlight=False)
    sheets = []
    for sheet in measure(given):
        console.print(sheet.table())
        sheets.append(sheet)
    if given.json:
        keep(given.json, Path(inspect.getfile(measure)).stem, machine, sheets)


def keep(path: Path, benchmark: str, machine: Machine, sheets: Sequence[Sheet]) -> None:
    """Write a benchmark's figures to a file; those of other benchmarks in it stay."""
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
    kept[benchmark] = {
        "machine": asdict(machine),
        "sheets": [sheet.plain() for sheet in sheets],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(dict(sorted(kept.items())), indent=1, ensure_ascii=False)
    path.write_text(text + "\n", "utf-8")
