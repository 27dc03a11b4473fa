"""Small requests: one of a kind on its way, the newest of those that wait."""

from __future__ import annotations

from viz.worker.lanes import Lane


def test_the_newest_that_waits_is_sent_when_the_one_before_is_answered() -> None:
    lane = Lane[str](3)
    assert lane.next() is None
    lane.ask("first")
    assert lane.next() == "first"
    lane.ask("second")
    lane.ask("third")
    assert lane.next() is None
    assert lane.newest == "third"
    lane.answered()
    assert lane.next() == "third"
    lane.answered()
    assert lane.newest is None


def test_one_that_ends_the_process_is_given_up_after_a_few_times() -> None:
    lane = Lane[str](3)
    lane.ask("fatal")
    for _ in range(2):
        assert lane.next() == "fatal"
        assert lane.lost() is None
    assert lane.next() == "fatal"
    assert lane.lost() == "fatal"
    assert lane.newest is None
    assert lane.lost() is None, "nothing was on its way"
