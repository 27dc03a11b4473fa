"""Pictures of every state of the window, to be looked at after a change: `python -m docs.states`.

Names make those alone; sizes, sizes of text and themes can be chosen. The pictures, and a sheet of
them all for each size, are written under out/states/. No display is needed.
"""

from __future__ import annotations

import argparse
import itertools
import math
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from docs.demo_runs import write_runs, write_waiting
from docs.pictures import settle
from viz.app.loop import App
from viz.app.options import Options, window_size
from viz.model.windows import PickerRequest
from viz.panels.common import layout
from viz.state.app_state import KeyframeState, Theme, starting_state
from viz.state.choices import toggle_mark
from viz.state.dragging import DragPairState, StrokeState
from viz.state.inputs import DirectionState, NetworkSlot
from viz.storage import bundled

OUT = Path("out") / "states"
SIZES = ((1280, 720), (1600, 900), (1920, 1080), (2560, 1440))
THEMES: tuple[Theme, ...] = ("dark", "light")
SHEET_COLUMNS, SHEET_WIDTH, NAME_PX = 4, 640, 18
CALM_S = 0.6
"""Work in the background begins within this time."""
BUSY_S = 60.0
"""What is computed in the background is waited for no longer than this."""

Arrange = Callable[[App], None]


@dataclass(frozen=True)
class Look:
    """A state of the window."""

    arrange: Arrange
    front: str = ""
    """The panel brought to the front."""
    calls: Arrange | None = None
    """Done at last, such as opening a dialog."""
    settled: bool = True
    """False: shown while it is still waiting."""


def setting(part: str, **fields: Any) -> Arrange:
    """Make a function that sets fields of a part of the state."""

    def arrange(app: App) -> None:
        target = getattr(app.state, part)
        for name, value in fields.items():
            setattr(target, name, value)

    return arrange


def nothing(_app: App) -> None:
    """Leave everything as at the start."""


def four(app: App) -> None:
    """Show four networks, one of them with inputs of its own."""
    app.state.networks += [
        NetworkSlot(f"{bundled.PREFIX}relief-stylegan3-t", "a network with quite a long name"),
        NetworkSlot(f"{bundled.PREFIX}relief-stylegan3-r", "again"),
    ]


def empty(app: App) -> None:
    """Close every network."""
    app.state.networks = []


def broken(app: App) -> None:
    """Show a network that is not there beside one that is."""
    app.state.networks[0] = NetworkSlot("/nowhere/at/all/a-network-that-is-not-there.safetensors")


def moved(app: App) -> None:
    """Shift and turn the input."""
    app.state.transform.x, app.state.transform.angle_rad = 0.16, math.radians(20)


def points(app: App) -> None:
    """Set handles and targets, and how far from them anything may change."""
    app.commands.dragging.switch()
    app.state.dragging.pairs = [
        DragPairState(-0.1, 0.05, 0.05, -0.1),
        DragPairState(0.25, 0.2, 0.25, 0.2),
    ]
    app.state.dragging.reach = 0.12


def brush(app: App) -> None:
    """Paint what may change, and rub out a part of it again."""
    points(app)
    state = app.state.dragging
    state.paints = True
    state.strokes = [
        StrokeState(xs=[-0.15, 0.0, 0.1], ys=[0.1, -0.05, -0.1], radius=0.15),
        StrokeState(xs=[0.25], ys=[0.2], radius=0.1),
        StrokeState(xs=[0.2, 0.3], ys=[-0.15, -0.15], radius=0.05, erases=True),
    ]


def points_on_their_way(app: App) -> None:
    """Drag two handles apart, a few steps."""
    points(app)
    app.state.dragging.reach = 0.0
    app.commands.dragging.start()
    dragging, begun = app.model.dragging, time.perf_counter()
    while time.perf_counter() - begun < BUSY_S:
        app.step(0.02)
        if dragging.step is not None and dragging.step.step:
            return


def worker_files(app: App) -> None:
    """Look into the bundled networks' folder as if it were another machine's."""
    place = app.model.compute
    place.command, place.roots = "ssh gpu-box afv --serve", (str(bundled.folder()),)
    app.commands.worker_files.look()


def keyframes(app: App) -> None:
    """Store keyframes."""
    app.state.timeline.frames = [KeyframeState(float(n), 0.0, 2.0 * n) for n in range(4)]
    app.state.timeline.on = True


def first(app: App) -> None:
    """Show the first hint, and offer the tour."""
    app.state.view.hint, app.model.windows.offers_tour = 0, True


def tour(step: int) -> Arrange:
    """Make a function that begins the tour and goes on to one of its steps."""

    def arrange(app: App) -> None:
        app.commands.window.begin_tour()
        settle(app)
        for _ in range(step):
            app.workspace.tour.go(1, app.state, app.ctx)
            settle(app)

    return arrange


