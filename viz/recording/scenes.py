"""Subjects of recordings: for each frame the requests to render, and the tiles made of results."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from gui_utils.colormaps import colourise
from viz.protocol.differences import difference_db, mean_db
from viz.protocol.request import LatentPoint, MapsRequest, Request, SpectrumRequest
from viz.protocol.slit_scan import SlitScan, along_line, percent
from viz.recording.compose import SLOT_COLOURS, Composer, Tile
from viz.state.easing import easing_of
from viz.state.inputs import SEED_COUNT, seed_at
from viz.state.recording import UNMOVED, RecordingState, Subject
from viz.state.timeline import length_s, seeds_at, timeline_through
from viz.state.to_request import blended_classes, request_at, request_for
from viz.storage import bundled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from viz.protocol.result import NetworkResult, Result
    from viz.state.app_state import AppState
    from viz.state.inputs import LatentState

Seeds = tuple[tuple[int, float], ...]
"""(seed, weight), the weights summing to 1."""
LETTERS = "ABCD"
KIND_NAMES = {
    "stylegan2": "StyleGAN2",
    "stylegan3-t": "StyleGAN3-T",
    "stylegan3-r": "StyleGAN3-R",
}
DIFFERENCE_DB = (-48.0, 0.0)
SLIT_ASPECT = 4
"""A slit scan in a film is so many times as wide as the picture."""
MOST_CELLS = 1024


class Scene(Protocol):
    """One recording; `tiles` is called once for every frame, in order."""

    columns: int
    frame_count: int

    def requests(self, index: int) -> Sequence[Request]:
        """Return the requests to render for a frame."""

    def tiles(self, index: int, results: Sequence[Result]) -> list[Tile]:
        """The pictures of a frame.

        Raises:
            ValueError: a network could not be drawn.
        """


def scene_of(state: AppState) -> Scene:
    """The scene that a state's `recording` describes.

    Raises:
        ValueError: there is nothing to record.
    """
    if not state.networks:
        raise ValueError("there is no network to record; open one first")
    recording = state.recording
    match recording.subject:
        case "compare" | "slit":
            return Comparison(state)
        case "layers":
            return LayersOverTime(state)
        case "spectrum":
            return SpectraOverTime(state)
        case "mix":
            return StyleMixes(state)
        case "flight":
            raise ValueError(
                "a flight is recorded in the window, or with python -m viz.recording flight"
            )
        case "grid" | "seeds":
            if recording.columns * recording.rows > MOST_CELLS:
                raise ValueError(f"a grid has at most {MOST_CELLS} pictures")
            return SeedGrid(state)


def subject_of(state: AppState) -> Subject:
    """Return what a recording shows: of the stage, what that shows."""
    subject = state.recording.subject
    return "flight" if subject == "compare" and state.view.show == "atlas" else subject


def frame_count(recording: RecordingState) -> int:
    """Return the number of frames of a recording."""
    return 1 if recording.subject in UNMOVED else recording.frames


class _Moving:
    """Base of scenes: the request of the state's motion at the time of a frame."""

    def __init__(self, state: AppState) -> None:
        self._state = state
        self.frame_count = frame_count(state.recording)

    def requests(self, index: int) -> Sequence[Request]:
        return [self._measured(self._request(index))]

    def _request(self, index: int) -> Request:
        """The pictures of a frame; what is drawn twice must come out the same, so in fp32."""
        return replace(request_at(self._state, index / self._state.recording.fps), precision="fp32")

    def _measured(self, request: Request) -> Request:
        """The request with what else a scene needs."""
        return request


class Comparison(_Moving):
    """All networks beside each other, or the one in focus; with a slit scan, below each other."""

    def __init__(self, state: AppState) -> None:
        self._is_focus = state.recording.subject == "compare" and state.view.focus >= 0
        state = alone(state, _shown_slot(state)) if self._is_focus else state
        super().__init__(state)
        self._line = state.slit_scan.line
        differs = state.recording.difference or state.view.show == "difference"
        self._difference = differs and len(state.networks) > 1
        count = len(state.networks)
        self.slits: list[SlitScan] = []
        if state.recording.slit or state.recording.subject == "slit":
            self.slits = [SlitScan(self.frame_count) for _ in range(count)]
        self.columns = 2 if self.slits else count + (count - 1) * self._difference
        if state.recording.size == "portrait":
            self.columns = 1

    def tiles(self, index: int, results: Sequence[Result]) -> list[Tile]:
        """Arrange what was rendered for a frame."""
        drawn = drawn_networks(results[0])
        pictures = [
            network_tile(self._state, slot, one, letter=not self._is_focus)
            for slot, one in enumerate(drawn)
        ]
        differences = []
        if self._difference:
            differences = [
                _difference_tile(0, slot, drawn[0], one)
                for slot, one in enumerate(drawn)
                if slot > 0
            ]
        if not self.slits:
            return [*pictures, *differences]
        rows: list[Tile] = []
        for slot, one in enumerate(drawn):
            slit = self.slits[slot]
            slit.push(along_line(picture_of(one), self._line))
            rows += [pictures[slot], self._slit_tile(slit, one, index)]
        if len(differences) % self.columns:
            differences.append(Tile(None))
        return [*rows, *differences]

    def _slit_tile(self, slit: SlitScan, drawn: NetworkResult, index: int) -> Tile:
        height, width = picture_of(drawn).shape[:2]
        done = index + 1 == self.frame_count
        share = percent(slit.sticking if done else None)
        note = f"one line of {self.frame_count} pictures, time to the right · sticking {share}"
        return Tile(_resampled(slit, height, SLIT_ASPECT * width), note=note)


