"""Signals of the system, and Ctrl+C in the terminal, which end the program in good order."""

from __future__ import annotations

import signal
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from systems.processes import ENDING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from gui_utils.window import Window


@contextmanager
def closed_by_signals(window: Window) -> Iterator[None]:
    """Inside it, signals that would end the process close the window instead.

    So the session is saved and nothing is left behind. A second signal is as good as the first; to
    be used in the main thread.
    """

    def close(_number: int, _frame: FrameType | None) -> None:
        window.ask_to_close()

    # Python's handlers run in the main thread, which may sleep in a wait for events.
    reader, writer = socket.socketpair()
    writer.setblocking(False)

    def rouse() -> None:
        while reader.recv(1):
            window.wake()

    rouser = threading.Thread(target=rouse, name="signals", daemon=True)
    rouser.start()
    handlers = {number: signal.signal(number, close) for number in ENDING}
    before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        writer.close()
        rouser.join()
        reader.close()
