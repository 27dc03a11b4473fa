"""Pictures of README.md and docs/guide.md, by the program itself: `python -m docs.pictures`.

Names make those alone. No display is needed; the figures are those of the machine it runs on.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image

from viz.app.initial_state import FIRST_SEED, first_state
from viz.app.loop import App
from viz.app.options import Options
from viz.panels.common import layout
from viz.state.app_state import starting_state
from viz.state.dragging import DragPairState
from viz.state.inputs import NetworkSlot
from viz.storage import bundled
from viz.storage.preferences import Preferences

OUT = Path(__file__).parent / "images"
SIZE = (1280, 720)
PATIENCE_S = 120.0
FPS = 25
DRAGGED_STEPS = 70
"""Steps of a drag before its picture is taken."""
MENU, STATUS = 28, 26
"""Heights of the bars above and below, in pixels."""

Crop = Literal["pictures", "middle", "right", "whole"]


@dataclass(frozen=True)
class Scene:
    """A state of the program and the part of the window that shows it."""

    arrange: Callable[[App], None]
    crop: Crop = "pictures"
    size: tuple[int, int] = SIZE
    front: str = ""
    """The panel brought to the front."""
    seconds: float = 0.0
    """So much of the animation goes by."""
    calm_s: float = 0.0
    """Waited for what is measured on the side."""


def start(app: App) -> None:
    """As at the first start, with its first hint."""
    app.model.state, _messages = first_state(Options(), Preferences(), None)
    app.state.playing = False


def window(app: App) -> None:
    """StyleGAN2 beside StyleGAN3-T, the layers of the second."""
    pair = bundled.of_kinds(("stylegan2", "stylegan3-t"))
    app.state.networks = [NetworkSlot(source) for source in pair]
    app.state.latent.x, app.state.layers.slot = FIRST_SEED, 1


def light(app: App) -> None:
    """The light theme."""
    window(app)
    app.state.view.theme = "light"


def drag(app: App) -> None:
    """Both networks shifted and turned, at a place with a coast in both."""
    app.state.latent.x, app.state.view.hint = 70.0, 100
    app.state.transform.x, app.state.transform.y = 0.16, -0.08
    app.state.transform.angle_rad = math.radians(20)


def slit_scan(app: App) -> None:
    """The scan while both drift."""
    app.state.latent.walk_radius = 1.0
    app.state.slit_scan.on = True


def equivariance(app: App) -> None:
    """Curves of both networks."""
    app.state.layers.slot = 1
    app.state.equivariance.kind = "translation"


def layers(app: App) -> None:
    """Inside StyleGAN3-R."""
    app.state.layers.slot = 1


def aliasing(app: App) -> None:
    """The aliasing meter."""
    app.state.spectrum.page = "aliasing"


def recording(app: App) -> None:
    """A film of both along a closed walk, with its slit scans."""
    app.state.recording.slit = True


def atlas(app: App) -> None:
    """The planes of StyleGAN2 and StyleGAN3-T, further out."""
    app.state.networks[1].source = f"{bundled.PREFIX}relief-stylegan3-t"
    app.state.latent.x, app.state.latent.walk = 3.0, False
    app.state.view.show = "atlas"
    app.state.atlas.picture_px = 84.0


def dragging(app: App) -> None:
    """StyleGAN2's land being dragged, beside the same picture as it was."""
    app.state.networks[1] = NetworkSlot(app.state.networks[0].source, "as it was")
    app.state.latent.walk = False
    settle(app)
    app.commands.dragging.switch()
    app.state.dragging.pairs = [DragPairState(-0.07, 0.22, -0.14, 0.12)]
    app.state.dragging.reach = 0.2
    app.commands.dragging.start()
    until, run = time.perf_counter() + PATIENCE_S, app.model.dragging
    while run.is_busy and time.perf_counter() < until:
        app.step(0.02)
        if run.step is not None and run.step.step >= DRAGGED_STEPS:
            break


def seams(app: App) -> None:
    """The same with the seams coloured."""
    atlas(app)
    app.state.atlas.picture_px, app.state.atlas.seams = 128.0, True


SCENES = {
    "start": Scene(start, "whole", calm_s=4),
    "window": Scene(window, "whole", (1600, 900), calm_s=4),
    "light": Scene(light, "whole", calm_s=4),
    "guide-drag": Scene(drag, calm_s=4),
    "guide-slit-scan": Scene(slit_scan, "middle", front=layout.SLIT_SCAN, seconds=8),
    "guide-equivariance": Scene(
        equivariance, "right", (1600, 900), front=layout.EQUIVARIANCE, calm_s=25
    ),
    "guide-layers": Scene(layers, "right", (1600, 900)),
    "guide-aliasing": Scene(aliasing, "right", (1600, 900), front=layout.SPECTRUM, calm_s=10),
    "atlas": Scene(atlas, calm_s=30),
    "guide-atlas": Scene(seams, calm_s=30),
    "dragging": Scene(dragging),
    "guide-recording": Scene(recording, "whole", front=layout.RECORDING, calm_s=4),
}


def main() -> None:
    """Make the pictures named on the command line, or all."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SCENES))
    names = parser.parse_args().names or list(SCENES)
    if unknown := sorted(set(names) - set(SCENES)):
        parser.error(f"no picture is called {unknown[0]}; there are {', '.join(SCENES)}")
    for size in sorted({SCENES[name].size for name in names}):
        app = App(Options(offscreen=True, size=size))
        for name in names:
            if SCENES[name].size == size:
                path = OUT / f"{name}.png"
                taken(app, SCENES[name]).save(path, optimize=True)
                print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")
        app.close()


def taken(app: App, scene: Scene) -> Image.Image:
    """The part of the window that shows a scene, after a fresh start."""
    for job in app.model.jobs.at_work:  # the picture before may have shown one
        app.model.jobs.control(job.id, "cancel")
    state = starting_state(bundled.of_kinds(("stylegan2", "stylegan3-r")))
    state.latent.x, state.playing, state.view.hint = float(bundled.STARTING_SEED), False, 100
    app.model.state = state
    app.commands.window.reset_layout()
    settle(app)
    scene.arrange(app)
    if scene.front:
        app.model.windows.to_front.append(scene.front)
    settle(app)
    for _ in range(round(scene.seconds * FPS)):
        app.state.playing = True
        app.move_on(1 / FPS)
        app.state.playing = False
        settle(app, calm_frames=1)
    until = time.perf_counter() + scene.calm_s
    while time.perf_counter() < until:
        app.window.request_frames(1)
        app.step(0.05)
    app.model.status.clear()
    picture = Image.fromarray(app.screenshot())
    scale = app.host.scale
    widths = layout.column_widths(layout.size_class(*scene.size, scale), scene.size[0], scale)
    left, right = (round(width) for width in widths)
    width, height = picture.size
    below = height - STATUS
    match scene.crop:
        case "pictures":
            return picture.crop(
                (
                    left + 2,
                    MENU,
                    width - right - 2,
                    round(below - layout.BELOW_SHARE * (below - MENU)) - 4,
                )
            )
        case "middle":
            return picture.crop((left + 2, MENU, width - right - 2, below))
        case "right":
            return picture.crop((width - right, MENU, width, below))
        case "whole":
            return picture


def settle(app: App, calm_frames: int = 8) -> None:
    """Turn until everything asked for has been drawn."""
    if not app.settle(PATIENCE_S, calm_frames):
        raise SystemExit(f"nothing settled within {PATIENCE_S:.0f} s")


if __name__ == "__main__":
    main()
