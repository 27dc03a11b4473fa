"""Films of flights over the atlas: each frame is drawn anew, at its very place and turn.

Nothing is put together of tiles that lie elsewhere: the input is moved by fractions of a pixel, as
only a network without aliasing can follow. Where a frame shows fewer pixels of the network than it
has, they are enlarged as the recording says; more are never drawn than it has.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image

from generator.drawing.poster import Poster
from viz.export.codecs import KEEP_OPACITY
from viz.export.film import Film
from viz.protocol.transforms import inverse_of
from viz.recording.record import Recorded, broken_off
from viz.render.feature_maps import shown_colours
from viz.state.animation import moves
from viz.state.flight import atlas_shown
from viz.state.recording import FRAMES
from viz.state.to_request import moment_of, request_for
from viz.storage.session import session_text

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from numpy.typing import NDArray

    from viz.render.renderer import Renderer
    from viz.state.app_state import AppState
NATIVE_FRAME = (1280, 720)
"""Width and height of a flight's frames at native size: the plane has no size of its own."""
MOST_PX = 8192
"""Longest side of a film's frame."""


def draw_view(
    state: AppState,
    size: tuple[int, int],
    renderer: Renderer,
    slot: int = 0,
    *,
    smooth: bool = True,
    opacity: bool = False,
) -> NDArray[np.uint8]:
    """Draw a network's plane as the atlas shows it, without tiles: [height, width, 3 or 4].

    Args:
        state: Says where one looks, and on what; `AtlasState.picture_px` counts in pixels of the
            frame.
        size: Height and width in pixels.
        renderer: Draws.
        slot: Of the network.
        smooth: Enlarge bicubically where a frame shows fewer pixels of the network than it has;
            else those are squares.
        opacity: Keep the opacity that the network draws, in a fourth channel.

    Raises:
        ValueError: the network cannot be drawn.
    """
    net, ws, edits = renderer.latents(request_for(state), slot)
    atlas = state.atlas
    zoom = max(1.0, atlas.picture_px / net.resolution)
    height, width = (math.ceil(length / zoom) + 2 for length in size)
    shrink = min(1.0, atlas.picture_px / net.resolution)
    drawn_size = (math.ceil(height / shrink), math.ceil(width / shrink))
    turn = inverse_of(shift=(0.0, 0.0), angle_rad=atlas.angle_rad, shear=0.0, scale=1.0)
    matrix = torch.tensor(turn, dtype=torch.float64).view(3, 3)
    matrix[0, 2], matrix[1, 2] = atlas.x, atlas.y
    poster = Poster(
        net,
        ws,
        drawn_size,
        transform=matrix,
        precision=state.performance.precision,
        noise=state.latent.noise,
        edits=edits,
    )
    pixels = torch.cat(list(poster.strips())).numpy()
    image = Image.fromarray(pixels if opacity and net.img_channels == 4 else shown_colours(pixels))
    # Odd and even sizes have their middles half a pixel apart.
    x, y = drawn_size[1] // 2, drawn_size[0] // 2
    across, down = (length / (zoom * shrink) / 2 for length in (size[1], size[0]))
    box = (x - across, y - down, x + across, y + down)
    enlarges = zoom > 1 and not smooth
    kernel = Image.Resampling.NEAREST if enlarges else Image.Resampling.BICUBIC
    return np.asarray(image.resize((size[1], size[0]), kernel, box))


def film_flight(
    state: AppState,
    path: Path,
    renderer: Renderer,
    *,
    size: tuple[int, int] | None = None,
    overwrite: bool = False,
) -> Generator[Recorded, None, None]:
    """Write what the atlas shows as a state moves; each step is a frame.

    Closing the iterator early leaves what has been encoded (see `viz.export.film`).

    Args:
        state: Its `recording` says how long and in which size; its first network is shown. It
            goes into the film as its session.
        path: Where to; its ending decides over the format.
        renderer: Draws.
        size: Height and width in pixels; None: those of the recording.
        overwrite: Replace what is there.

    Raises:
        ValueError: nothing moves, the size is none, or the network cannot be drawn.
        OSError: the film cannot be written; the message says what is left of it.
    """
    recording, smooth = state.recording, state.recording.smooth
    size = size or FRAMES.get(recording.size, NATIVE_FRAME)[::-1]
    if not moves(state):
        raise ValueError("nothing is set to move: store two places on the timeline first")
    if not all(2 <= side <= MOST_PX for side in size):
        raise ValueError(f"a film has 2 to {MOST_PX} pixels a side, got {size[0]} × {size[1]}")
    total, opacity = recording.frames, path.suffix.lower() in KEEP_OPACITY
    film = Film(
        path,
        fps=recording.fps,
        session=session_text(state),
        overwrite=overwrite,
        quality=recording.quality,
    )
    try:
        with film:
            for index in range(total):
                moment = view_at(state, index / recording.fps)
                film.add(draw_view(moment, size, renderer, smooth=smooth, opacity=opacity))
                drawn = index + 1
                yield Recorded(drawn, total, drawn, str(film.draft), film.bytes_written)
    except OSError as error:
        raise broken_off(film, error) from error
    size_bytes = path.stat().st_size if path.is_file() else 0
    yield Recorded(total, total, film.frames, str(path), size_bytes, str(film.outcome))


def view_at(state: AppState, seconds: float) -> AppState:
    """Return the state a number of seconds of its motion later, its atlas as it is shown then."""
    moment = moment_of(state, seconds)
    return replace(moment, atlas=atlas_shown(moment))