class SeedGrid(_Moving):
    """One network at many seeds, all on the same walk, or standing still."""

    def __init__(self, state: AppState) -> None:
        state = alone(state, _shown_slot(state))
        super().__init__(state)
        recording = state.recording
        self._still = recording.subject in UNMOVED
        self.columns = recording.columns
        cells = recording.columns * recording.rows
        seeds = recording.seeds or _seeds_from(state, cells)
        each = len(seeds) // cells
        if not each or len(seeds) % cells or (self._still and each > 1):
            raise ValueError(
                f"a grid of {recording.columns} × {recording.rows} takes {cells} seeds"
                f"{'' if self._still else ', or a multiple of that'}; got {len(seeds)}"
            )
        self._paths = [seeds[cell * each : (cell + 1) * each] for cell in range(cells)]

    def requests(self, index: int) -> Sequence[Request]:
        """Return what is to be rendered for a frame."""
        request = _resting(self._state) if self._still else self._request(index)
        phase = easing_of(index / self.frame_count, self._state.easing)
        return [_at_seeds(request, _along(path, phase)) for path in self._paths]

    def tiles(self, index: int, results: Sequence[Result]) -> list[Tile]:
        """Arrange what was rendered for a frame."""
        return [
            Tile(picture_of(drawn_networks(result)[0]), facts=_seeds_text(path))
            for path, result in zip(self._paths, results, strict=True)
        ]


class StyleMixes(_Moving):
    """A matrix: each row's seed with the chosen layers from each column's seed."""

    def __init__(self, state: AppState) -> None:
        state = alone(state, _shown_slot(state))
        super().__init__(state)
        recording, mix = state.recording, state.style_mix
        self._rows = recording.seeds or _seeds_from(state, recording.rows)
        self._columns = recording.column_seeds or [
            (mix.seed + column) % SEED_COUNT for column in range(recording.columns)
        ]
        self._layers = tuple(mix.layers)
        self.columns = len(self._columns) + 1
        if not self._layers:
            raise ValueError("choose the layers to take from the second seed (Style mixing)")
        if self.columns * (len(self._rows) + 1) > MOST_CELLS:
            raise ValueError(f"a matrix has at most {MOST_CELLS} pictures")

    def requests(self, index: int) -> Sequence[Request]:
        """Return what is to be rendered for a frame."""
        base = _resting(self._state)
        base = replace(base, edits=replace(base.edits, mix_seed=0, mix_layers=()))
        asked = [_at_seeds(base, ((seed, 1.0),)) for seed in self._columns]
        for row in self._rows:
            asked.append(_at_seeds(base, ((row, 1.0),)))
            for column in self._columns:
                edits = replace(base.edits, mix_seed=column, mix_layers=self._layers)
                asked.append(replace(asked[-1], edits=edits))
        return asked

    def tiles(self, index: int, results: Sequence[Result]) -> list[Tile]:
        """Arrange what was rendered for a frame."""
        pictures = [picture_of(drawn_networks(result)[0]) for result in results]
        layers = f"layers {', '.join(map(str, self._layers))}"
        heads = [
            Tile(picture, facts=f"seed {seed}")
            for picture, seed in zip(pictures, self._columns, strict=False)
        ]
        tiles, rest = [Tile(None, facts=layers), *heads], iter(pictures[len(heads) :])
        for seed in self._rows:
            tiles.append(Tile(next(rest), facts=f"seed {seed}"))
            tiles += [Tile(next(rest)) for _ in self._columns]
        return tiles


