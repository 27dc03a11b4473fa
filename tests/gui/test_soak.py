"""Long runs: every setting at its extremes, and thousands of frames without growing."""

from __future__ import annotations

import gc
import random
import time
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from imgui_bundle import imgui

from gui_utils.widgets import Widgets
from tests.patience import PATIENCE_S
from viz.app.loop import App
from viz.app.options import Options
from viz.panels.window.all_actions import ACTIONS
from viz.state.app_state import AppState, KeyframeState, MotionState
from viz.state.inputs import DirectionState, Inputs, LayerChangeState, NetworkSlot, WRowState
from viz.state.ranges import limits
from viz.storage.session import load_session, save_session

if TYPE_CHECKING:
    from collections.abc import Iterator

FUZZ_S = 60.0
FRAMES = 10_000
WARM_UP = 1_000
GROWTH_BYTES = 24 << 20
"""What allocators and caches of bounded size may still take after warming up."""

TEXTS = ("", "b8.conv1", "nowhere", "Ü" * 40)
LAYERS = ("b8.conv1", "b32.torgb", "input", "L3_36_16", "nowhere")
NUMBERS = (
    "transform.scale",
    "transform.angle_rad",
    "truncation.psi",
    "latent.class_index",
    "latent.walk_seed",
    "view.zoom",
    "w_edit.brush",
    "spectrum.beta",
)
"""Fields that can be animated and locked."""
KEPT = {"device", "source", "ui_scale", "field"}
"""What would leave no picture to look at, or no window."""
DANGEROUS = {"Quit", "Open settings folder", "Full screen", "Copy pictures"}
"""What reaches beyond the program."""


@pytest.fixture
def app(networks: dict[str, str]) -> Iterator[App]:
    app = App(Options(networks=tuple(networks.values()), offscreen=True, size=(1280, 720)))
    app.state.playing = False
    assert app.settle(PATIENCE_S)
    yield app
    app.close()


def shaken(owner: Any, chance: random.Random) -> None:
    """Set every field below `owner` to an extreme, a random value, or leave it."""
    hints = get_type_hints(type(owner))
    for field in fields(owner):
        value = getattr(owner, field.name)
        if is_dataclass(value):
            shaken(value, chance)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if is_dataclass(item):
                    shaken(item, chance)
                elif isinstance(item, float):
                    value[index] = number(*limits(owner, field.name), chance)
        elif field.name not in KEPT and chance.random() < 0.3:
            setattr(owner, field.name, chosen(owner, field.name, hints[field.name], chance))


def chosen(owner: Any, name: str, hint: Any, chance: random.Random) -> Any:
    """A value that a session file could give the field."""
    if get_origin(hint) in (Union, UnionType):
        if chance.random() < 0.3:
            return None
        hint = get_args(hint)[0]
    if is_dataclass(hint):
        return hint()
    if get_origin(hint) is Literal:
        return chance.choice(get_args(hint))
    if hint is bool:
        return chance.random() < 0.5
    if hint is str:
        return chance.choice(TEXTS)
    value = number(*limits(owner, name), chance)
    return int(value) if hint is int else value


def number(low: float, high: float, chance: random.Random) -> float:
    """An end of a range, or a number within."""
    low, high = max(low, -1e9), min(high, 1e9)
    value = chance.choice((low, high, chance.uniform(low, high), chance.uniform(-1, 1)))
    return float(min(max(value, low), high))


def furnished(state: AppState, sources: list[str], chance: random.Random) -> None:
    """Give every list of the state a few items."""

    def some(most: int) -> range:
        return range(chance.randint(0, most))

    state.networks = [NetworkSlot(chance.choice(sources)) for _ in some(4)]
    for slot in state.networks:
        slot.own = Inputs() if chance.random() < 0.3 else None
        slot.changes = [LayerChangeState(chance.choice(LAYERS)) for _ in some(3)]
    state.directions = [DirectionState() for _ in some(3)]
    state.w_edit.rows = [WRowState(offsets=[0.0] * chance.choice((1, 16, 40))) for _ in some(4)]
    state.timeline.frames = [KeyframeState() for _ in some(4)]
    state.style_mix.layers = sorted(chance.sample(range(64), chance.randint(0, 5)))
    state.motions = [MotionState(chance.choice(NUMBERS)) for _ in some(3)]
    state.locks = chance.sample(NUMBERS, chance.randint(0, 2))


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_no_setting_breaks_it(
    app: App, networks: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    section = Widgets.section

    def unfolded(ui: Widgets, title: str, **rest: Any) -> bool:
        return section(ui, title, **rest) or True

    monkeypatch.setattr(Widgets, "section", unfolded)
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    actions = [action for action in ACTIONS if action.name not in DANGEROUS]
    io, width, height = imgui.get_io(), *app.window.size
    rounds = 0
    until = time.perf_counter() + FUZZ_S
    while time.perf_counter() < until:
        state = app.state
        sources = [*networks.values(), "/nowhere/at/all.safetensors"]
        furnished(state, sources, chance)
        shaken(state, chance)
        save_session(tmp_path / "kept.json", state)
        assert load_session(tmp_path / "kept.json").messages == (), seed
        for _ in range(6):
            action = chance.choice(actions)
            if not action.disabled_reason(app.state, app.ctx):
                action.run(app.state, app.ctx)
            app.window.move_pointer(chance.uniform(0, width), chance.uniform(0, height))
            io.add_mouse_button_event(chance.randint(0, 2), chance.random() < 0.5)
            io.add_mouse_wheel_event(0.0, chance.uniform(-3, 3))
            app.window.request_frames(1)
            app.step(0.02)
            assert app.host.failures == {}, seed
        app.workspace.dialogs.close()
        rounds += 1
    for button in range(3):
        io.add_mouse_button_event(button, False)
    assert rounds > 20
    assert app.model.status.worker == "ready", seed


def resident_bytes() -> int:
    """Memory of this process that is in RAM."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's own figures")
def test_memory_stays_flat_over_many_frames(app: App) -> None:
    state = app.state
    state.view.show = "difference"
    state.view.untransform = True
    before = 0
    for frame in range(FRAMES):
        state.transform.x = (frame % 101) / 101
        state.latent.x = (frame % 37) / 7
        state.layers.first_channel = frame % 8
        app.window.request_frames(1)
        app.step(0.0)
        if frame == WARM_UP:
            gc.collect()
            before = resident_bytes()
    gc.collect()
    assert resident_bytes() - before < GROWTH_BYTES
