"""Rows of offsets as text, for the clipboard."""

from __future__ import annotations

import pytest

from viz.state.w_offsets import row_from, row_text


def test_a_row_comes_back_from_the_clipboard() -> None:
    assert row_from(row_text([0.5, -1.25, 0.0])) == [0.5, -1.25, 0.0]


@pytest.mark.parametrize(
    "text", ["", "hello", "{}", "[null]", "[NaN]", "[1e999]", "[" + "9" * 400 + "]"]
)
def test_what_is_no_row_is_none(text: str) -> None:
    assert row_from(text) is None
