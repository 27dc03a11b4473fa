"""Loaded networks, a few of them, by file and date."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from generator import Generator, load_network
from viz import bundled
from viz.protocol import LayerRow, NetworkSummary, WorkerEvent
from viz.render.latents import LatentSpace
from viz.render.measure import liveliest_channel

REMEMBERED_NETWORKS = 6

Report = Callable[[WorkerEvent], None]


@dataclass(frozen=True, slots=True)
class LoadedNetwork:
    """A network on its device, and what is known of it."""

    net: Generator
    latents: LatentSpace
    summary: NetworkSummary
    _lively: dict[str, int] = field(default_factory=dict)

    def lively_channel(self, layer: str) -> int:
        """The channel that shows most in a layer, judged at the mean w, so that it stays."""
        if not self._lively:

            def judge(name: str, x: Tensor) -> None:
                self._lively[name] = liveliest_channel(x)

            mean = self.latents.spread.mean
            self.net.synthesis(mean.repeat(1, self.net.num_ws, 1), taps=judge)
        return self._lively[layer]


class NetworkStore:
    """Loads networks and keeps the last few; a file that changed is read again.

    Args:
        report: Told when a file is being read and when it has been.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._loaded: OrderedDict[tuple[str, int, int, str], LoadedNetwork] = OrderedDict()

    def get(self, source: str, device: torch.device) -> LoadedNetwork:
        """The network of a source (see `viz.state.NetworkSlot`) on a device.

        Raises:
            ValueError: there is no such network, or the file is none.
            OSError: the file cannot be read.
        """
        path = network_file(source)
        stat = path.stat()
        key = (str(path), stat.st_mtime_ns, stat.st_size, str(device))
        if key not in self._loaded:
            name = bundled.label(source)
            self._report(WorkerEvent("loading", f"loading {name}"))
            net = load_network(path, device=str(device)).eval().requires_grad_(False)
            self._loaded[key] = LoadedNetwork(net, LatentSpace(net), summarise(net, path))
            self._report(WorkerEvent("loaded", f"{name} loaded"))
            while len(self._loaded) > REMEMBERED_NETWORKS:
                self._loaded.popitem(last=False)
        self._loaded.move_to_end(key)
        return self._loaded[key]


def network_file(source: str) -> Path:
    """The file a source means now: itself, or the newest network of a run folder.

    Raises:
        ValueError: there is none.
    """
    path = bundled.resolve(source)
    if path.is_dir():
        networks = list(path.glob("network-*.safetensors"))
        if not networks:
            raise ValueError(f"{path} holds no network-*.safetensors; is it a run folder?")
        # The number in the name may have outgrown its leading zeros.
        return max(networks, key=lambda file: (len(file.name), file.name))
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    return path


def summarise(net: Generator, path: Path) -> NetworkSummary:
    """What the window shows about a network."""
    return NetworkSummary(
        kind=net.kind,
        resolution=net.resolution,
        z_dim=net.z_dim,
        c_dim=net.c_dim,
        w_dim=net.w_dim,
        num_ws=net.num_ws,
        parameter_count=sum(parameter.numel() for parameter in net.parameters()),
        path=str(path),
        info=tuple((str(name), str(value)) for name, value in net.info.items()),
        layers=tuple(
            LayerRow(
                name=layer.name,
                channels=layer.channels,
                height=layer.size[0],
                width=layer.size[1],
                sampling_rate=layer.sampling_rate,
                cutoff=layer.cutoff,
                stopband=layer.stopband,
                critical=layer.critical,
            )
            for layer in net.synthesis.layers
        ),
    )
