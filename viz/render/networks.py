"""Loaded networks, a few of them, by file and date."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from generator import Generator, load_network, network_file
from generator.cost import expected_seconds
from generator.steps import inner_rate, step_names
from viz.protocol.result import LayerFilters, LayerRow, NetworkSummary, WorkerEvent
from viz.render.averages import AverageStore
from viz.render.drafts import NetworkDrafts
from viz.render.errors import LoadingCancelledError, is_out_of_memory, one_line
from viz.render.fastest_precision import FastPrecision
from viz.render.feature_maps import liveliest_channel
from viz.render.filters import layer_filters
from viz.render.latents import LatentSpace
from viz.render.network_facts import equivariance_db, network_facts
from viz.storage import bundled
from viz.storage.average_sources import average_of

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from torch import Tensor

    from viz.storage.average_sources import AverageSource

log = logging.getLogger(__name__)

T = TypeVar("T")

REMEMBERED_NETWORKS = 6
REPORT_EVERY_S = 0.05
LARGE_PX, LONG_S = 256, 1.0
"""From which resolution on the time for a picture is estimated, and how long is worth a word."""

Report = Callable[[WorkerEvent], None]


@dataclass(frozen=True, slots=True)
class LoadedNetwork:
    """A network on its device, and what is known of it."""

    net: Generator
    latents: LatentSpace
    summary: NetworkSummary
    fast: FastPrecision = field(default_factory=FastPrecision)
    drafts: NetworkDrafts = field(default_factory=NetworkDrafts)
    _lively: dict[str, int] = field(default_factory=dict)
    _filters: dict[str, LayerFilters] = field(default_factory=dict)

    def filters(self, layer: str) -> LayerFilters:
        """The low-pass filters of a layer, measured once.

        Raises:
            ValueError: there is no such layer.
        """
        if layer not in self._filters:
            self._filters[layer] = layer_filters(self.net, layer)
        return self._filters[layer]

    def lively_channel(self, layer: str) -> int:
        """The channel that shows most in a layer, judged at the mean w, so that it stays."""
        if not self._lively:

            def judge(name: str, x: Tensor) -> None:
                self._lively[name] = liveliest_channel(x)

            mean = self.latents.spread.mean
            self.net.synthesis(mean.repeat(1, self.net.num_ws, 1), taps=judge)
        return self._lively[layer]


class UnreadableNetworkError(ValueError):
    """A network cannot be read; the message is one line for the user."""


Key = tuple[str, int, int, str]
"""A file as it is now, and the device it is on: path or average, date, size, device."""


class NetworkStore:
    """Loads networks and keeps the last few; a file that changed is read again.

    Files that could not be read are remembered too, and not tried again until they change.

    A source that could be read once and no longer can is given as it was, with a notice.

    Args:
        report: Told when a file is being read, how far, and when it has been.
        is_cancelled: Asked now and then while a file is read; if it says so the reading ends.
        refusal: Says why a file is not read, though it could be; empty if it is.
    """

    def __init__(
        self,
        report: Report,
        is_cancelled: Callable[[], bool] = lambda: False,
        refusal: Callable[[Path], str] = lambda _path: "",
    ) -> None:
        self._report = report
        self._refusal = refusal
        self._is_cancelled = is_cancelled
        self._known: dict[tuple[str, str], Key] = {}
        self._notices: dict[str, str] = {}
        self._loaded: OrderedDict[Key, LoadedNetwork] = OrderedDict()
        self._failed: OrderedDict[Key, str] = OrderedDict()
        self._averages = AverageStore()
        self._fast_averages = FastPrecision()
        self.reads = 0
        """Number of times that a file has been read."""

    def get(self, source: str, device: torch.device) -> LoadedNetwork:
        """The network of a source (see `viz.state.inputs.NetworkSlot`) on a device.

        Raises:
            UnreadableNetworkError: there is no such network, or the file cannot be read.
        """
        known = source, str(device)
        try:
            key = self._newest(source, device)
        except UnreadableNetworkError as error:
            if self._known.get(known) not in self._loaded:
                raise
            key = self._known[known]
            self._notices[source] = f"{error}; it is drawn as it was read before"
        else:
            self._known[known] = key
            self._notices.pop(source, None)
        self._loaded.move_to_end(key)
        return self._loaded[key]

    def notice(self, source: str) -> str:
        """Return a warning about a source that is drawn all the same; mostly empty."""
        return self._notices.get(source, "")

    def forget_failures(self) -> None:
        """Try again what could not be read."""
        self._failed.clear()

    def _newest(self, source: str, device: torch.device) -> Key:
        """The key of a source's file as it is now, which has been read."""
        average = average_of(source)
        try:
            path = (
                network_file(bundled.resolve(source))
                if average is None
                else self._averages.file_of(average)
            )
            if reason := self._refusal(path):
                raise ValueError(reason)
            stat = path.stat()
        except (ValueError, OSError) as error:
            raise UnreadableNetworkError(_with_remedy(one_line(error))) from None
        name = str(path) if average is None else f"{path}, {average}"
        key = (name, stat.st_mtime_ns, stat.st_size, str(device))
        if key in self._failed:
            raise UnreadableNetworkError(self._failed[key])
        if key not in self._loaded:
            _keep(self._loaded, key, self._read(source, path, key, device))
        return key

    def _read(self, source: str, path: Path, key: Key, device: torch.device) -> LoadedNetwork:
        name, average = bundled.label(source), average_of(source)
        if average is not None and self._averages.is_ready(path):
            return self._mixed(average, path, device)
        self.reads += 1
        self._report(WorkerEvent("loading", f"loading {name}", source=source))
        note = ""
        try:
            if average is not None:
                return self._mixed(average, path, device, self._follow(source))
            net = load_network(path, device=str(device), progress=self._follow(source))
            net.eval().requires_grad_(False)
            expected_s = _expected_s(net, device)
            if expected_s is not None:
                note = f"{name} is large: about {expected_s:.2g} s a picture on this CPU"
            return LoadedNetwork(net, LatentSpace(net), summarise(net, path, expected_s))
        except LoadingCancelledError:
            _keep(self._failed, key, f"reading {name} was cancelled")
            raise UnreadableNetworkError(self._failed[key]) from None
        except Exception as error:
            if is_out_of_memory(error):  # not the file's fault: there may be room the next time
                raise UnreadableNetworkError(
                    f"not enough memory to read {name}; close other networks or programs"
                ) from error
            if not isinstance(error, ValueError):
                log.exception("%s could not be read", path)
            _keep(self._failed, key, one_line(error))
            raise UnreadableNetworkError(self._failed[key]) from error
        finally:
            self._report(WorkerEvent("loaded", note, source=source))

    def _mixed(
        self,
        source: AverageSource,
        path: Path,
        device: torch.device,
        progress: Callable[[float], None] = lambda fraction: None,
    ) -> LoadedNetwork:
        """Make the network of an average, which is as fast as those of other lengths."""
        net = self._averages.network(source, path, progress).to(device)
        net.eval().requires_grad_(False)
        expected_s = _expected_s(net, device)
        summary = summarise(net, path, expected_s)
        return LoadedNetwork(net, LatentSpace(net), summary, self._fast_averages)

    def _follow(self, source: str) -> Callable[[float], None]:
        """Return a callback for the share of a file that is read; it ends an unwanted reading."""
        reported_at, name = time.perf_counter(), bundled.label(source)

        def follow(fraction: float) -> None:
            nonlocal reported_at
            if time.perf_counter() - reported_at < REPORT_EVERY_S:
                return
            reported_at = time.perf_counter()
            self._report(WorkerEvent("loading", f"loading {name}", fraction, source))
            if self._is_cancelled():
                raise LoadingCancelledError

        return follow


