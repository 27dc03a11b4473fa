"""The main layouts against pictures of them, which `UPDATE_REFERENCES=1` writes anew.

What fails leaves the picture, the reference and their difference under out/layouts/.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import glfw
import numpy as np
import pytest
from imgui_bundle import imgui
from PIL import Image

from gui_utils.widgets import Widgets
from tests.gui.program import SIZE
from tests.gui.stand_in import freeze, made_up_thumbnail
from tests.patience import PATIENCE_S
from viz.panels.common import layout
from viz.panels.common.docking import Docking
from viz.state.app_state import AppState, KeyframeState
from viz.state.inputs import DirectionState, LayerChangeState, NetworkSlot
from viz.state.w_offsets import set_offsets
from viz.storage.layouts import LayoutShelf

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.gui_utils.hand import Hand
    from viz.app.loop import App

REFERENCES = Path(__file__).parent / "references"
OUT = Path("out") / "layouts"
REDUCTION = 2
"""References are so many times smaller: edges of glyphs average out, layouts stay."""
LEVELS = 32
"""Of 255: by so much a pixel may differ, as antialiasing of other drivers does."""
SHARE = 0.002
"""Of all pixels may differ by more: a word of small text moved by its height is about as much."""


def start(state: AppState) -> None:
    """Two networks, as at the first start."""


def four_networks(state: AppState) -> None:
    first, second = state.networks
    state.networks += [NetworkSlot(first.source, "again"), NetworkSlot(second.source, "too")]
    state.view.theme = "light"


def difference(state: AppState) -> None:
    state.view.show, state.view.magnifier = "difference", True


def inputs(state: AppState) -> None:
    """Everything under Inputs that is set by hand, a layer changed, and keyframes."""
    state.layers.layer = "b16.conv1"
    state.networks[0].changes = [LayerChangeState("b16.conv1", style_gain=1.5, noise=False)]
    state.directions = [DirectionState("Coast", amount=1.5)]
    state.style_mix.on, state.style_mix.layers = True, [2, 3, 4]
    set_offsets(state.w_edit, 2, range(3, 8), 2.0)
    state.locks = ["w_edit.brush"]
    state.timeline.frames = [KeyframeState(float(n), 0.0, 2.0 * n) for n in range(4)]


def large_text(state: AppState) -> None:
    state.view.ui_scale = 1.5


@dataclass(frozen=True)
class Layout:
    """A state of the window to look at."""

    name: str
    arrange: Callable[[AppState], None]
    keys: tuple[imgui.Key, ...] = ()
    """Pressed at last: the key and what is held beside it."""
    unfolded: tuple[str, ...] = ()
    """Sections shown instead of those unfolded at the first start."""


LAYOUTS = (
    Layout("start", start),
    Layout("four-networks", four_networks),
    Layout("difference", difference),
    Layout(
        "inputs",
        inputs,
        unfolded=("Style mixing", "Directions", "Vector w", "Change layer"),
    ),
    Layout("keys", start, keys=(imgui.Key.f1,)),
    Layout("palette", start, keys=(imgui.Key.k, imgui.Key.mod_ctrl)),
    Layout("large-text", large_text),
)


@pytest.mark.parametrize("wanted", LAYOUTS, ids=lambda one: one.name)
def test_it_looks_as_it_did(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch, wanted: Layout
) -> None:
    monkeypatch.setattr(app.model, "live_eq_of", lambda _slot: None)
    monkeypatch.setattr(app.model.thumbnails, "get", made_up_thumbnail)
    section = Widgets.section

    def chosen(ui: Widgets, title: str, **rest: object) -> bool:
        section(ui, title, **rest)  # type: ignore[arg-type]
        return title in wanted.unfolded

    if wanted.unfolded:
        monkeypatch.setattr(Widgets, "section", chosen)
    wanted.arrange(app.state)
    hand.frame()
    app.commands.window.reset_layout()
    assert app.settle(PATIENCE_S)
    freeze(app)
    if wanted.keys:
        hand.key(*wanted.keys)
    for _ in range(3):
        app.screenshot()  # what follows from the last frame's sizes has come to rest
    picture = reduced(app.screenshot())
    app.model.windows.keys_shown = app.workspace.palette.is_open = False
    assert app.host.failures == {}
    path = REFERENCES / f"{wanted.name}.png"
    if "UPDATE_REFERENCES" in os.environ:
        REFERENCES.mkdir(exist_ok=True)
        Image.fromarray(picture).save(path, optimize=True)
    expected = np.asarray(Image.open(path).convert("RGB"))
    assert picture.shape == expected.shape
    share = differing(picture, expected)
    if share > SHARE:
        report(wanted.name, picture, expected)
    assert share <= SHARE, f"{100 * share:.2f} % of the pixels differ; see {OUT}"


@pytest.mark.parametrize("scale", [0.5, 1.0, 1.5])
def test_every_panel_has_a_tab_with_its_whole_name(app: App, hand: Hand, scale: float) -> None:
    app.state.view.ui_scale = scale
    hand.frame()
    app.commands.window.reset_layout()
    assert app.settle(PATIENCE_S)
    for titles in layout.places(layout.size_class(*SIZE, scale)).values():
        for title in titles if len(titles) > 1 else ():
            node = imgui.internal.find_window_by_name(title).dock_node
            assert node is not None, title
            bar = node.tab_bar
            assert bar.width_all_tabs_ideal <= bar.bar_rect.get_width(), title


def test_each_size_class_keeps_the_layout_that_hands_gave_it(app: App) -> None:
    normal, compact = layout.places("normal"), layout.places("compact")
    settle_at(app, 1.0)
    assert layout.is_arranged(normal)
    imgui.internal.dock_builder_dock_window(layout.TIMELINE, dock_of(layout.LAYERS))
    settle_at(app, 1.5)
    assert layout.is_arranged(compact)
    imgui.internal.dock_builder_dock_window(layout.TRAINING, dock_of(layout.INPUTS))
    settle_at(app, 1.0)
    assert dock_of(layout.TIMELINE) == dock_of(layout.LAYERS)
    assert dock_of(layout.TRAINING) == dock_of(layout.RECORDING)
    settle_at(app, 1.5)
    assert dock_of(layout.TRAINING) == dock_of(layout.INPUTS)
    for scale, wanted in ((1.5, compact), (1.0, normal)):
        settle_at(app, scale)
        app.commands.window.reset_layout()
        assert app.settle(PATIENCE_S)
        assert layout.is_arranged(wanted)


def test_the_next_start_finds_the_layout_again_in_a_window_of_another_size(
    app: App, tmp_path: Path
) -> None:
    settle_at(app, 1.0)
    app.commands.window.reset_layout()
    assert app.settle(PATIENCE_S)
    first = app.workspace.docking = Docking(LayoutShelf(tmp_path))
    app.commands.window.reset_layout()
    assert app.settle(PATIENCE_S)
    imgui.internal.dock_builder_dock_window(layout.TIMELINE, dock_of(layout.LAYERS))
    assert app.settle(PATIENCE_S)
    first.keep(now=True)
    app.workspace.docking = Docking(LayoutShelf(None))
    app.commands.window.reset_layout()
    assert app.settle(PATIENCE_S)
    assert dock_of(layout.TIMELINE) != dock_of(layout.LAYERS)
    resize(app, 1600, 1000)
    app.workspace.docking = Docking(LayoutShelf(tmp_path))
    assert app.settle(PATIENCE_S)
    assert dock_of(layout.TIMELINE) == dock_of(layout.LAYERS)
    assert size_of(layout.RECORDING)[1] == pytest.approx(layout.BELOW_SHARE * 1000, rel=0.1)
    app.workspace.docking = Docking(LayoutShelf(tmp_path, fresh=True))
    assert app.settle(PATIENCE_S)
    assert layout.is_arranged(layout.places("normal"))
    resize(app, *SIZE)
    app.workspace.docking = Docking(LayoutShelf(None))
    app.commands.window.reset_layout()
    assert app.settle(PATIENCE_S)
    assert app.host.failures == {}


def test_columns_grow_with_the_text_and_strips_with_the_window(app: App) -> None:
    settle_at(app, 0.8)
    app.commands.window.reset_layout()
    assert app.settle(PATIENCE_S)
    inputs, below = size_of(layout.INPUTS)[0], size_of(layout.TIMELINE)[1]
    assert below >= 0.25 * SIZE[1]
    settle_at(app, 0.9)
    assert size_of(layout.INPUTS)[0] == pytest.approx(0.9 / 0.8 * inputs, abs=3)
    resize(app, SIZE[0], 2 * SIZE[1])
    assert size_of(layout.TIMELINE)[1] == pytest.approx(2 * below, rel=0.05)
    resize(app, *SIZE)
    assert size_of(layout.TIMELINE)[1] == pytest.approx(below, rel=0.05)
    settle_at(app, 1.0)


def test_columns_give_way_before_the_pictures_do_and_take_their_room_back(app: App) -> None:
    settle_at(app, 1.0)
    app.commands.window.reset_layout()
    assert app.settle(PATIENCE_S)
    inputs = imgui.internal.find_window_by_name(layout.INPUTS).dock_node
    inputs.size_ref = imgui.ImVec2(420, inputs.size_ref.y)  # as a hand that drags its border
    assert app.settle(PATIENCE_S)
    assert size_of(layout.STAGE)[0] < 550
    resize(app, 1130, SIZE[1])
    assert size_of(layout.STAGE)[0] >= 0.44 * 1130
    assert size_of(layout.INPUTS)[0] < 400
    resize(app, *SIZE)
    resize(app, 1600, 900)
    assert size_of(layout.INPUTS)[0] == pytest.approx(420, abs=2)
    resize(app, *SIZE)


def settle_at(app: App, scale: float) -> None:
    """Have text of another size."""
    app.state.view.ui_scale = scale
    assert app.settle(PATIENCE_S)


def resize(app: App, width: int, height: int) -> None:
    """Have a window of another size."""
    glfw.set_window_size(app.window.handle, width, height)
    app.window.request_frames()
    assert app.settle(PATIENCE_S)
    assert app.window.size == (width, height)


def dock_of(title: str) -> int:
    return int(imgui.internal.find_window_by_name(title).dock_id)


def size_of(title: str) -> tuple[float, float]:
    size = imgui.internal.find_window_by_name(title).size
    return size.x, size.y


def test_plots_are_whole_in_a_small_window_with_large_text(app: App, hand: Hand) -> None:
    settle_at(app, 1.5)
    app.commands.window.reset_layout()
    assert app.settle(PATIENCE_S)
    wanted: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
        (layout.EQUIVARIANCE, app.state.equivariance, ("sweep", "metric", "layers")),
        (layout.LAB, app.state.lab, ("signals", "spectra", "errors", "plots")),
    )
    for title, part, pages in wanted:
        app.model.windows.to_front.append(title)
        hand.frame()
        assert app.settle(PATIENCE_S)
        for page in pages:
            part.page = page
            for _ in range(3):
                hand.frame()
            # What a page shows is drawn by the worker, and its layout rests a frame after that.
            assert app.settle(PATIENCE_S)
            hand.frame()
            assert imgui.internal.find_window_by_name(title).scroll_max.y == 0, (title, page)


def test_a_word_that_moves_is_noticed() -> None:
    background = np.full((360, 640, 3), 40, np.uint8)
    here, there = background.copy(), background.copy()
    letters = np.random.default_rng(0).random((14, 90)) < 0.35
    here[100:114, 50:140][letters] = 220
    there[114:128, 50:140][letters] = 220
    assert differing(here, there) > SHARE
    assert differing(here, np.clip(here + 12, 0, 255)) == 0.0


def reduced(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A screenshot at the size of its reference."""
    height, width = pixels.shape[:2]
    size = (width // REDUCTION, height // REDUCTION)
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))


def differing(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """The share of pixels that differ by more than antialiasing does."""
    difference = np.abs(first.astype(int) - second.astype(int)).max(2)
    return float((difference > LEVELS).mean())


def report(name: str, picture: NDArray[np.uint8], expected: NDArray[np.uint8]) -> None:
    """Save what was drawn, what was expected, and where they differ."""
    OUT.mkdir(parents=True, exist_ok=True)
    difference = np.abs(picture.astype(int) - expected.astype(int)).max(2)
    for kind, pixels in (
        ("is", picture),
        ("was", expected),
        ("difference", np.minimum(4 * difference, 255).astype(np.uint8)),
    ):
        Image.fromarray(pixels).save(OUT / f"{name}-{kind}.png")
