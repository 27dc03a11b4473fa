"""Loaded networks, a few of them, by file and date."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from generator import Generator, load_network, network_file
from generator.steps import inner_rate, step_names
from viz import bundled
from viz.protocol import LayerRow, NetworkSummary, WorkerEvent
from viz.render.fast import FastPrecision
from viz.render.latents import LatentSpace
from viz.render.measure import liveliest_channel

log = logging.getLogger(__name__)

T = TypeVar("T")

REMEMBERED_NETWORKS = 6

Report = Callable[[WorkerEvent], None]


@dataclass(frozen=True, slots=True)
class LoadedNetwork:
    """A network on its device, and what is known of it."""

    net: Generator
    latents: LatentSpace
    summary: NetworkSummary
    fast: FastPrecision = field(default_factory=FastPrecision)
    _lively: dict[str, int] = field(default_factory=dict)

    def lively_channel(self, layer: str) -> int:
        """The channel that shows most in a layer, judged at the mean w, so that it stays."""
        if not self._lively:

            def judge(name: str, x: Tensor) -> None:
                self._lively[name] = liveliest_channel(x)

            mean = self.latents.spread.mean
            self.net.synthesis(mean.repeat(1, self.net.num_ws, 1), taps=judge)
        return self._lively[layer]


class UnreadableNetwork(ValueError):
    """A network cannot be read; the message is one line for the user."""


Key = tuple[str, int, int, str]
"""A file as it is now, and the device it is on: path, date, size, device."""


class NetworkStore:
    """Loads networks and keeps the last few; a file that changed is read again.

    Files that could not be read are remembered too, and not tried again until they change.

    Args:
        report: Told when a file is being read and when it has been.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._loaded: OrderedDict[Key, LoadedNetwork] = OrderedDict()
        self._failed: OrderedDict[Key, str] = OrderedDict()
        self.reads = 0
        """How many times a file has been read."""

    def get(self, source: str, device: torch.device) -> LoadedNetwork:
        """The network of a source (see `viz.state.NetworkSlot`) on a device.

        Raises:
            UnreadableNetwork: there is no such network, or the file cannot be read.
        """
        try:
            path = network_file(bundled.resolve(source))
            stat = path.stat()
        except (ValueError, OSError) as error:
            raise UnreadableNetwork(one_line(error)) from None
        key = (str(path), stat.st_mtime_ns, stat.st_size, str(device))
        if key in self._failed:
            raise UnreadableNetwork(self._failed[key])
        if key not in self._loaded:
            _keep(self._loaded, key, self._read(source, path, key, device))
        self._loaded.move_to_end(key)
        return self._loaded[key]

    def _read(self, source: str, path: Path, key: Key, device: torch.device) -> LoadedNetwork:
        name = bundled.label(source)
        self.reads += 1
        self._report(WorkerEvent("loading", f"loading {name}"))
        try:
            net = load_network(path, device=str(device)).eval().requires_grad_(False)
            return LoadedNetwork(net, LatentSpace(net), summarise(net, path))
        except (MemoryError, torch.OutOfMemoryError) as error:
            # Not the file's fault: there may be room the next time.
            raise UnreadableNetwork(f"no memory left for {name}: {one_line(error)}") from error
        except Exception as error:
            if not isinstance(error, ValueError):
                log.exception("%s could not be read", path)
            _keep(self._failed, key, one_line(error))
            raise UnreadableNetwork(self._failed[key]) from error
        finally:
            self._report(WorkerEvent("loaded", f"{name} has been read"))


def _keep(remembered: OrderedDict[Key, T], key: Key, value: T) -> None:
    """Remember a value, and forget the one used least lately when there are too many."""
    remembered[key] = value
    while len(remembered) > REMEMBERED_NETWORKS:
        remembered.popitem(last=False)


def one_line(error: BaseException) -> str:
    """An exception's message, fit for a status bar."""
    text = " ".join(str(error).split())
    return text or type(error).__name__


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
                up=layer.up,
                down=layer.down,
                style_channels=layer.in_channels if layer.kernel else 0,
                has_noise=net.kind == "stylegan2" and layer.kernel == 3,
                inner_rate=inner_rate(layer),
                radial=layer.radial,
                steps=step_names(layer),
            )
            for layer in net.synthesis.layers
        ),
    )
