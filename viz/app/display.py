"""The display: found or missing, and what to do without one."""

from __future__ import annotations

import os

from systems.desktop import display

_OVER_SSH = (
    " in this SSH session (connect with ssh -X to see the window, or copy the files below; "
    "--screenshot and --clip name them)"
)


def why_no_window() -> str:
    """Say what keeps windows from being shown here; empty if nothing does."""
    remote = any(map(os.environ.get, ("SSH_CONNECTION", "SSH_TTY")))
    if not display():
        return "There is no display" + (_OVER_SSH if remote else "")
    from gui_utils.window import display_answers

    return (
        "" if display_answers() else "The display does not answer" + (_OVER_SSH if remote else "")
    )
