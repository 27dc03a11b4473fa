"""A film of the first minute with the program, for README.md: `python -m docs.first_minute`.

The window is drawn without a display, frame by frame, each of them complete, however long it takes;
a hand moves the pointer and clicks as a user does. Figures are those of the machine it runs on.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from docs.pictures import OUT, SIZE, settle
from viz.app.loop import App
from viz.app.options import Options
from viz.panels.common import layout

if TYPE_CHECKING:
    from collections.abc import Iterator

FPS = 10
SHOWN = (960, 540)
"""Size of the film in pixels."""
QUALITY = 45
ARROW = ((0, 0), (0, 17), (4, 13), (7, 20), (10, 19), (7, 12), (12, 12))
"""Outline of the pointer, which no picture of a window holds, in pixels of the window."""

Point = tuple[float, float]
LAYER: Point = (1090, 190)
SPECTRUM: Point = (1044, 38)
ATLAS: Point = (222, 159)
"""What the hand clicks on, in a window of `SIZE`."""


class Take:
    """The program, a hand, and what has been filmed.

    Args:
        app: In its first state.
    """

    def __init__(self, app: App) -> None:
        self.frames: list[Image.Image] = []
        self._app = app
        self._at: Point = (SIZE[0] / 2, SIZE[1] + 20.0)
        self._playing = app.state.playing
        app.state.playing = False  # time passes by the film's clock

    def watch(self, seconds: float) -> None:
        """Film for a while."""
        for _ in range(round(seconds * FPS)):
            self._film()

    def point(self, to: Point, seconds: float) -> None:
        """Move the pointer evenly, slower at both ends."""
        start, count = self._at, max(1, round(seconds * FPS))
        for index in range(1, count + 1):
            share = index / count
            share *= share * (3 - 2 * share)
            here = (start[0] + share * (to[0] - start[0]), start[1] + share * (to[1] - start[1]))
            self._at = here
            self._app.window.move_pointer(*here)
            self._app.window.receive_pointer(*here)
            self._film()

    def drag(self, way: list[Point], seconds: float) -> None:
        """Hold the button down from where the pointer is, along corners relative to it."""
        x, y = self._at
        self._button(pressed=True)
        for right, down in way:
            self.point((x + right, y + down), seconds / len(way))
        self._button(pressed=False)

    def turn_wheel(self, notches: int) -> None:
        """Turn the wheel, a notch in each frame; away from the user where they are positive."""
        for _ in range(abs(notches)):
            self._app.window.receive_wheel(0.0, notches / abs(notches))
            self._film()

    def click(self) -> None:
        """Click where the pointer is."""
        self._button(pressed=True)
        self._button(pressed=False)
        self._film()

    def play(self, *, on: bool) -> None:
        """Let what is set to move play, or pause it."""
        self._playing = on

    def _button(self, *, pressed: bool) -> None:
        self._app.window.receive_button(0, pressed)
        settle(self._app, calm_frames=2)

    def _film(self) -> None:
        state = self._app.state
        if self._playing:
            state.playing = True
            self._app.move_on(1 / FPS)
        self._app.state.playing = False
        settle(self._app, calm_frames=2)
        self._app.state.playing = self._playing  # as the menu bar shows it
        picture = Image.fromarray(self._app.screenshot())
        self._app.state.playing = False
        outline = [(self._at[0] + x, self._at[1] + y) for x, y in ARROW]
        ImageDraw.Draw(picture).polygon(outline, "white", "black")
        self.frames.append(picture.resize(SHOWN, Image.Resampling.LANCZOS))


def first_minute(take: Take, app: App) -> Iterator[str]:
    """Act it, saying after each part what has been seen."""
    take.watch(4)
    picture = app.workspace.stage.picture_rects[0]
    take.point((picture.x + 0.4 * picture.width, picture.y + 0.6 * picture.height), 1)
    take.play(on=False)  # as a first touch does
    take.drag([(70, -20), (30, 40), (-50, 10), (0, 0)], 4.5)
    if not app.model.history.can_undo:
        raise SystemExit("the hand has missed the picture")
    yield "dragged"
    take.play(on=True)
    layer = app.state.layers.layer
    take.point(LAYER, 1)
    take.click()
    take.watch(1.8)
    if app.state.layers.layer == layer:
        raise SystemExit("the hand has missed the layer")
    yield "layers"
    take.point(SPECTRUM, 0.8)
    take.click()
    take.watch(2)
    if layout.SPECTRUM not in app.model.windows.visible:
        raise SystemExit("the hand has missed the spectrum")
    yield "spectrum"
    take.play(on=False)
    take.point(ATLAS, 1)
    take.click()
    take.point((picture.x + 0.7 * picture.width, picture.y + 0.5 * picture.height), 1.5)
    if app.state.view.show != "atlas":
        raise SystemExit("the hand has missed the atlas")
    take.turn_wheel(-2)
    take.watch(1)
    take.drag([(-110, 40)], 2)
    take.watch(1.5)
    yield "atlas"


def main() -> None:
    """Make the film."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("out", nargs="?", type=Path, default=OUT / "first-minute.webp")
    path: Path = parser.parse_args().out
    app = App(Options(offscreen=True, size=SIZE))
    take = Take(app)
    settle(app)
    for part in first_minute(take, app):
        print(f"{part}: {len(take.frames)} frames", flush=True)
    app.close()
    first, *others = take.frames
    first.save(
        path,
        save_all=True,
        append_images=others,
        duration=1000 // FPS,
        loop=0,
        quality=QUALITY,
        method=4,
    )
    print(f"{path.name}: {len(take.frames) / FPS:.0f} s, {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
