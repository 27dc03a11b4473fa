"""Films and pictures without a window: `python -m viz.recording --help` lists what can be made."""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro
from tyro.conf import OmitArgPrefixes, Positional, arg

from generator.command_line import run_command
from generator.drawing.poster import parse_size
from viz.export.film import checked
from viz.recording.console import finish
from viz.recording.options import (
    in_range,
    layers_from,
    line_from,
    seeds_from,
    set_classes,
    set_motion,
    set_seed,
    waypoints_from,
)
from viz.recording.record import record
from viz.recording.scenes import Scene, class_text, scene_of, subject_of
from viz.state.animation import moves
from viz.state.app_state import AppState, KeyframeState
from viz.state.flight import flight_through
from viz.state.inputs import (
    MAX_NETWORKS,
    NetworkSlot,
    StyleMixState,
    TruncationState,
)
from viz.state.recording import FRAMES, STILLS, UNMOVED, Quality, RecordingState, Size, Subject
from viz.state.timeline import length_s, timeline_through
from viz.state.to_request import request_for
from viz.storage import bundled
from viz.storage.session_files import read_session

if TYPE_CHECKING:
    from viz.render.renderer import Renderer

_Networks = Positional[Annotated[tuple[str, ...], arg(metavar="NETWORK …")]]
_Network = Positional[Annotated[str, arg(metavar="NETWORK")]]


@dataclass(frozen=True)
class Look:
    """File that is written, and the look of its pictures."""

    out: Path
    """File to write: .mp4, .webm, .mov, .gif, or no ending for PNG pictures; stills .png."""
    size: Size = "1080p"
    """native: pixel for pixel, times --scale; 2160p: 4K; square: 1080 × 1080; portrait:
    1080 × 1920."""
    scale: int = 1
    """Whole-number enlargement of native pictures."""
    smooth: bool = False
    """Enlarge pictures smoothly instead of showing their pixels as squares."""
    quality: Quality = "good"
    """Fidelity of a film to its frames: small, good or best; better films are larger."""
    titles: bool = True
    """Write name, kind and equivariance above each network's picture."""
    overwrite: bool = False
    """Replace a file that is there already."""
    seed: int = bundled.STARTING_SEED
    """The place everything starts from."""
    psi: float = 1.0
    """Truncation."""
    label: str | None = None
    """Class that networks with classes draw, by default 0: its number, several that are blended as
    in 3:0.7,5:0.2,8:0.1, or seed for the class that each seed chooses."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:N or mps."""

    def state(self, networks: tuple[str, ...], subject: Subject) -> AppState:
        """Return the state that a command stands for, apart from its motion."""
        if not 1 <= len(networks) <= MAX_NETWORKS:
            raise ValueError(f"name 1 to {MAX_NETWORKS} networks, got {len(networks)}")
        state = AppState(networks=[NetworkSlot(source) for source in networks])
        set_seed(state.latent, self.seed)
        state.truncation.psi = in_range("--psi", self.psi, TruncationState, "psi")
        state.performance.device = self.device
        recording = state.recording
        recording.subject, recording.titles = subject, self.titles
        recording.size, recording.smooth, recording.quality = self.size, self.smooth, self.quality
        recording.scale = in_range("--scale", self.scale, RecordingState, "scale")
        return state


@dataclass(frozen=True)
class Motion:
    """Length and motion; without any motion, the walk."""

    frames: int = 240
    """Length; the film closes, so that it can be repeated without a seam."""
    fps: Literal[25, 30, 60] = 30
    """Frames a second."""
    walk: str | None = None
    """Closed random walk in W: on, or radius=0.5 (in deviations of W), period=240 (in frames),
    waves=3 (1: a circle), seed=0."""
    shift: str | None = None
    """Move the input: on, or x=0.25,y=0 (in fractions of the picture), period=…,
    path=line or circle."""
    turn: str | None = None
    """Turn the input: on (once all round), or degrees=30 (there and back), period=…"""
    through: str | None = None
    """Lead through seeds, like 3,17,42, and back to the first."""
    easing: Literal["steady", "smooth"] = "steady"
    """smooth: at rest where each round begins."""

    def set(self, state: AppState) -> None:
        """Put the motion into a state."""
        recording = state.recording
        recording.frames = in_range("--frames", self.frames, RecordingState, "frames")
        recording.fps = self.fps
        walk = self.walk
        if (self.walk, self.shift, self.turn, self.through) == (None,) * 4:
            walk = "on"
        set_motion(state, walk=walk, shift=self.shift, turn=self.turn, easing=self.easing)
        if self.through is not None:
            seeds = seeds_from(self.through, "--through")
            state.timeline = timeline_through(seeds, recording.frames / recording.fps)


