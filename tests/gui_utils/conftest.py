"""A window without a display, and Dear ImGui in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gui_utils.host import GuiHost
from tests.gui_utils.counted import CountedWindow

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def window() -> Iterator[CountedWindow]:
    window = CountedWindow("test", (640, 480), offscreen=True)
    yield window
    window.close()


@pytest.fixture
def host(window: CountedWindow) -> Iterator[GuiHost]:
    host = GuiHost(window)
    yield host
    host.close()
