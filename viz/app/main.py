"""The visualizer's start: the window, or files drawn without one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from gui_utils.window import WindowError
from viz.app.loop import App
from viz.app.offscreen import draw_to_files

if TYPE_CHECKING:
    from viz.app.options import Options


def run(options: Options) -> int:
    """Open the window (or draw without one) and stay until it is closed.

    Returns:
        The process's exit code: 0, or 1 when there is no window or no picture.
    """
    try:
        app = App(options)
    except (WindowError, ValueError, OSError) as error:
        print(f"visualizer: {error}", file=sys.stderr)
        return 1
    try:
        if options.screenshot is None and options.clip is None:
            app.run()
            return 0
        return draw_to_files(app, options)
    except (ValueError, OSError) as error:
        print(f"visualizer: {error}", file=sys.stderr)
        return 1
    finally:
        app.close()
