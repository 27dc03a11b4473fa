"""Small networks on disk, and the whole program without a display."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from generator import NetworkConfig, build_network, save_network
from tests.gui.program import SIZE
from tests.gui_utils.counted import CountedWindow
from tests.gui_utils.hand import Hand
from tests.patience import PATIENCE_S
from viz.app.loop import App
from viz.app.options import Options
from viz.state.app_state import AppState
from viz.state.inputs import NetworkSlot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Freshly initialised networks of 32², by kind."""
    folder = tmp_path_factory.mktemp("networks")
    files = {}
    for kind in ("stylegan2", "stylegan3-r"):
        config = NetworkConfig(
            kind=kind, resolution=32, z_dim=16, w_dim=16, channel_base=256, channel_max=16
        )
        files[kind] = str(folder / f"tiny-{kind}.safetensors")
        save_network(files[kind], build_network(config, seed=3))
    return files


@pytest.fixture(scope="session", autouse=True)
def own_settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home for preferences and logs that is not the user's."""
    folder = tmp_path_factory.mktemp("settings")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder))
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def counted_time() -> Iterator[None]:
    """Make the hand take as long on a busy machine as on an idle one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("viz.app.loop.Window", CountedWindow)
        yield


@pytest.fixture(scope="module")
def program(networks: dict[str, str]) -> Iterator[App]:
    app = App(Options(networks=tuple(networks.values()), offscreen=True, size=SIZE))
    app.state.playing = False
    assert app.settle(PATIENCE_S)
    yield app
    app.close()


@pytest.fixture
def app(program: App, networks: dict[str, str]) -> App:
    """The program, settled, in the state it starts with."""
    fresh = AppState()
    fresh.networks = [NetworkSlot(source) for source in networks.values()]
    fresh.playing = False
    program.model.state = fresh
    program.model.status.clear()
    program.window.move_pointer(-10, -10)
    assert program.settle(PATIENCE_S)
    return program


@pytest.fixture
def hand(app: App) -> Hand:
    def frame() -> None:
        app.window.request_frames(1)
        assert app.step(0.0)

    return Hand(app.window, frame)
