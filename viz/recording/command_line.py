"""Films and pictures without a window: `python -m viz.recording --help` lists what can be made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from tyro.conf import OmitArgPrefixes, Positional, arg

from generator.command_line import run_command
from generator.commands.pictures import parse_seeds
from generator.drawing.poster import parse_size
from viz.export.film import checked
from viz.recording.options import line_from, motion_from, timeline_through, waypoints_from
from viz.recording.record import Recorded, record
from viz.recording.scenes import Scene, scene_of
from viz.state.app_state import AppState
from viz.state.flight import flight_through
from viz.state.inputs import MAX_NETWORKS, SEEDS_PER_ROW, NetworkSlot
from viz.state.ranges import limits
from viz.state.recording import STILLS, RecordingState, Subject
from viz.storage import bundled
from viz.storage.session_files import read_session

_Networks = Positional[Annotated[tuple[str, ...], arg(metavar="NETWORK …")]]
_Network = Positional[Annotated[str, arg(metavar="NETWORK")]]


@dataclass(frozen=True)
class Look:
    """Where it goes, and what it looks like."""

    out: Path
    """File to write: .mp4, .webm, .gif, or no ending for a folder of PNG pictures; stills .png."""
    size: Literal["native", "1080p"] = "1080p"
    """native: pixel for pixel, times --scale."""
    scale: int = 1
    """Whole-number enlargement of native pictures."""
    titles: bool = True
    """Write name, kind and equivariance above each network's picture."""
    overwrite: bool = False
    """Replace a file that is there already."""
    seed: int = bundled.STARTING_SEED
    """The place everything starts from."""
    psi: float = 1.0
    """Truncation."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:N or mps."""

    def state(self, networks: tuple[str, ...], subject: Subject) -> AppState:
        """The state that a command stands for, its motion aside."""
        if not 1 <= len(networks) <= MAX_NETWORKS:
            raise ValueError(f"name 1 to {MAX_NETWORKS} networks, got {len(networks)}")
        state = AppState(networks=[NetworkSlot(source) for source in networks])
        state.latent.y, state.latent.x = map(float, divmod(self.seed, SEEDS_PER_ROW))
        state.truncation.psi = self.psi
        state.performance.device = self.device
        recording = state.recording
        recording.subject, recording.titles = subject, self.titles
        recording.size, recording.scale = self.size, _in_range("scale", self.scale)
        return state


@dataclass(frozen=True)
class Motion:
    """How long it is, and what moves; nothing named: the walk."""

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
        recording.frames, recording.fps = _in_range("frames", self.frames), self.fps
        walk = self.walk
        if (self.walk, self.shift, self.turn, self.through) == (None,) * 4:
            walk = "on"
        recording.motion = motion_from(
            walk=walk, shift=self.shift, turn=self.turn, easing=self.easing, frames=self.frames
        )
        if self.through is not None:
            state.timeline = timeline_through(parse_seeds(self.through))
            recording.motion.keyframes = True


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
    network: _Network, look: _Look, motion: _Motion, *, columns: int = 4, rows: int = 3
) -> None:
    """A film of many seeds in a grid, all on the same walk.

    Args:
        network: Network file, run folder or bundled:NAME.
        look: Where it goes, and what it looks like.
        motion: How long it is, and what moves.
        columns: Of the grid.
        rows: Of the grid.
    """
    state = look.state((network,), "grid")
    motion.set(state)
    _set_grid(state, columns, rows)
    _run(state, look)


def sheet(network: _Network, look: _Look, *, columns: int = 8, rows: int = 4) -> None:
    """A picture (.png) of many seeds in a grid, from --seed on.

    Args:
        network: Network file, run folder or bundled:NAME.
        look: Where it goes, and what it looks like.
        columns: Of the grid.
        rows: Of the grid.
    """
    state = look.state((network,), "seeds")
    _set_grid(state, columns, rows)
    _run(state, look)


