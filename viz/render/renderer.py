"""Request → result, in this process and with no window."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from generator import Generator, to_uint8
from generator.resume import Resume
from ops import kernels_to_compile, missing_kernels, prepare_kernels
from viz.protocol.equivariance import EquivarianceRequest
from viz.protocol.request import IDENTITY, MapsRequest, Precision, Request
from viz.protocol.result import NetworkResult, Result, WorkerEvent
from viz.protocol.transforms import snapped
from viz.render import devices, feature_maps
from viz.render.drafts import DraftFits
from viz.render.errors import InterruptedDrawingError, is_lost_device, one_line, readable
from viz.render.fastest_precision import resolve
from viz.render.layer_edits import Edits, layer_edits
from viz.render.measure import equivariance
from viz.render.measure.taps import Instruments, chosen_row
from viz.render.networks import (
    LoadedNetwork,
    NetworkStore,
    Report,
    UnreadableNetworkError,
)
from viz.render.watched_picture import WatchedPicture, Watcher

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

log = logging.getLogger(__name__)


def _keep_quiet(_: WorkerEvent) -> None:
    """The report of a renderer nobody listens to."""


class Renderer:
    """Renders requests; remembers networks and latents, and computes only what is asked.

    Args:
        report: Told about networks being loaded.
        is_cancelled: Says whether the network that is being loaded is no longer wanted.
        refusal: Says why a network's file is not read; empty if it is.
    """

    def __init__(
        self,
        report: Report = _keep_quiet,
        is_cancelled: Callable[[], bool] = lambda: False,
        refusal: Callable[[Path], str] = lambda _path: "",
    ) -> None:
        self.networks = NetworkStore(report, is_cancelled, refusal)
        self.has_lost_device = False
        """Whether a device has failed for good in this process; a new one may reach it again."""
        self.draft_fits = DraftFits()
        self._resumes: dict[int, tuple[LoadedNetwork, Resume]] = {}
        self._report = report
        self._attempt = 0
        self._prepared: set[str] = set()
        self._logged: set[str] = set()

    def render(self, request: Request, watcher: Watcher | None = None) -> Result:
        """Render a request.

        What goes wrong with one network is that network's `error`, one readable line.

        Args:
            request: What to draw and measure.
            watcher: Whoever waits for it on the stage; None: drafts are neither made nor shown.

        Raises:
            InterruptedDrawingError: the watcher wants drafts instead, and there are some.
        """
        started = time.perf_counter()
        if request.attempt != self._attempt:
            self._attempt = request.attempt
            self.networks.forget_failures()
        threads = devices.use_threads(request.threads)
        try:
            device = devices.choose_device(request.device)
        except ValueError as error:
            failed = (NetworkResult(source, error=str(error)) for source in request.networks)
            return Result(request=request, networks=tuple(failed), total_ms=0.0)
        self._compile_kernels(device)
        reads = self.networks.reads
        results = tuple(
            self._guarded(request, slot, source, device, watcher)
            for slot, source in enumerate(request.networks)
        )
        return Result(
            request=request,
            networks=results,
            total_ms=1e3 * (time.perf_counter() - started),
            device=devices.describe(device, threads),
            missing_kernels=missing_kernels(device.type) or "",
            read_networks=self.networks.reads > reads,
        )

    def class_counts(self, request: Request) -> tuple[int, ...]:
        """The number of classes of each network of a request; 0: it has none.

        Raises:
            UnreadableNetworkError: a network cannot be read.
            ValueError: there is no such device.
        """
        device = devices.choose_device(request.device)
        return tuple(self.networks.get(one, device).summary.c_dim for one in request.networks)

    def latents(self, request: Request, slot: int) -> tuple[Generator, Tensor, Edits]:
        """A network of a request, its latent [1, num_ws, w_dim], and the edits of its layers.

        Raises:
            UnreadableNetworkError: the network cannot be read.
            ValueError: there is no such device.
        """
        device = devices.choose_device(request.device)
        loaded = self.networks.get(request.networks[slot], device)
        with torch.inference_mode():
            ws = loaded.latents.ws_at(
                request.place_of(slot).latent,
                psi=request.psi,
                cutoff=request.cutoff,
                edits=request.edits,
            )
            return loaded.net, ws, layer_edits(loaded.net, request.changes_of(slot))

    def _compile_kernels(self, device: torch.device) -> None:
        """Compile what this machine has never run, and say so: it takes a while."""
        if device.type in self._prepared:
            return
        self._prepared.add(device.type)
        if kernels_to_compile(device.type):
            self._report(WorkerEvent("compiling", "compiling kernels, once on this machine"))
            prepare_kernels(device.type)
            self._report(WorkerEvent("compiled", ""))

    def _guarded(
        self,
        request: Request,
        slot: int,
        source: str,
        device: torch.device,
        watcher: Watcher | None,
    ) -> NetworkResult:
        """One network's result, its errors made readable."""
        try:
            loaded = self.networks.get(source, device)
        except UnreadableNetworkError as error:
            return NetworkResult(source, error=str(error))
        try:
            chosen = chosen_row(request, self.networks, device)
            instruments = Instruments(request, slot, loaded, chosen)
            drawing = _Drawing(request, slot, loaded, instruments, self._resume(slot, loaded))
            drawn = drawing.result(source, device, watcher, self.draft_fits)
            return replace(drawn, notice=self.networks.notice(source))
        except InterruptedDrawingError:
            raise
        except ValueError as error:
            return NetworkResult(source, error=one_line(error), summary=loaded.summary)
        except Exception as error:
            message = readable(error, device)
            self.has_lost_device |= is_lost_device(error, device)
            if message not in self._logged:  # else every picture would fill the terminal
                self._logged.add(message)
                log.exception("%s could not be rendered", source)
            return NetworkResult(source, error=message, summary=loaded.summary)

    def _resume(self, slot: int, loaded: LoadedNetwork) -> Resume:
        """Return the activations from which a slot's next picture may continue."""
        if slot not in self._resumes or self._resumes[slot][0] is not loaded:
            self._resumes[slot] = loaded, Resume()
        return self._resumes[slot][1]


