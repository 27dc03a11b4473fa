"""What benchmarks keep, and what a comparison of two runs tells."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from benchmarks import compare, report
from benchmarks.timing import Machine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MACHINE = Machine("a processor", None, 2, 2, "Linux", "3.11", "2.13", 0.1)


def timing(**rows: float | None) -> report.Sheet:
    sheet = report.Sheet("speed", ["network"], {"ms": "{:.1f}"})
    for name, value in rows.items():
        sheet.add(name, value)
    return sheet


def quality(**rows: float) -> report.Sheet:
    sheet = report.Sheet("quality", ["network"], {"EQ-T dB": "{:.1f}"})
    for name, value in rows.items():
        sheet.add(name, value)
    return sheet


def kept(path: Path, *sheets: report.Sheet, machine: Machine = MACHINE) -> Path:
    report.keep(path, "synthesis", machine, sheets)
    return path


def compared(*paths: Path, **options: float) -> None:
    compare.main(compare.Options(before=paths[0], after=paths[1], **options))


@dataclass(frozen=True, kw_only=True)
class Rows(report.Options):
    """Options of a benchmark."""

    count: int = 1


def two_sheets(options: Rows) -> Iterator[report.Sheet]:
    yield timing(**{f"n{index}": 0.5 for index in range(options.count)})
    yield quality(n=60.25)


def test_every_benchmark_prints_its_tables_and_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "new" / "run.json"
    monkeypatch.setattr(sys, "argv", ["bench", "--count", "2", "--json", str(path)])
    report.run(two_sheets, Rows, "A benchmark.")
    printed = capsys.readouterr().out
    assert "speed" in printed
    assert "60.2" in printed
    found = json.loads(path.read_text("utf-8"))["test_report"]
    assert found["machine"]["torch"]
    assert found["machine"]["cores"]
    speed, quality = found["sheets"]
    assert speed["rows"][1] == {"names": ["n1"], "figures": {"ms": 0.5}}
    assert quality["rows"][0]["figures"] == {"EQ-T dB": 60.25}


def test_one_file_keeps_several_benchmarks_each_once(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    report.keep(path, "worker", MACHINE, [timing(a=1.0)])
    report.keep(path, "ops", MACHINE, [timing(a=2.0)])
    report.keep(path, "worker", MACHINE, [timing(a=3.0)])
    values = compare.figures(json.loads(path.read_text("utf-8")))
    assert {place[0]: value for place, value in values.items()} == {"ops": 2.0, "worker": 3.0}


def test_rows_that_could_not_be_told_apart_are_refused() -> None:
    sheet = timing(a=1.0)
    with pytest.raises(ValueError, match="two rows"):
        sheet.add("a", 2.0)
    with pytest.raises(ValueError, match="cells"):
        sheet.add("b")


def test_a_comparison_shows_what_changed_and_counts_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = kept(tmp_path / "a.json", timing(slow=10.0, same=10.0), quality(t=60.0, r=40.0))
    after = kept(tmp_path / "b.json", timing(slow=25.0, same=10.5), quality(t=58.5, r=40.05))
    compared(before, after)
    printed = capsys.readouterr().out
    assert "2.50×" in printed
    assert "-1.5 dB" in printed
    assert "same" not in printed
    assert "2 figures changed, 2 by less than 0.1." in printed
    compared(before, after, least=0.0)
    assert "1.05×" in capsys.readouterr().out


def test_rows_of_one_side_only_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = kept(tmp_path / "a.json", timing(gone=1.0, both=2.0, unmeasured=None))
    after = kept(tmp_path / "b.json", timing(both=2.0, new=3.0, unmeasured=None), quality(t=60.0))
    compared(before, after)
    printed = capsys.readouterr().out
    assert printed.count("only before") == 1
    assert printed.count("only after") == 2
    assert "3 figures changed, 2 by" in printed


def test_a_change_from_nothing_has_no_ratio(tmp_path: Path) -> None:
    change = compare.Change(("b", "t", ("row",), "late frames"), 0.0, 3.0)
    assert change.exceeds(0.1)
    assert str(change) == "–"


def test_another_machine_is_told_its_load_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = kept(tmp_path / "a.json", timing(a=1.0))
    busy = kept(tmp_path / "b.json", timing(a=1.0), machine=replace(MACHINE, load=3.0))
    other = kept(tmp_path / "c.json", timing(a=1.0), machine=replace(MACHINE, cores=64))
    compared(before, busy)
    assert "machine" not in capsys.readouterr().out
    compared(before, other)
    assert "Another machine for synthesis: cores 2 → 64" in capsys.readouterr().out