def _with_remedy(message: str) -> str:
    """Add the remedy for a file that cannot be found, where the message lacks it."""
    missing = message.startswith(("there is no file", "no network-"))
    return f"{message}: put it back, or choose another network" if missing else message


def _expected_s(net: Generator, device: torch.device) -> float | None:
    """Return a warning about the time of a picture, where it is long."""
    if device.type != "cpu" or net.resolution < LARGE_PX:
        return None
    expected_s = expected_seconds(net.config)
    return expected_s if expected_s >= LONG_S else None


def _keep(remembered: OrderedDict[Key, T], key: Key, value: T) -> None:
    """Remember a value, and forget the one used least lately when there are too many."""
    remembered[key] = value
    while len(remembered) > REMEMBERED_NETWORKS:
        remembered.popitem(last=False)


def summarise(net: Generator, path: Path, expected_s: float | None) -> NetworkSummary:
    """Return the description of a network for the window.

    Args:
        net: The network.
        path: Its file.
        expected_s: About how long a picture takes, where that is long.
    """
    return NetworkSummary(
        kind=net.kind,
        resolution=net.resolution,
        z_dim=net.z_dim,
        c_dim=net.c_dim,
        w_dim=net.w_dim,
        num_ws=net.num_ws,
        parameter_count=sum(parameter.numel() for parameter in net.parameters()),
        path=str(path),
        facts=network_facts(net, path, expected_s),
        equivariance_db=equivariance_db(net.info),
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
