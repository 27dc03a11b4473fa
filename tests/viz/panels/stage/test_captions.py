"""Figures under a picture keep their width."""

from __future__ import annotations

import math

import pytest

from viz.panels.stage.captions import eq_text, time_text


@pytest.mark.parametrize("db", [None, -3.21, 0.0, 16.04, 64.1, 155.1, math.inf])
def test_every_figure_in_decibels_is_as_wide_as_any_other(db: float | None) -> None:
    assert len(eq_text(db)) == 5


def test_what_a_figure_says() -> None:
    assert eq_text(64.14) == " 64.1"
    assert eq_text(math.inf).strip() == "∞"
    assert eq_text(None).strip() == "–"


@pytest.mark.parametrize("took", [None, 0.04, 12.34, 999.96, 9999.94, 9999.96, 123456.0])
def test_every_time_is_as_wide_as_any_other(took: float | None) -> None:
    assert len(time_text(took)) == 9


def test_long_times_are_in_seconds() -> None:
    assert time_text(9999.9) == "9999.9 ms"
    assert time_text(13001.4) == "  13.0 s "