def all_inputs(app: App) -> None:
    """Set everything under Inputs by hand."""
    app.state.directions = [DirectionState("Coast", amount=1.5)]
    app.state.style_mix.on = True


def marks(app: App) -> None:
    """Mark pictures of the gallery, beside a direction with its strip."""
    app.state.directions = [DirectionState(amount=2.0)]
    app.state.view.show = "gallery"
    for seed in (1, 4, 9, 14, 20):
        toggle_mark(app.state, seed, "more" if seed % 2 else "less")


def runs(app: App) -> None:
    """List two runs, the second one chosen, at its best snapshot."""
    folder = Path(tempfile.mkdtemp(prefix="runs-"))
    for run in write_runs(folder):
        app.model.trainings.remember(run)
        app.state.training.chosen = str(run)
    app.state.training.grid_kimg = 24


def waiting(app: App) -> None:
    """List two runs that wait beside others, the second one chosen."""
    folder = Path(tempfile.mkdtemp(prefix="runs-"))
    for run in [*write_runs(folder), *write_waiting(folder)]:
        app.model.trainings.remember(run)
        app.state.training.chosen = str(run)


def average(app: App) -> None:
    """List a run that has kept averages."""
    runs(app)
    run = Path(app.state.training.chosen)
    (run / "averages-000037.000.safetensors").touch()


LOOKS = {
    "start": Look(first),
    "tour": Look(nothing, calls=tour(0)),
    "tour-pictures": Look(nothing, calls=tour(1)),
    "tour-layers": Look(nothing, calls=tour(2)),
    "tour-recording": Look(nothing, calls=tour(5)),
    "four": Look(four),
    "split": Look(setting("view", show="split")),
    "difference": Look(setting("view", show="difference", magnifier=True)),
    "atlas": Look(setting("view", show="atlas")),
    "gallery": Look(setting("view", show="gallery")),
    "gallery-marks": Look(marks),
    "dragging": Look(points),
    "dragging-brush": Look(brush),
    "dragging-on-its-way": Look(nothing, calls=points_on_their_way),
    "empty": Look(empty),
    "error": Look(broken),
    "loading": Look(nothing, settled=False),
    "inputs": Look(all_inputs),
    "layers": Look(nothing, layout.LAYERS),
    "layers-components": Look(setting("layers", of="pca"), layout.LAYERS),
    "spectrum": Look(nothing, layout.SPECTRUM),
    "spectrum-layer": Look(setting("spectrum", of="layer"), layout.SPECTRUM),
    "spectrum-compare": Look(
        setting("spectrum", against="network", against_slot=1), layout.SPECTRUM
    ),
    "spectrum-data": Look(
        setting("spectrum", against="data", data="a-folder/of-pictures"), layout.SPECTRUM
    ),
    "aliasing": Look(setting("spectrum", page="aliasing"), layout.SPECTRUM),
    "aliasing-latents": Look(setting("spectrum", page="aliasing", latents=6), layout.SPECTRUM),
    "filters": Look(setting("spectrum", page="filters"), layout.SPECTRUM),
    "equivariance": Look(nothing, layout.EQUIVARIANCE),
    "equivariance-turn": Look(setting("equivariance", kind="rotation"), layout.EQUIVARIANCE),
    "equivariance-layers": Look(setting("equivariance", page="layers"), layout.EQUIVARIANCE),
    "equivariance-layers-latents": Look(
        setting("equivariance", page="layers", latents=6), layout.EQUIVARIANCE
    ),
    "equivariance-metrics": Look(setting("equivariance", page="metric"), layout.EQUIVARIANCE),
    "lab": Look(nothing, layout.LAB),
    "lab-picture": Look(
        setting("lab", signal="picture", operation="upsampling", move="turn"), layout.LAB
    ),
    "lab-sine": Look(setting("lab", signal="sine", operation="convolution"), layout.LAB),
    "lab-stage": Look(setting("view", show="lab"), layout.LAB),
    "equivariance-stage": Look(setting("view", show="equivariance"), layout.EQUIVARIANCE),
    "performance": Look(nothing, layout.PERFORMANCE),
    "timeline": Look(nothing, layout.TIMELINE),
    "timeline-frames": Look(keyframes, layout.TIMELINE),
    "slit-scan": Look(nothing, layout.SLIT_SCAN),
    "slit-scan-on": Look(setting("slit_scan", on=True), layout.SLIT_SCAN),
    "recording": Look(nothing, layout.RECORDING),
    "recording-grid": Look(setting("recording", subject="seeds", file="png"), layout.RECORDING),
    "recording-flight": Look(setting("recording", subject="flight"), layout.RECORDING),
    "training": Look(nothing, layout.TRAINING),
    "training-runs": Look(runs, layout.TRAINING),
    "training-average": Look(average, layout.TRAINING),
    "training-queue": Look(waiting, layout.TRAINING),
    "training-form": Look(
        nothing, calls=lambda app: setattr(app.model.windows, "training_form", True)
    ),
    "training-form-grow": Look(
        setting(
            "training",
            data="",
            turned=True,
            init_from="relief-stylegan3-t",
            grow=True,
            threads=1,
            processes=2,
            advanced=True,
        ),
        calls=lambda app: setattr(app.model.windows, "training_form", True),
    ),
    "training-form-advanced": Look(
        setting("training", advanced=True, data="a-folder/of-pictures"),
        calls=lambda app: setattr(app.model.windows, "training_form", True),
    ),
    "keys": Look(nothing, calls=lambda app: app.commands.window.show_keys()),
    "palette": Look(nothing, calls=lambda app: app.commands.window.show_palette()),
    "library": Look(nothing, calls=lambda app: app.commands.library.show(None)),
    "preset": Look(nothing, calls=lambda app: setattr(app.model.windows, "preset_name", True)),
    "picker": Look(
        nothing, calls=lambda app: setattr(app.model.windows, "picker", PickerRequest("open"))
    ),
    "worker-files": Look(nothing, calls=worker_files),
}


