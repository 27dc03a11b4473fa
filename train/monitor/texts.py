"""The monitor's words: the chosen run's log, and the settings of all runs beside each other."""

import math
from collections.abc import Sequence
from typing import Any

import dearpygui.dearpygui as dpg

from train.config.form_fields import text_of
from train.monitor.look import DIM, ERROR, TEXT, WARNING
from train.monitor.memory import Memory
from train.progress import duration_text
from train.runs.reader import Run, differences

TICKS_SHOWN = 100
COLUMNS = (
    ("kimg", "kimg", 2),
    ("images_per_second", "pictures/s", 2),
    ("loss_g", "loss G", 3),
    ("loss_d", "loss D", 3),
    ("real_sign", "sign real", 2),
    ("fake_sign", "sign gen.", 2),
    ("r1", "R1", 3),
    ("augment_p", "p", 3),
    ("magnitude_max", "magnitude", 2),
)


class LogText:
    """The tab of the log."""

    def __init__(self) -> None:
        self._shown: Run | None = None

    def build(self) -> None:
        """Add its place to the current container."""
        dpg.add_child_window(tag="log place", border=False)

    def show(self, run: Run | None) -> None:
        """Show warnings, ticks, newest first, and what the trainer has said."""
        if run is self._shown:
            return
        self._shown = run
        dpg.delete_item("log place", children_only=True)
        if run is None:
            return
        if run.problem:
            dpg.add_text(run.problem, color=ERROR, wrap=0, parent="log place")
        for warned in reversed(run.warnings[-20:]):
            text = f"{warned.kimg:.1f} kimg: {warned.message}"
            dpg.add_text(text, color=WARNING, wrap=0, parent="log place")
        self._add_ticks(run)
        if run.output:
            dpg.add_text("What the trainer has said", color=DIM, parent="log place")
            dpg.add_text("\n".join(run.output[-100:]), wrap=0, parent="log place")

    def _add_ticks(self, run: Run) -> None:
        columns = [one for one in COLUMNS if one[0] in run.log]
        if not run.log.get("kimg"):
            dpg.add_text("Nothing is logged yet.", color=DIM, parent="log place")
            return
        with dpg.table(
            parent="log place",
            row_background=True,
            freeze_rows=1,
            policy=dpg.mvTable_SizingStretchSame,
        ):
            for _name, title, _decimals in columns:
                dpg.add_table_column(label=title)
            rows = zip(*(run.log[name][-TICKS_SHOWN:] for name, _, _ in columns), strict=True)
            for row in reversed(list(rows)):
                with dpg.table_row():
                    for value, (_name, _title, decimals) in zip(row, columns, strict=True):
                        dpg.add_text("–" if math.isnan(value) else f"{value:.{decimals}f}")


class SettingsTable:
    """The tab of settings.

    Args:
        memory: Says whether only differences are shown.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._shown: tuple[object, ...] = ()
        self._runs: Sequence[Run] = ()

    def build(self) -> None:
        """Add its place to the current container."""
        dpg.add_checkbox(
            label="only what differs between the runs",
            tag="only differences",
            default_value=self._memory.only_differences,
            callback=lambda _tag, value: self._only_differences(bool(value)),
        )
        dpg.add_child_window(tag="settings place", border=False)

    def show(self, runs: Sequence[Run]) -> None:
        """Show the settings of some runs, a column for each."""
        self._runs = runs
        wanted = (self._memory.only_differences, *((run.path, run.config) for run in runs))
        if wanted == self._shown:
            return
        self._shown = wanted
        dpg.delete_item("settings place", children_only=True)
        rows = settings_rows(runs, only_differences=self._memory.only_differences)
        if not runs or not rows:
            text = "The settings are the same." if len(runs) > 1 else "No settings are known."
            dpg.add_text(text, color=DIM, parent="settings place")
            return
        with dpg.table(
            parent="settings place",
            row_background=True,
            resizable=True,
            policy=dpg.mvTable_SizingStretchProp,
        ):
            for title in ("setting", *(run.name for run in runs)):
                dpg.add_table_column(label=title)
            for name, values, differ in rows:
                with dpg.table_row():
                    dpg.add_text(name, color=TEXT if differ else DIM)
                    for value in values:
                        dpg.add_text(value, color=WARNING if differ else TEXT, wrap=0)

    def _only_differences(self, on: bool) -> None:
        self._memory.only_differences = on
        self.show(self._runs)


def settings_rows(
    runs: Sequence[Run], *, only_differences: bool
) -> list[tuple[str, tuple[str, ...], bool]]:
    """List name, values as text, and whether these differ, for the settings of runs."""
    different = dict(differences(list(runs)))
    names = dict.fromkeys(name for run in runs for name in run.config)
    rows = []
    if len({run.data for run in runs}) > 1 or not only_differences:
        rows.append(("data", tuple(run.data for run in runs), len({r.data for r in runs}) > 1))
    for name in names:
        if name in different or not only_differences:
            values = tuple(_value_text(run, name) for run in runs)
            rows.append((name, values, name in different))
    return rows


def _value_text(run: Run, name: str) -> str:
    if name not in run.config:
        return "–"
    value: Any = run.config[name]
    return text_of(value) or ("automatic" if value is None else "none")


def progress_text(run: Run) -> str:
    """Say how far a run is, in two short lines."""
    seen = "–" if run.kimg is None else f"{run.kimg:.1f}"
    total = "–" if run.total_kimg is None else f"{run.total_kimg:g}"
    rate = "" if run.rate is None else f"   {run.rate:.1f}/s"
    left = "" if run.seconds_left is None else f"   {duration_text(run.seconds_left)} left"
    pace = f"{rate}{left}".strip()
    return f"{run.state}   {seen} / {total} kimg\n{pace}".rstrip()
