"""Both ends of a line of two pipes."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.patience import PATIENCE_S
from viz.protocol.jobs import JobControl
from viz.protocol.result import WorkerEvent
from viz.wire import line as module
from viz.wire.line import GREETING, Line, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator


class Ends:
    """Two lines that lead to each other, or one whose other end is in the test's hands."""

    def __init__(self) -> None:
        self.here_in, there_out = os.pipe()
        there_in, self.here_out = os.pipe()
        self.there = (os.fdopen(there_in, "rb", buffering=0), os.fdopen(there_out, "wb"))
        self.ended = threading.Event()

    def line(self, **options: Any) -> Line:
        """Make the line of this side."""
        incoming = os.fdopen(self.here_in, "rb", buffering=0)
        outgoing = os.fdopen(self.here_out, "wb")
        streams = cast("Stream", incoming), cast("Stream", outgoing)
        return Line(*streams, ended=self.ended.set, **options)

    def other_line(self) -> Line:
        """Make the line of the other side."""
        incoming, outgoing = (cast("Stream", one) for one in self.there)
        return Line(incoming, outgoing)

    def say(self, content: bytes) -> None:
        """Write bytes from the other side."""
        self.there[1].write(content)
        self.there[1].flush()


@pytest.fixture
def ends() -> Iterator[Ends]:
    return Ends()


def test_messages_arrive_in_order_both_ways(ends: Ends) -> None:
    here, there = ends.line(), ends.other_line()
    for number in range(20):
        here.send(JobControl(number, "pause"))
        there.send(WorkerEvent("ready", str(number)))
    assert [there.recv().id for _ in range(20)] == list(range(20))
    assert [here.recv().message for _ in range(20)] == [str(number) for number in range(20)]
    assert not here.poll()
    there.close()
    with pytest.raises(EOFError):
        here.recv()
    assert ends.ended.wait(PATIENCE_S)
    with pytest.raises(BrokenPipeError):
        here.send(JobControl(1, "pause"))


def test_a_login_may_chat_before_the_first_message(ends: Ends) -> None:
    ends.say(b"Welcome to gpu-box!\nLast login: today\n")
    here, there = ends.line(), ends.other_line()
    there.send(WorkerEvent("ready", "x"))
    assert here.recv().kind == "ready"
    assert here.chatter == "Welcome to gpu-box! Last login: today"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"x" * 70_000, "no worker of this program"),
        (GREETING + b"\x09\x00\x00\x00\x01x", "no message"),
        (GREETING + b"\x00\xff\xff\xff\xff", "no message"),
    ],
)
def test_what_is_no_line_ends_it(ends: Ends, content: bytes, reason: str) -> None:
    here = ends.line()
    ends.say(content)
    with pytest.raises(EOFError, match=reason):
        here.recv()


def test_pings_measure_the_way_there_and_back(ends: Ends) -> None:
    here, there = ends.line(), ends.other_line()
    here.send(JobControl(1, "pause"), measured=True)
    there.recv()
    until = time.monotonic() + PATIENCE_S
    while here.traffic.round_trip_s is None:
        assert time.monotonic() < until
        time.sleep(0.005)
    traffic = here.traffic
    assert traffic.round_trip_s is not None
    assert traffic.round_trip_s > 0
    assert traffic.sent_bytes > len(GREETING)
    assert traffic.received_bytes > len(GREETING)
    there.close()


def test_a_line_that_stays_silent_is_lost(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENCE_S", 0.2)
    monkeypatch.setattr(module, "_PING_EVERY_S", 0.05)
    here = ends.line(pings=True)
    ends.say(GREETING)
    with pytest.raises(EOFError, match="nothing has come over the line"):
        here.recv()