_Look = OmitArgPrefixes[Look]
_Motion = OmitArgPrefixes[Motion]


def compare(
    networks: _Networks,
    look: _Look,
    motion: _Motion,
    *,
    difference: bool = False,
    slit: str | None = None,
) -> None:
    """A film of one to four networks beside each other, all in the same motion.

    Args:
        networks: Network files, run folders or bundled:NAME.
        look: Where it goes, and what it looks like.
        motion: How long it is, and what moves.
        difference: Add pictures of how the others differ from the first.
        slit: Add slit scans: column, row, or a line as x0,y0,x1,y1 in fractions of the picture.
    """
    state = look.state(networks, "compare")
    motion.set(state)
    state.recording.difference = difference
    if slit is not None:
        state.recording.slit = True
        _set_line(state, slit)
    _run(state, look)


def slit_scan(networks: _Networks, look: _Look, motion: _Motion, *, line: str = "column") -> None:
    """The slit scan of a motion as a picture (.png), with the share that sticks to the pixels.

    Args:
        networks: Network files, run folders or bundled:NAME.
        look: Where it goes, and what it looks like.
        motion: How long it is, and what moves.
        line: column, row, or a line as x0,y0,x1,y1 in fractions of the picture.
    """
    state = look.state(networks, "slit")
    motion.set(state)
    _set_line(state, line)
    _run(state, look)


def walk(
    network: _Network,
    look: _Look,
    motion: _Motion,
    *,
    columns: int = 4,
    rows: int = 3,
    seeds: str | None = None,
    shuffle: int | None = None,
) -> None:
    """A film of many seeds in a grid, all on the same walk, or each on a path of its own.

    Args:
        network: Network file, run folder or bundled:NAME.
        look: Where it goes, and what it looks like.
        motion: How long it is, and what moves.
        columns: Of the grid.
        rows: Of the grid.
        seeds: Like 0-11 or 3,17,40-49, instead of those from --seed on. Of a multiple of the
            pictures each picture takes as many, and leads through them and back to its first.
        shuffle: Seed by which --seeds are put into another order.
    """
    state = look.state((network,), "grid")
    motion.set(state)
    _set_grid(state, columns, rows)
    _set_seeds(state, seeds, shuffle)
    if len(state.recording.seeds) > columns * rows and motion.walk is None:
        state.latent.walk = False
    _run(state, look)


def sheet(
    network: _Network,
    look: _Look,
    *,
    columns: int = 8,
    rows: int = 4,
    seeds: str | None = None,
    shuffle: int | None = None,
) -> None:
    """A picture (.png) of many seeds in a grid, from --seed on.

    Args:
        network: Network file, run folder or bundled:NAME.
        look: Where it goes, and what it looks like.
        columns: Of the grid.
        rows: Of the grid.
        seeds: Like 0-31 or 3,17,40-49, one for each picture.
        shuffle: Seed by which --seeds are put into another order.
    """
    state = look.state((network,), "seeds")
    _set_grid(state, columns, rows)
    _set_seeds(state, seeds, shuffle)
    _run(state, look)


