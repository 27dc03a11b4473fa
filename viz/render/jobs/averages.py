"""Writes a network as it is drawn to a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from generator import save_network
from viz.protocol.averages import KeepNetworkTask
from viz.render import devices
from viz.render.jobs.runner import Progress, steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from viz.render.renderer import Renderer


@steps.register(KeepNetworkTask)
def _(task: KeepNetworkTask, renderer: Renderer) -> Iterator[Progress]:
    net = renderer.networks.get(task.source, devices.choose_device(task.device)).net
    path = Path(task.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_network(path, net, info=net.info, preview=net.preview)
    yield Progress(1.0, 1.0, task.path)
