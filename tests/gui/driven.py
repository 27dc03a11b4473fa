"""The program in a window, saying what its state is: run by the tests of the real window.

Every change is one line of JSON on standard output. With networks it stands still; without, it is
a first start, left to itself.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from imgui_bundle import imgui

from viz.app.loop import App
from viz.app.options import Options
from viz.app.signals import closed_by_signals


def described(app: App) -> dict[str, Any]:
    """Describe what the tests look at."""
    state, stage = app.state, app.workspace.stage
    return {
        "settled": app._is_answered and not app.model.status.loading,
        "networks": [app.model.label(slot) for slot in range(len(state.networks))],
        "transform": [state.transform.x, state.transform.y, state.transform.angle_rad],
        "seed": [state.latent.x, state.latent.y],
        "playing": state.playing,
        "drift": round(state.latent.walk_phase, 3),
        "changed_by_hand": app.model.history.can_undo,
        "pictures": {slot: asdict(rect) for slot, rect in stage.picture_rects.items()},
        "picking": app.workspace.dialogs.is_open,
        "typing": app.host.wants_text,
        "typed": app.workspace.dialogs.typed,
        "keys_shown": app.model.windows.keys_shown,
        "status": app.model.status.message,
        "failures": app.host.failures,
    }


def main(networks: list[str]) -> None:
    app = App(Options(networks=tuple(networks), size=(1280, 720), fresh=not networks))
    app.state.playing = not networks
    imgui.get_io().key_repeat_delay = 1e6  # a late release is no second press
    said = ""
    with closed_by_signals(app.window):
        while not app.window.should_close:
            app.step(app._time_to_sleep())
            line = json.dumps(described(app))
            if line != said:
                print(line, flush=True)
                said = line
        app.close()


if __name__ == "__main__":
    main(sys.argv[1:])
