"""A screenshot and a clip of the window, drawn without a user."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from PIL import Image

from viz.app.loop import SETTLED_FRAMES, App
from viz.app.progress_line import ProgressLine
from viz.export.clip import write_clip
from viz.model.latest_task import REST_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from viz.app.options import Options
    from viz.model.first_pictures import Step

SETTLING_LIMIT_S = 600.0
CLIP_FPS = 25


def draw_to_files(app: App, options: Options) -> int:
    """Write the screenshot and the clip that the options ask for.

    Returns:
        1 if a network could not be drawn, else 0.

    Raises:
        OSError: a file cannot be written.
        ValueError: the clip's name does not fit.
    """
    moving, app.state.playing = app.state.playing, False
    progress = ProgressLine()
    _settle_or_raise(app, SETTLED_FRAMES, lambda: progress.show(_slowest_step(app)))
    progress.show(None)
    _await_quiet_jobs(app)
    if options.screenshot is not None:
        options.screenshot.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(app.screenshot()).save(options.screenshot)
    if options.clip is not None:
        app.state.playing = moving
        write_clip(options.clip, _film(app, options.clip_seconds), fps=CLIP_FPS)
    results = app.model.result.networks if app.model.result else ()
    errors = [one.error for one in results if one.error]
    for error in errors:
        print(f"visualizer: {error}", file=sys.stderr)
    return 1 if errors else 0


def _slowest_step(app: App) -> Step | None:
    """Return the step of the network that is furthest from its picture; None once all have one."""
    if app.model.result is not None:
        return None
    steps = [app.model.first_pictures.step(one.source) for one in app.state.networks]
    # Of several that are as far, one that is being read rather than one that waits for it.
    return min(steps, key=lambda step: (step.done, step.fraction == 0), default=None)


def _settle_or_raise(
    app: App, calm_frames: int, on_turn: Callable[[], object] | None = None
) -> None:
    if not app.settle(SETTLING_LIMIT_S, calm_frames, on_turn):
        raise OSError(f"nothing settled within {SETTLING_LIMIT_S:.0f} s")


def _await_quiet_jobs(app: App) -> None:
    """Turn until what the panels have measured in the background is there."""
    begun = app.window.now_s
    while app.window.now_s - begun < SETTLING_LIMIT_S:
        rests = not app.model.jobs.at_work and app.model.thumbnails.request() is None
        if rests and app.window.now_s - begun > 2 * REST_S:
            return
        app.step(0.05)


def _film(app: App, seconds: float) -> Iterator[NDArray[np.uint8]]:
    """Yield the window as its animations go on: every frame complete, however long it takes."""
    for _ in range(max(1, round(seconds * CLIP_FPS))):
        app.move_on(1 / CLIP_FPS)
        playing, app.state.playing = app.state.playing, False
        _settle_or_raise(app, 2)
        app.state.playing = playing
        yield app.screenshot()