def mix(
    network: _Network,
    look: _Look,
    *,
    layers: str,
    other: int = 100,
    columns: int = 6,
    rows: int = 4,
) -> None:
    """A picture (.png) of a style-mixing matrix: chosen layers take the column's seed.

    Args:
        network: Network file, run folder or bundled:NAME.
        look: Where it goes, and what it looks like.
        layers: Entries of ws that take the column's seed, like 0-3 or 4,5,9.
        other: Seed of the first column.
        columns: Seeds across, from --other on.
        rows: Seeds down, from --seed on.
    """
    state = look.state((network,), "mix")
    state.style_mix.layers = parse_seeds(layers)
    state.style_mix.seed = other
    _set_grid(state, columns, rows)
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
    device: str = "auto",
    overwrite: bool = False,
) -> None:
    """A film of a flight over the endless plane that a network draws.

    Args:
        network: Network file, run folder or bundled:NAME.
        out: File to write: .mp4, .webm, .gif, or no ending for a folder of PNG pictures.
        through: Places on the plane, like "0,0 3,-1,512 5,2,256,90,17": x and y in picture widths,
            then, where they are to change, the pixels that a picture is wide, the turn in degrees,
            and the seed.
        session: Instead of places: a session whose timeline leads over the atlas.
        leg: Seconds from one place to the next.
        closed: Lead back to the first place, so that the film can be repeated.
        size: HEIGHTxWIDTH of the film.
        fps: Frames a second.
        psi: Truncation.
        device: auto, cpu, cuda, cuda:N or mps.
        overwrite: Replace a file that is there already.
    """
    if (through is None) == (session is None):
        raise ValueError("give either --through with places, or --session with a timeline")
    state = AppState() if session is None else read_session(session).state
    state.networks = [NetworkSlot(network)]
    if through is not None:
        state.truncation.psi, state.performance.device = psi, device
        state.timeline = flight_through(waypoints_from(through), leg, closed=closed)
    height, width = parse_size(size)
    from viz.recording.flight import film_flight  # torch takes seconds, mistakes are told before
    from viz.render.renderer import Renderer

    columns = (BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    steps = film_flight(state, out, Renderer(), size=(height, width), fps=fps, overwrite=overwrite)
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(out.name, total=None)
        for done in steps:
            progress.update(task, total=done.total, completed=done.rendered)
    print(f"wrote {out}")


def session(file: Positional[Path], *, out: Path, overwrite: bool = False) -> None:
    """Record again what a session, or a film or picture that carries one, describes.

    Args:
        file: Session (.json), or a film or picture recorded here.
        out: File to write.
        overwrite: Replace a file that is there already.
    """
    state = read_session(file).state
    _record(state, out, overwrite=overwrite)


def _run(state: AppState, look: Look) -> None:
    _record(state, look.out, overwrite=look.overwrite)


def checked_scene(state: AppState, out: Path) -> Scene:
    """The scene that is to be recorded, if it fits the file.

    Raises:
        ValueError: it does not, or there is nothing to record.
    """
    checked(out, still=state.recording.subject in STILLS)
    return scene_of(state)


def _record(state: AppState, out: Path, *, overwrite: bool) -> None:
    """Record with a bar that says how long it takes yet, then what has been written."""
    checked_scene(state, out)
    from viz.render.renderer import Renderer  # torch takes seconds, and mistakes are told before

    columns = (BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    last: Recorded | None = None
    steps = record(state, out, Renderer(), overwrite=overwrite)
    try:
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(out.name, total=None)
            for last in steps:
                progress.update(task, total=last.total, completed=last.rendered)
    except KeyboardInterrupt:
        steps.close()
        raise ValueError(f"stopped; {_left(last)}") from None
    if last is not None:
        print(last.message)


def _left(last: Recorded | None) -> str:
    """What an interrupted recording has left."""
    kept = last is not None and Path(last.path).exists()
    return f"{last.path} holds what was encoded" if kept and last else "nothing was kept"


def _in_range(name: str, value: int) -> int:
    low, high = limits(RecordingState, name)
    if not low <= value <= high:
        raise ValueError(f"--{name} must be {low:.0f} to {high:.0f}, got {value}")
    return value


def _set_grid(state: AppState, columns: int, rows: int) -> None:
    state.recording.columns = _in_range("columns", columns)
    state.recording.rows = _in_range("rows", rows)


def _set_line(state: AppState, text: str) -> None:
    scan = state.slit_scan
    scan.x0, scan.y0, scan.x1, scan.y1 = line_from(text)


def main() -> int:
    """Run the command on the command line; 1 when it could not be done."""
    return run_command(_read_and_run)


def _read_and_run() -> int:
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