def mix(
    network: _Network,
    look: _Look,
    *,
    layers: str,
    other: int = 100,
    columns: int = 6,
    rows: int = 4,
    column_seeds: str | None = None,
    row_seeds: str | None = None,
) -> None:
    """A picture (.png) of a style-mixing matrix: chosen layers take the column's seed.

    Args:
        network: Network file, run folder or bundled:NAME.
        look: Where it goes, and what it looks like.
        layers: Entries of ws that take the column's seed, like 0-3 or 4,5,9.
        other: Seed of the first column.
        columns: Seeds across, from --other on.
        rows: Seeds down, from --seed on.
        column_seeds: Like 55,821,1789 or 0-5: the seeds across, however many.
        row_seeds: Likewise the seeds down.
    """
    state = look.state((network,), "mix")
    state.style_mix.layers = layers_from(layers)
    state.style_mix.seed = in_range("--other", other, StyleMixState, "seed")
    recording = state.recording
    if column_seeds is not None:
        recording.column_seeds = seeds_from(column_seeds, "--column-seeds")
    if row_seeds is not None:
        recording.seeds = seeds_from(row_seeds, "--row-seeds")
    _set_grid(state, len(recording.column_seeds) or columns, len(recording.seeds) or rows)
    _run(state, look)


def layers(network: _Network, look: _Look, motion: _Motion, *, layer: str = "") -> None:
    """A film of what a network's layers hold.

    Args:
        network: Network file, run folder or bundled:NAME.
        look: Where it goes, and what it looks like.
        motion: How long it is, and what moves.
        layer: Channels of this one layer; not named: one channel of every layer.
    """
    state = look.state((network,), "layers")
    motion.set(state)
    state.recording.layer = layer
    _run(state, look)


def spectrum(networks: _Networks, look: _Look, motion: _Motion) -> None:
    """A film of the power spectra of networks' pictures, and how they change over time.

    Args:
        networks: Network files, run folders or bundled:NAME.
        look: Where it goes, and what it looks like.
        motion: How long it is, and what moves.
    """
    state = look.state(networks, "spectrum")
    motion.set(state)
    _run(state, look)


def flight(
    network: _Network,
    *,
    out: Path,
    through: str | None = None,
    session: Path | None = None,
    leg: float = 4.0,
    closed: bool = False,
    size: str = "720x1280",
    fps: Literal[25, 30, 60] = 30,
    psi: float = 1.0,
    label: str | None = None,
    smooth: bool = False,
    quality: Quality = "good",
    device: str = "auto",
    overwrite: bool = False,
) -> None:
    """A film of a flight over the endless plane that a network draws.

    Args:
        network: Network file, run folder or bundled:NAME.
        out: File to write: .mp4, .webm, .mov, .gif, or no ending for a folder of PNG pictures.
        through: Places on the plane, like "0,0 3,-1,512 5,2,256,90,17": x and y in picture widths,
            then, where they are to change, the pixels that a picture is wide, the turn in degrees,
            and the seed.
        session: Instead of places: a session whose timeline leads over the atlas.
        leg: Seconds from one place to the next.
        closed: Lead back to the first place, so that the film can be repeated.
        size: HEIGHTxWIDTH of the film, or 1080p, 2160p, square or portrait.
        fps: Frames a second.
        psi: Truncation.
        label: Class, as for the other commands.
        smooth: Enlarge smoothly where the film has more pixels than the network; else those are
            squares.
        quality: Fidelity of the film to its frames: small, good or best.
        device: auto, cpu, cuda, cuda:N or mps.
        overwrite: Replace a file that is there already.
    """
    if (through is None) == (session is None):
        raise ValueError("give either --through with places, or --session with a timeline")
    state = AppState() if session is None else read_session(session).state
    state.networks = [NetworkSlot(network)]
    if through is not None:
        state.truncation.psi = in_range("--psi", psi, TruncationState, "psi")
        state.performance.device = device
        leg = in_range("--leg", leg, KeyframeState, "at_s")
        if leg <= 0:
            raise ValueError(f"--leg must be more than 0 seconds, got {leg:g}")
        state.timeline = flight_through(waypoints_from(through), leg, closed=closed)
    timeline, recording = state.timeline, state.recording
    timeline.on, timeline.moves_atlas, timeline.position_s = True, True, 0.0
    recording.subject, recording.fps, recording.quality = "flight", fps, quality
    recording.smooth = smooth
    if length_s(timeline):
        recording.frames = max(1, round(length_s(timeline) * fps))
    height, width = FRAMES[size][::-1] if size in FRAMES else parse_size(size)
    checked(out, still=False, overwrite=overwrite)
    from viz.recording.flight import film_flight  # torch takes seconds, mistakes are told before
    from viz.render.renderer import Renderer

    renderer = Renderer()
    _choose_classes(state, renderer, label)
    print(
        finish(
            film_flight(state, out, renderer, size=(height, width), overwrite=overwrite),
            out,
        )
    )