class _Drawing:
    """One picture of one network, and what is measured on the way."""

    def __init__(
        self,
        request: Request,
        slot: int,
        loaded: LoadedNetwork,
        instruments: Instruments,
        resume: Resume,
    ) -> None:
        self._request = request
        self._slot = slot
        self._loaded = loaded
        self._rows = {row.name: row for row in loaded.summary.layers}
        self._instruments = instruments
        self._resume = resume
        self._maps: MapsRequest | None = None
        if request.maps is not None and request.maps.slot == slot:
            self._maps = request.maps
        self._strip_px = request.strip_px if request.strip_slot == slot else 0
        place, width = request.place_of(slot), loaded.summary.resolution
        self._place = (
            replace(place, transform=snapped(place.transform, width)) if place.snap else place
        )
        self._tapped = {self._maps.layer} if self._maps is not None else set()
        for layer in sorted(self._tapped - self._rows.keys()):
            raise ValueError(f"{loaded.summary.kind} has no layer {layer!r}; choose one of its own")
        self._layers: dict[str, Tensor] = {}
        self._thumbnails: list[Tensor] = []
        self._statistics: list[tuple[str, Tensor]] = []
        self._edits = layer_edits(loaded.net, request.changes_of(slot))
        self._watched: WatchedPicture | None = None

    @torch.inference_mode()
    def result(
        self, source: str, device: torch.device, watcher: Watcher | None, fits: DraftFits
    ) -> NetworkResult:
        """Draw and measure."""
        request, started = self._request, time.perf_counter()
        place = self._place
        ws = self._loaded.latents.ws_at(
            place.latent, psi=request.psi, cutoff=request.cutoff, edits=request.edits
        )
        devices.wait_for(device)
        mapped = time.perf_counter()
        basis = NetworkResult(
            source,
            summary=self._loaded.summary,
            mapping_ms=1e3 * (mapped - started),
            transform=place.transform,
            extent=request.extent,
            z=self._loaded.latents.z(place.latent),
            ws=ws[0].cpu().numpy(),
        )
        self._watched = self._watch(basis, ws, watcher)
        if self._watched is not None:
            if self._watched.is_drafted:
                return self._watched.draft()
            self._watched.begin()
        measured = self._instruments.takes_figures
        precision = resolve(request.precision, self._loaded.fast, measured=measured)
        self._instruments.begin(ws, self._edits)
        image = self._synthesise(ws, precision)
        devices.wait_for(device)
        synthesised = time.perf_counter() - self._instruments.spent_s
        if self._watched is not None:
            synthesised -= self._watched.previews_s
            self._watched.finish(image, synthesised - mapped, fits)
        if request.precision == "fast" and not measured:
            self._loaded.fast.took(precision, synthesised - mapped)
        drawn = replace(
            basis,
            picture=feature_maps.rgba(to_uint8(image), opacity=request.opacity),
            synthesis_ms=1e3 * (synthesised - mapped),
            precision=precision,
        )
        if self._maps:
            maps = feature_maps.feature_maps(self._layers[self._maps.layer], self._maps)
            drawn = replace(drawn, maps=maps)
        wanted = request.equivariance
        if wanted is not None and wanted.slot in (None, self._slot):
            wanted = self._own_layer(wanted)
            compared = equivariance.view(self._loaded.net, ws, self._edits, wanted)
            drawn = replace(drawn, equivariance=compared)
        if self._thumbnails:
            drawn = replace(
                drawn,
                strip=torch.stack(self._thumbnails).cpu().numpy(),
                figures=feature_maps.layer_figures(self._statistics),
            )
        if request.scores is not None:
            scores = self._loaded.latents.scores(ws[0], request.scores)
            drawn = replace(drawn, scores=scores.cpu().numpy())
        return self._instruments.add_to(drawn, image)

    def _watch(
        self, basis: NetworkResult, ws: Tensor, watcher: Watcher | None
    ) -> WatchedPicture | None:
        """What shows how far the picture is; None where it is drawn straight away."""
        loaded, request = self._loaded, self._request
        if watcher is None or request.extent > 1 or not loaded.drafts.is_slow(loaded.net):
            return None
        moved = self._place.transform
        return WatchedPicture(request, self._slot, loaded, ws, moved, self._edits, basis, watcher)

    def _own_layer(self, wanted: EquivarianceRequest) -> EquivarianceRequest:
        """Of every network those without the layer compare their pictures."""
        names = {layer.name for layer in self._loaded.net.synthesis.layers}
        if wanted.slot is None and wanted.layer not in names:
            return EquivarianceRequest(None, wanted.move)
        return wanted

    def _synthesise(self, ws: Tensor, precision: Precision) -> Tensor:
        request = self._request
        transform = self._place.transform
        moved = transform != IDENTITY
        height, width = self._loaded.net.size
        image: Tensor = self._loaded.net.synthesis(
            ws,
            transform=ws.new_tensor(transform).view(3, 3) if moved else None,
            canvas=(request.extent * height, request.extent * width),
            noise=request.noise,
            precision=precision,
            edits=self._edits,
            resume=self._resume,
            taps=self._tap if self._is_followed else None,
        )
        return image

    @property
    def _is_followed(self) -> bool:
        looked_into = self._tapped or self._strip_px or self._instruments.taps
        return bool(looked_into) or self._watched is not None

    def _tap(self, name: str, x: Tensor) -> None:
        if self._watched is not None:
            self._watched.follow(name, x)
        self._instruments.tap(name, x)
        if name in self._tapped:
            self._layers[name] = x
        if self._strip_px:
            channel = self._loaded.lively_channel(name)
            self._thumbnails.append(feature_maps.thumbnail(x, channel, self._strip_px))
            self._statistics.append(
                (str(x.dtype).removeprefix("torch."), feature_maps.statistics(x))
            )
