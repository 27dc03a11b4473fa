"""Errors in one line and output that never breaks off, for all command lines of this project."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import sys
import time
from typing import TYPE_CHECKING

from generator.files.sanitise import readable
from generator.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import NoReturn

INTERRUPTED = 130
_BROKEN_PIPE = 141
_REMEDIES = {
    errno.EROFS: "choose another folder",
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
}


def run_command(command: Callable[[], int]) -> int:
    """Run a program's command line; returns the exit code.

    What a user can put right (`ValueError`, `OSError`, memory that does not suffice) becomes one
    line on standard error. Output to a terminal of another encoding shows `?` for what that lacks,
    and a reader that goes away, such as `head`, ends the program quietly. `--version` alone is
    answered here, for every program.

    Args:
        command: Reads the arguments and carries them out. It may raise `SystemExit`, as parsers do.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        try:
            if sys.argv[1:] == ["--version"]:
                print(f"Alias-Free Visualizer {VERSION}")
                return 0
            with _plain_range_errors():
                code = command()
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more when it ends: that must not fail again.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except (ValueError, OSError, MemoryError) as error:
        from rich.console import Console  # only needed here

        line = f"error: {error_line(error)}"
        console = Console(stderr=True)
        console.print(line, style="red", highlight=False, markup=False, soft_wrap=True)
        _tell_torchrun(line)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return INTERRUPTED
    return code


def error_line(error: BaseException) -> str:
    """Say in one line what went wrong, naming the file where the system did not let us.

    Control characters, such as those in a file's name, are replaced: none reaches the terminal.
    """
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        text = f"{error.filename}: {error.strerror}"
        if remedy := _REMEDIES.get(error.errno or 0):
            text += f"; {remedy}"
    elif isinstance(error, MemoryError):
        text = "there is not enough memory for this"
    else:
        text = str(error) or type(error).__name__
    return readable(" ".join(text.split()))


@contextlib.contextmanager
def _plain_range_errors() -> Iterator[None]:
    """Let values that are out of range be reported as any other error, without tyro's own names."""
    if "tyro" not in sys.modules:  # a program with another parser
        yield
        return
    from tyro._errors import InstantiationFailure, ParseErrorEvent, on_parse_error

    def hook(event: ParseErrorEvent) -> None:
        # Where an argument is known, tyro names it and shows its help.
        if isinstance(event, InstantiationFailure) and event.argument is None:
            _fail(event.message)

    with on_parse_error(hook):
        yield


def _fail(message: str) -> NoReturn:
    raise ValueError(message)


def _tell_torchrun(line: str) -> None:
    """Have `torchrun` close its own report with our line instead of a hint at tracebacks."""
    path = os.environ.get("TORCHELASTIC_ERROR_FILE")
    if not path:
        return
    told = {"py_callstack": line, "timestamp": str(int(time.time()))}
    report = {"message": line, "extraInfo": told}
    with contextlib.suppress(OSError), open(path, "w", encoding="utf-8") as file:
        json.dump({"message": report}, file)