def session(
    file: Positional[Path], *, out: Path, label: str | None = None, overwrite: bool = False
) -> None:
    """Record again what a session, or a film or picture that carries one, describes.

    Args:
        file: Session (.json), or a film or picture recorded here.
        out: File to write.
        label: Another class than the session's, as for the other commands.
        overwrite: Replace a file that is there already.
    """
    state = read_session(file).state
    if not moves(state) and state.recording.subject not in UNMOVED:
        set_motion(state, walk="on", shift=None, turn=None, easing=state.easing)
    _record(state, out, overwrite=overwrite, label=label)


def _run(state: AppState, look: Look) -> None:
    _record(state, look.out, overwrite=look.overwrite, label=look.label)


def checked_scene(state: AppState, out: Path, *, overwrite: bool) -> Scene:
    """Return the scene to record, if it fits the file.

    Raises:
        ValueError: it does not, or there is nothing to record.
        OSError: something is there that is not to be replaced.
    """
    checked(out, still=state.recording.subject in STILLS, overwrite=overwrite)
    return scene_of(state)


def _record(state: AppState, out: Path, *, overwrite: bool, label: str | None) -> None:
    """Record with a bar that says how long it takes yet, then say what has been written."""
    flies = subject_of(state) == "flight"
    if flies:
        checked(out, still=False, overwrite=overwrite)
    else:
        checked_scene(state, out, overwrite=overwrite)
    from viz.recording.flight import film_flight
    from viz.render.renderer import Renderer  # torch takes seconds, and mistakes are told before

    renderer = Renderer()
    _choose_classes(state, renderer, label)
    write = film_flight if flies else record
    print(finish(write(state, out, renderer, overwrite=overwrite), out))


def _choose_classes(state: AppState, renderer: Renderer, label: str | None) -> None:
    """Take the class of the command line; where it names none, say which is drawn.

    Raises:
        ValueError: it names a class that a network lacks, or a network cannot be read.
    """
    counts = [count for count in renderer.class_counts(request_for(state)) if count]
    if label is not None:
        set_classes(state.latent, label, min(counts, default=0))
    elif counts:
        print(f"drawing {class_text(state.latent)} of {min(counts)}; see --label", file=sys.stderr)


def _set_grid(state: AppState, columns: int, rows: int) -> None:
    state.recording.columns = in_range("--columns", columns, RecordingState, "columns")
    state.recording.rows = in_range("--rows", rows, RecordingState, "rows")


def _set_seeds(state: AppState, seeds: str | None, shuffle: int | None) -> None:
    """Take the seeds of a grid from the command line, in another order if that is wanted."""
    if seeds is None:
        if shuffle is not None:
            raise ValueError("--shuffle needs --seeds")
        return
    chosen = seeds_from(seeds, "--seeds")
    if shuffle is not None:
        random.Random(shuffle).shuffle(chosen)
    state.recording.seeds = chosen


def _set_line(state: AppState, text: str) -> None:
    scan = state.slit_scan
    scan.x0, scan.y0, scan.x1, scan.y1 = line_from(text)


def main() -> int:
    """Run the command on the command line; returns the exit code."""
    return run_command(_run_commands)


def _run_commands() -> int:
    tyro.extras.subcommand_cli_from_dict(
        {
            "compare": compare,
            "flight": flight,
            "layers": layers,
            "mix": mix,
            "session": session,
            "sheet": sheet,
            "slit-scan": slit_scan,
            "spectrum": spectrum,
            "walk": walk,
        },
        prog="python -m viz.recording",
    )
    return 0