class LayersOverTime(_Moving):
    """A network's picture with a channel of each layer, or with the channels of one layer."""

    def __init__(self, state: AppState) -> None:
        slot = state.layers.slot if state.layers.slot < len(state.networks) else 0
        super().__init__(alone(state, slot))
        self.columns = 4
        self._reach = 0.0

    def _measured(self, request: Request) -> Request:
        layer, first = self._state.recording.layer, self._state.layers.first_channel
        if layer:
            return replace(request, maps=MapsRequest(0, layer, first, 15))
        return replace(request, strip_slot=0, strip_px=64)

    def tiles(self, index: int, results: Sequence[Result]) -> list[Tile]:
        """Arrange what was rendered for a frame."""
        (drawn,) = drawn_networks(results[0])
        tiles = [network_tile(self._state, 0, drawn, letter=False)]
        if drawn.maps is not None:
            maps = drawn.maps
            self._reach = self._reach or 3 * maps.std  # of the first frame: brightness stays
            for channel, values in enumerate(maps.maps, maps.first_channel):
                picture = colourise(values, -self._reach, self._reach, "diverging")
                tiles.append(Tile(picture, title=maps.layer, facts=f"channel {channel}"))
        elif drawn.strip is not None and drawn.summary is not None:
            self.columns = _columns_for(len(drawn.strip) + 1)
            for row, grey in zip(drawn.summary.layers, drawn.strip, strict=True):
                facts = f"{row.width}² · cutoff {row.cutoff:.1f}"
                tiles.append(Tile(np.repeat(grey[..., None], 3, 2), title=row.name, facts=facts))
        return _filled(tiles, self.columns)


class SpectraOverTime(_Moving):
    """Each network's picture, its power spectrum, and the rings of the spectrum over time."""

    columns = 3

    def __init__(self, state: AppState) -> None:
        super().__init__(state)
        taken = state.spectrum
        self._range = taken.low_db, taken.high_db
        self._histories = [SlitScan(self.frame_count) for _ in state.networks]

    def _measured(self, request: Request) -> Request:
        taken = self._state.spectrum
        return replace(request, spectrum=SpectrumRequest(beta=taken.beta, pad=taken.pad))

    def tiles(self, index: int, results: Sequence[Result]) -> list[Tile]:
        """Arrange what was rendered for a frame."""
        tiles = []
        low, high = self._range
        for slot, one in enumerate(drawn_networks(results[0])):
            if one.spectrum is None:
                raise ValueError("the renderer gave no spectrum")
            side = picture_of(one).shape[0]
            rings = colourise(one.spectrum.radial_db[::-1], low, high, "magma")
            history = self._histories[slot]
            history.push(rings)
            tiles += [
                network_tile(self._state, slot, one),
                Tile(
                    _shrunk(colourise(one.spectrum.power_db, low, high, "magma"), side),
                    note=f"power, {low:.0f} … {high:.0f} dB",
                    smooth=True,
                ),
                Tile(
                    _resampled(history, side, SLIT_ASPECT * side),
                    note=f"0 … {one.spectrum.rate / 2:.0f} cycles per picture upwards, "
                    "time to the right",
                    smooth=True,
                ),
            ]
        return tiles


def drawn_networks(result: Result) -> Sequence[NetworkResult]:
    """Return the networks' results, all with a picture.

    Raises:
        ValueError: one of them could not be drawn.
    """
    for one in result.networks:
        if one.error or one.picture is None:
            raise ValueError(f"{bundled.label(one.source)}: {one.error or 'no picture'}")
    return result.networks


def picture_of(drawn: NetworkResult) -> NDArray[np.uint8]:
    """A network's picture, [height, width, 4] uint8."""
    assert drawn.picture is not None  # `drawn_networks` has looked
    return drawn.picture


def network_tile(state: AppState, slot: int, drawn: NetworkResult, *, letter: bool = True) -> Tile:
    """A network's picture with its name, kind and equivariance."""
    network, summary = state.networks[slot], drawn.summary
    facts = ""
    if summary is not None:
        told = summary.equivariance_db
        measured = [f"{name} {db:.1f} dB" for name, db in told if name != "EQ-T_frac"]
        kind = KIND_NAMES.get(summary.kind, summary.kind)
        chosen = [class_text(state.latent_of(slot))] if summary.c_dim else []
        facts = " · ".join((kind, summary.size_text, *chosen, *measured))
    return Tile(
        picture_of(drawn),
        title=network.label or bundled.label(network.source),
        letter=LETTERS[slot] if letter else "",
        facts=facts,
        colour=SLOT_COLOURS[slot],
    )


def shown_tiles(state: AppState, result: Result) -> list[Tile]:
    """The pictures of a result, in their slots; a network in trouble leaves its place.

    Empty where there is no picture at all. A result may be older than the state, and of networks
    that have been closed since.
    """
    drawn = result.networks[: len(state.networks)]
    if all(one.picture is None for one in drawn):
        return []
    return [
        network_tile(state, slot, one) if one.picture is not None else Tile(None)
        for slot, one in enumerate(drawn)
    ]


