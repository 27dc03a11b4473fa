"""The status line: what it says ends when it is over."""

from __future__ import annotations

import math
from pathlib import Path

from viz.model.made_files import MadeFiles
from viz.model.status import BRIEF_S, KEPT_S, MOST, Status


def test_a_line_ends_after_a_while() -> None:
    status = Status()
    status.show("Undone: seed.")
    due = status.end_what_is_over(100.0)
    assert due == 100.0 + BRIEF_S
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


def test_errors_stay_a_while_and_what_was_made_until_something_newer() -> None:
    status = Status()
    status.show_error("nothing.png is not there.")
    status.end_what_is_over(0.0)
    status.end_what_is_over(KEPT_S - 1)
    assert status.is_error
    status.end_what_is_over(KEPT_S)
    assert not status.message
    status.show_lasting("Wrote film.mp4.", Path("film.mp4"))
    status.end_what_is_over(1e6)
    status.end_what_is_over(2e6)
    assert (status.message, status.made) == ("Wrote film.mp4.", Path("film.mp4"))
    status.show("Undone.")
    assert [one.text for one in status.notices] == ["Undone."]


def test_what_comes_at_once_is_told_together_and_ends_on_its_own() -> None:
    status, fails = Status(), [True]
    status.show_lasting("Wrote film.mp4.", Path("film.mp4"))
    status.end_what_is_over(0.0)
    status.show_error("network A is not there.", about="pictures")
    status.show("Undone: seed.", about="history")
    status.show("Undone: psi.", about="history")
    status.show("Paused.", holds=lambda: fails[0])
    status.end_what_is_over(1.0)
    told = [one.text for one in status.notices]
    assert told == ["Wrote film.mp4.", "network A is not there.", "Undone: psi.", "Paused."]
    fails[0] = False
    status.end("pictures")
    status.end_what_is_over(1.0 + BRIEF_S)
    assert [one.text for one in status.notices] == ["Wrote film.mp4."]


def test_an_error_of_every_picture_covers_nothing_newer() -> None:
    status = Status()
    for _ in range(3):
        status.show_error("A: no file.", about="pictures")
        status.show("Frozen.")
    assert [one.text for one in status.notices] == ["A: no file.", "Frozen."]


def test_notices_that_have_been_read_make_way_and_there_are_never_many() -> None:
    status = Status()
    for second in range(0, 40, 4):
        status.show(f"{second}")
        status.end_what_is_over(float(second))
    assert len(status.notices) <= 2
    status.end_what_is_over(44.0)
    status.show("44")
    assert [one.text for one in status.notices] == ["44"]
    for number in range(100):
        status.show(f"at once {number}")
    assert len(status.notices) == MOST


def test_files_are_listed_newest_first_while_they_are_there(tmp_path: Path) -> None:
    made = MadeFiles()
    first, second = tmp_path / "a.png", tmp_path / "b.mp4"
    for path in (first, second, first):
        path.touch()
        made.note(path)
    assert made.paths == [first, second]
    second.unlink()
    assert made.paths == [first]
