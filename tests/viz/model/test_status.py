"""The status line: what it says ends when it is over."""

from __future__ import annotations

import math
from pathlib import Path

from viz.model.made_files import MadeFiles
from viz.model.status import LASTING_S, Status


def test_a_line_ends_after_a_while() -> None:
    status = Status()
    status.show("Undone: seed.")
    due = status.end_what_is_over(100.0)
    assert due == 100.0 + LASTING_S
    assert status.message
    status.end_what_is_over(due)
    assert not status.message
    assert status.end_what_is_over(due) == math.inf


def test_a_line_about_a_state_stays_as_long_as_it_lasts() -> None:
    status, playing = Status(), False
    status.show("Paused. Space plays on.", holds=lambda: not playing)
    assert status.end_what_is_over(1e6) == math.inf
    assert status.message
    playing = True
    status.end_what_is_over(1e6)
    assert not status.message


def test_errors_and_what_was_made_stay_until_the_next_line() -> None:
    status = Status()
    status.show_error("nothing.png is not there.")
    status.end_what_is_over(1e6)
    assert status.is_error
    status.show_lasting("Wrote film.mp4.", Path("film.mp4"))
    status.end_what_is_over(1e6)
    assert (status.message, status.made) == ("Wrote film.mp4.", Path("film.mp4"))
    status.show("Undone.")
    assert status.made is None


def test_files_are_listed_newest_first_while_they_are_there(tmp_path: Path) -> None:
    made = MadeFiles()
    first, second = tmp_path / "a.png", tmp_path / "b.mp4"
    for path in (first, second, first):
        path.touch()
        made.note(path)
    assert made.paths == [first, second]
    second.unlink()
    assert made.paths == [first]
