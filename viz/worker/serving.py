"""The worker behind a line: `visualizer.py --serve`."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from generator.files.published import NetworkCache
from viz.storage import bundled
from viz.storage.log_files import log_folder
from viz.wire.hello import Hello, mismatch
from viz.wire.line import Line
from viz.wire.roots import Roots
from viz.worker.delivery import LineDelivery
from viz.worker.process import Inbox, answer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def serve_standard_streams(folders: Sequence[Path]) -> int:
    """Be the worker of the window at the other end of the standard streams, until they end.

    Args:
        folders: Files in them may be opened.

    Returns:
        The process's exit code.
    """
    line = _line_of_standard_streams()
    roots = Roots(folders, own=(bundled.folder(), NetworkCache().folder))
    line.send(Hello.of_this_machine(tuple(map(str, roots.folders))))
    try:
        reason = mismatch(line.recv())
    except (EOFError, ValueError) as error:
        reason = str(error)
    if reason:
        print(f"visualizer: {reason}", file=sys.stderr)
        return 1
    answer(line, Inbox(line), LineDelivery(line), roots=roots, logs=log_folder())
    return 0


def _line_of_standard_streams() -> Line:
    """Take the standard streams for a line; what is printed goes to the error stream."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    incoming = os.fdopen(os.dup(0), "rb", buffering=0)
    outgoing = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return Line(incoming, outgoing)
