"""Renders a scene and hands its frames to a file: encoding goes on while the next is rendered."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from viz.export.codecs import KEEP_OPACITY
from viz.export.film import Film
from viz.recording.compose import Composer
from viz.recording.scenes import Scene, scene_of
from viz.state.recording import STILLS, RecordingState
from viz.storage.session import session_text

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from viz.protocol.request import Request
    from viz.protocol.result import Result
    from viz.state.app_state import AppState

QUEUED_FRAMES = 4
"""Rendered frames that may wait for the encoder; then rendering waits."""


class Renders(Protocol):
    """Renders requests, as `viz.render.renderer.Renderer` does."""

    def render(self, request: Request) -> Result:
        """Render a request."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Progress of a recording."""

    rendered: int
    """Pictures requested and rendered so far."""
    total: int
    """Number of pictures in all."""
    frames: int
    """Frames that are with the encoder."""
    path: str
    """The file as it is called now."""
    bytes_written: int
    message: str = ""
    """Outcome as a sentence, at the end; empty before."""


def record(
    state: AppState, path: Path, renderer: Renders, *, overwrite: bool = False
) -> Generator[Recorded, None, None]:
    """Record what a state's `recording` describes; each step renders one request.

    Closing the iterator early leaves what has been encoded (see `viz.export.film`).

    Args:
        state: Goes into the file as its session; not changed.
        path: Where to; its ending decides over the format.
        renderer: Draws.
        overwrite: Replace what is there.

    Raises:
        ValueError: there is nothing to record, or a network cannot be drawn.
        OSError: the file cannot be written; the message says what is left of it.
    """
    scene, recording = scene_of(state), state.recording
    still = recording.subject in STILLS
    opacity = path.suffix.lower() in KEEP_OPACITY
    film = Film(
        path,
        fps=recording.fps,
        session=session_text(state),
        still=still,
        overwrite=overwrite,
        quality=recording.quality,
    )
    total = 0
    rendered = 0
    try:
        with film, Encoding(film, scene, recording) as encoding:
            for index in range(scene.frame_count):
                requests = scene.requests(index)
                total = total or len(requests) * scene.frame_count
                results = []
                for request in requests:
                    results.append(renderer.render(replace(request, opacity=opacity)))
                    rendered += 1
                    yield Recorded(rendered, total, index, str(film.draft), film.bytes_written)
                encoding.hand_over(index, results)
    except OSError as error:
        raise broken_off(film, error) from error
    size = path.stat().st_size if path.is_file() else 0
    yield Recorded(rendered, total, film.frames, str(path), size, str(film.outcome))


def broken_off(film: Film, error: OSError) -> OSError:
    """Return the error that tells the user what is left of a film that broke off."""
    reason = error.strerror or str(error)
    return OSError(f"{film.path.name} broke off ({reason}); {film.outcome}")


class Encoding:
    """Composes and encodes frames in a thread of its own, in order.

    Args:
        film: Takes them.
        scene: Makes tiles of results.
        recording: Size and titles.
    """

    def __init__(self, film: Film, scene: Scene, recording: RecordingState) -> None:
        self._film = film
        self._scene = scene
        self._recording = recording
        self._only_last = recording.subject in STILLS
        self._composer: Composer | None = None
        self._pool = ThreadPoolExecutor(1, "encoder")
        self._queue: deque[Future[None]] = deque()

    def hand_over(self, index: int, results: list[Result]) -> None:
        """Queue a frame; waits while too many do already.

        Raises:
            ValueError, OSError: an earlier frame could not be made or written.
        """
        self._queue.append(self._pool.submit(self._write, index, results))
        while len(self._queue) > QUEUED_FRAMES or (self._queue and self._queue[0].done()):
            self._queue.popleft().result()

    def __enter__(self) -> Encoding:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=kind is not None)
        while self._queue and kind is None:
            self._queue.popleft().result()

    def _write(self, index: int, results: list[Result]) -> None:
        tiles = self._scene.tiles(index, results)
        if self._only_last and index + 1 < self._scene.frame_count:
            return
        if self._composer is None:
            recording = self._recording
            self._composer = Composer(
                self._scene.columns,
                size=recording.size,
                scale=recording.scale,
                smooth=recording.smooth,
                titles=recording.titles,
            )
        self._film.add(self._composer.compose(tiles))
