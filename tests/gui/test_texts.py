"""No text of a control is cut, at any tab, in any size class of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from imgui_bundle import imgui

from gui_utils import labels
from gui_utils.labels import Labels
from gui_utils.widgets import Widgets
from tests.patience import PATIENCE_S
from viz.panels.common import layout
from viz.state.app_state import AppState, KeyframeState
from viz.state.inputs import DirectionState

if TYPE_CHECKING:
    from collections.abc import Callable

    from viz.app.loop import App

SLACK_PX = 1.0


def setting(part: str, **values: Any) -> Callable[[AppState], None]:
    """Make a function that sets fields of a part of the state."""

    def arrange(state: AppState) -> None:
        for name, value in values.items():
            setattr(getattr(state, part), name, value)

    return arrange


def inputs(state: AppState) -> None:
    state.directions = [DirectionState("Coast", amount=1.5)]
    state.style_mix.on = True
    state.timeline.frames = [KeyframeState(float(n), 0.0, 2.0 * n) for n in range(3)]


STATES: dict[str, tuple[str, Callable[[AppState], None]]] = {
    "inputs": (layout.INPUTS, inputs),
    "difference": (layout.LAYERS, setting("view", show="difference")),
    "atlas": (layout.LAYERS, setting("view", show="atlas")),
    "maps": (layout.LAYERS, setting("layers", of="pca")),
    "spectrum": (layout.SPECTRUM, setting("spectrum", of="layer")),
    "compared": (layout.SPECTRUM, setting("spectrum", against="network")),
    "aliasing": (layout.SPECTRUM, setting("spectrum", page="aliasing")),
    "filters": (layout.SPECTRUM, setting("spectrum", page="filters")),
    "equivariance": (layout.EQUIVARIANCE, setting("equivariance", of="layer")),
    "metrics": (layout.EQUIVARIANCE, setting("equivariance", page="metric")),
    "lab": (layout.LAB, setting("lab", operation="nonlinearity")),
    "upsampling": (layout.LAB, setting("lab", operation="upsampling", signal="noise")),
    "timeline": (layout.TIMELINE, inputs),
    "slit scan": (layout.SLIT_SCAN, setting("slit_scan", on=True)),
    "recording": (layout.RECORDING, setting("recording", subject="mix")),
    "training": (layout.TRAINING, inputs),
    "performance": (layout.PERFORMANCE, inputs),
}


@pytest.mark.parametrize("scale", [1.0, pytest.param(1.13, marks=pytest.mark.soak), 1.5])
def test_every_control_has_room_for_its_text(
    app: App, monkeypatch: pytest.MonkeyPatch, scale: float
) -> None:
    cut: set[str] = set()
    where, looks = "", False

    def look(kind: str, text: str, room: float) -> None:
        words = text.split("##")[0]
        needed = imgui.calc_text_size(words).x
        if looks and words and room > 0 and needed > room + SLACK_PX:
            cut.add(f"{where}: {kind} {words!r} needs {needed:.0f} of {room:.0f} px")

    button, label, chip = imgui.button, Labels.label, Widgets.chip

    def seen_button(text: str, size: Any = (0, 0)) -> bool:
        wide = size.x if hasattr(size, "x") else size[0]
        free = imgui.get_content_region_avail().x
        look("button", text, min(wide or free, free))
        return bool(button(text, size))

    def seen_label(ui: Labels, text: str) -> None:
        look("label", text, ui.host.px(labels.LABEL_WIDTH))
        label(ui, text)

    def seen_chip(ui: Widgets, text: str, active: bool, width: float = 0.0) -> bool:
        look("chip", text, width)
        return chip(ui, text, active, width)

    def seen_combo(text: str, preview: str, flags: int = 0) -> bool:
        arrow = imgui.get_frame_height() + imgui.get_style().frame_padding.x
        look("drop-down", preview, imgui.calc_item_width() - arrow)
        return bool(combo(text, preview, flags))

    def seen_tip(ui: Labels, text: str, **rest: Any) -> None:
        window, item = imgui.internal.get_current_window(), imgui.get_item_rect_max().x
        edge = window.inner_rect.max.x
        if looks and imgui.is_item_visible() and item > edge + SLACK_PX:
            cut.add(f"{where}: {text[:40]!r} reaches {item - edge:.0f} px beyond {window.name}")
        tip(ui, text, **rest)

    combo, tip = imgui.begin_combo, Labels.tip
    monkeypatch.setattr(imgui, "begin_combo", seen_combo)
    monkeypatch.setattr(Labels, "tip", seen_tip)
    monkeypatch.setattr(imgui, "button", seen_button)
    monkeypatch.setattr(Labels, "label", seen_label)
    monkeypatch.setattr(Widgets, "chip", seen_chip)
    networks = app.state.networks
    for name, (front, arrange) in STATES.items():
        where = name
        state = AppState(networks=list(networks), playing=False)
        state.view.ui_scale = scale
        arrange(state)
        app.model.state = state
        app.model.windows.to_front.append(front)
        assert app.settle(PATIENCE_S)
        looks = True
        app.screenshot()
        looks = False
    assert not cut, "\n".join(sorted(cut))
    assert app.host.failures == {}