def side_by_side(tiles: Sequence[Tile]) -> NDArray[np.uint8]:
    """Tiles, at least one of them with a picture, beside each other in a frame of 1080 lines."""
    return Composer(len(tiles), size="1080p").compose(tiles)


def _difference_tile(first: int, second: int, one: NetworkResult, other: NetworkResult) -> Tile:
    level = difference_db(picture_of(one), picture_of(other))
    mean = mean_db(level)
    return Tile(
        colourise(level, *DIFFERENCE_DB, "magma"),
        title=f"{LETTERS[first]} − {LETTERS[second]}",
        facts=f"{DIFFERENCE_DB[0]:.0f} … {DIFFERENCE_DB[1]:.0f} dB",
        note=f"mean {mean:.1f} dB" if mean is not None else "mean  –",
    )


def _shown_slot(state: AppState) -> int:
    """The network in focus, or the first one."""
    return state.view.focus if 0 <= state.view.focus < len(state.networks) else 0


def alone(state: AppState, slot: int) -> AppState:
    """The state with one of its networks only, where that one stands, in its motion."""
    network = state.networks[slot]
    inputs, own = ("latent.", "transform."), f"networks.{slot}.own."
    motions = state.motions
    if network.own is not None:
        motions = [
            replace(motion, field=motion.field.removeprefix(own))
            for motion in motions
            if not motion.field.startswith(inputs)
        ]
    elsewhere = tuple(f"networks.{other}." for other in range(len(state.networks)) if other != slot)
    mine = f"networks.{slot}."
    return replace(
        state,
        networks=[replace(network, own=None)],
        latent=state.latent_of(slot),
        transform=state.transform_of(slot),
        motions=[
            replace(motion, field=motion.field.replace(mine, "networks.0.", 1))
            if motion.field.startswith(mine)
            else motion
            for motion in motions
            if not motion.field.startswith(elsewhere)
        ],
        timeline=replace(state.timeline, on=state.timeline.on and network.own is None),
    )


def _resting(state: AppState) -> Request:
    """The request of a state in which nothing moves."""
    return replace(request_for(state, maps=False, spectrum=False), precision="fp32")


def _at_seeds(request: Request, seeds: Seeds) -> Request:
    """A request with other seeds, and their weights, at its place."""
    place = request.place
    latent: LatentPoint = replace(place.latent, seeds=seeds, given=None)
    return replace(request, place=replace(place, latent=latent))


def _seeds_from(state: AppState, count: int) -> list[int]:
    """Return `count` seeds from the place on; seed 0 follows the last one."""
    first = seed_at(state.latent.x, state.latent.y)
    return [(first + offset) % SEED_COUNT for offset in range(count)]


def _along(path: Sequence[int], phase: float) -> Seeds:
    """Return the weighted seeds at a phase, 0 … 1, of the closed path through seeds."""
    if len(path) == 1:
        return ((path[0], 1.0),)
    timeline = timeline_through(path, float(len(path)))
    return seeds_at(timeline, phase * length_s(timeline))


def _seeds_text(path: Sequence[int]) -> str:
    if len(path) == 1:
        return f"seed {path[0]}"
    named = ", ".join(map(str, path[:4]))
    return f"seeds {named}{', …' if len(path) > 4 else ''}"


def class_text(latent: LatentState) -> str:
    """Return the class that is drawn as text, as in `class 3`."""
    classes = blended_classes(latent)
    if not classes:
        return "the class of each seed"
    if len(classes) == 1:
        return f"class {classes[0][0]}"
    return "classes " + " and ".join(f"{index} ({weight:.0%})" for index, weight in classes)


def _resampled(slit: SlitScan, height: int, columns: int) -> NDArray[np.uint8]:
    """All of a slit image at a size, each column the nearest."""
    whole = slit.whole
    assert whole is not None  # a column has been pushed
    rows = (np.arange(height) + 0.5) * whole.shape[0] / height
    across = (np.arange(columns) + 0.5) * whole.shape[1] / columns
    picked: NDArray[np.uint8] = whole[np.ix_(rows.astype(np.intp), across.astype(np.intp))]
    return picked


def _shrunk(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """A square picture, averaged over blocks down to about a side."""
    step = max(1, picture.shape[0] // side)
    size = picture.shape[0] // step * step
    blocks = picture[:size, :size].reshape(size // step, step, size // step, step, 3)
    averaged: NDArray[np.uint8] = blocks.mean((1, 3)).astype(np.uint8)
    return averaged


def _columns_for(count: int) -> int:
    """Columns of a grid that is about as wide as a film."""
    return max(1, round(math.sqrt(count * 16 / 9)))


def _filled(tiles: list[Tile], columns: int) -> list[Tile]:
    return [*tiles, *(Tile(None) for _ in range(-len(tiles) % columns))]