def main() -> None:
    """Make pictures of the states named on the command line, or of all."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(LOOKS))
    parser.add_argument("--sizes", nargs="+", default=SIZES, type=window_size, metavar="WxH")
    parser.add_argument("--texts", nargs="+", default=(100, 150), type=int, metavar="PERCENT")
    parser.add_argument("--themes", nargs="+", default=THEMES, choices=THEMES)
    chosen = parser.parse_args()
    names = chosen.names or list(LOOKS)
    if unknown := sorted(set(names) - set(LOOKS)):
        parser.error(f"no state is called {unknown[0]}; there are {', '.join(LOOKS)}")
    OUT.mkdir(parents=True, exist_ok=True)
    for text, theme, size in itertools.product(chosen.texts, chosen.themes, chosen.sizes):
        group = f"{size[0]}x{size[1]}-{text}-{theme}"
        pictures = {}
        for name, picture in shown(names, size, text / 100, theme):
            pictures[name] = picture
            picture.save(OUT / f"{group}-{name}.png")
        sheet(pictures).save(OUT / f"{group}.png")
        print(OUT / f"{group}.png", flush=True)


def shown(
    names: list[str], size: tuple[int, int], scale: float, theme: Theme
) -> Iterator[tuple[str, Image.Image]]:
    """Yield the window in each state, with its name."""
    app: App | None = None
    for name in names:
        look = LOOKS[name]
        if app is None:
            app = App(Options(offscreen=True, size=size))
            app.state.view.ui_scale = scale
        state = starting_state(bundled.starting_pair())
        state.latent.x, state.playing, state.view.hint = float(bundled.STARTING_SEED), False, 100
        state.view.theme, state.view.ui_scale = theme, scale
        app.model.state = state
        app.commands.window.reset_layout()
        if look.settled:
            settle(app)
        look.arrange(app)
        if look.front:
            app.model.windows.to_front.append(look.front)
        if look.calls is not None:
            look.calls(app)
        if look.settled:
            settle(app, 4)
            await_calm(app)
        else:
            app.step(0.0)
        app.model.status.clear()
        yield name, Image.fromarray(app.screenshot())
        if look.calls is not None:  # what it opened is closed by ending the program
            app.close()
            app = None
    if app is not None:
        app.close()


def await_calm(app: App) -> None:
    """Turn until what is computed in the background is there, or for as long as is reasonable."""
    begun = time.perf_counter()
    while time.perf_counter() - begun < BUSY_S:
        app.window.request_frames(1)
        app.step(0.05)
        thumbnails_wanted = app.worker.thumbnails_wanted or app.model.thumbnails.request()
        at_work = app.model.jobs.at_work or thumbnails_wanted
        if not at_work and time.perf_counter() - begun > CALM_S:
            return


def sheet(pictures: dict[str, Image.Image]) -> Image.Image:
    """All pictures, reduced, with their names."""
    width, height = next(iter(pictures.values())).size
    each = (SHEET_WIDTH, round(SHEET_WIDTH * height / width))
    rows = math.ceil(len(pictures) / SHEET_COLUMNS)
    whole = Image.new("RGB", (SHEET_COLUMNS * each[0], rows * (each[1] + NAME_PX)), "white")
    draw = ImageDraw.Draw(whole)
    for index, (name, picture) in enumerate(pictures.items()):
        row, column = divmod(index, SHEET_COLUMNS)
        place = (column * each[0], row * (each[1] + NAME_PX))
        draw.text((place[0] + 4, place[1] + 2), name, fill="black")
        small = picture.resize(each, Image.Resampling.LANCZOS)
        whole.paste(small, (place[0], place[1] + NAME_PX))
    return whole


if __name__ == "__main__":
    main()
