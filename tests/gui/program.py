"""The whole program without a display, and where things are in it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.gui_utils.hand import Hand
    from viz.app.loop import App
    from viz.panels.common.picture_geometry import Rect

SIZE = (1280, 720)


def wait_until(app: App, holds: Callable[[], bool]) -> None:
    deadline = time.perf_counter() + PATIENCE_S
    while not holds():
        assert time.perf_counter() < deadline, app.model.status.message
        app.step(0.05)


def picture(app: App, slot: int) -> Rect:
    return app.workspace.stage.picture_rects[slot]


def place_of(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch, tip: str
) -> tuple[float, float]:
    """The middle of the control whose explanation begins with `tip`."""
    found: list[tuple[float, float]] = []

    def note(text: str, **_: object) -> None:
        if text.startswith(tip):
            low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
            found.append(((low.x + high.x) / 2, (low.y + high.y) / 2))

    with monkeypatch.context() as patch:
        patch.setattr(app.ctx.ui, "tip", note)
        hand.frame()
    return found[0]
