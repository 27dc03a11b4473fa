"""Signals end the program in good order."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from tests.patience import PATIENCE_S
from viz.app.signals import closed_by_signals


class SleepingWindow:
    """A window whose wait ends by `wake` alone, as one without events does."""

    def __init__(self) -> None:
        self.should_close = False
        self._woken = threading.Event()

    def ask_to_close(self) -> None:
        self.should_close = True

    def wake(self) -> None:
        self._woken.set()

    def wait(self, limit_s: float) -> bool:
        return self._woken.wait(limit_s)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_wakes_and_closes_the_window(number: signal.Signals) -> None:
    window, before = SleepingWindow(), signal.getsignal(number)
    with closed_by_signals(window):  # type: ignore[arg-type]
        threading.Timer(0.1, os.kill, (os.getpid(), number)).start()
        assert window.wait(PATIENCE_S), "the signal ends the wait"
        deadline = time.perf_counter() + PATIENCE_S
        while not window.should_close and time.perf_counter() < deadline:
            time.sleep(0.01)
        assert window.should_close
    assert signal.getsignal(number) is before
