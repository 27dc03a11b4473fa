"""Frames made of pictures: rows and columns of them with titles, at a size that stays the same."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from gui_utils.colours import DIM, SERIES, STAGE, TEXT
from viz.state.recording import FRAMES, Size

if TYPE_CHECKING:
    from collections.abc import Sequence


Picture = NDArray[np.uint8]
Rgb = tuple[int, int, int]

NATIVE_TEXT_PX, SMALLEST_TEXT_PX = 12, 13


def rgb(code: str) -> Rgb:
    """A hexadecimal colour as (red, green, blue)."""
    red, green, blue = bytes.fromhex(code)
    return red, green, blue


BACKGROUND, BRIGHT, FAINT = rgb(STAGE), rgb(TEXT), rgb(DIM)
SLOT_COLOURS = tuple(rgb(code) for code in SERIES)


@dataclass(frozen=True, slots=True)
class Tile:
    """A picture with what is written about it."""

    picture: Picture | None
    """[height, width, 3 or 4] uint8; None leaves the place empty."""
    title: str = ""
    letter: str = ""
    """Before the title, in the network's colour."""
    facts: str = ""
    """A second line above the picture."""
    note: str = ""
    """Below it; may change from frame to frame."""
    colour: Rgb = BRIGHT
    smooth: bool = False
    """Enlarge smoothly instead of showing pixels as squares."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Rectangle of a tile's picture, in pixels of the frame."""

    x: int
    y: int
    width: int
    height: int


class Composer:
    """Puts tiles of one film into frames; all frames take the first one's arrangement.

    Args:
        columns: Tiles beside each other.
        size: Of the frames, in which pictures are enlarged as far as there is room; `native`:
            frames as large as the pictures need, enlarged by `scale`.
        scale: Whole-number enlargement of native pictures.
        smooth: Enlarge all pictures smoothly instead of showing their pixels as squares.
        titles: Write titles, facts and notes.
    """

    def __init__(
        self,
        columns: int,
        *,
        size: Size,
        scale: int = 1,
        smooth: bool = False,
        titles: bool = True,
    ) -> None:
        self._columns = columns
        self._frame = FRAMES.get(size)
        """Width and height of the frames; None: as the pictures need it."""
        self._scale = scale
        self._smooth = smooth
        self._titles = titles
        self._places: list[_Place] = []
        self._empty: Picture | None = None
        self._text_px = NATIVE_TEXT_PX

    def compose(self, tiles: Sequence[Tile]) -> Picture:
        """A frame, [even height, even width, 3 or 4] uint8: 4 where the first has opacity."""
        if self._empty is None:
            self._arrange(tiles)
        assert self._empty is not None
        frame = self._empty.copy()
        for tile, place in zip(tiles, self._places, strict=True):
            if tile.picture is not None:
                smooth = self._smooth or tile.smooth
                picture = _in_channels(tile.picture, frame.shape[2])
                shown = fitted(picture, place.width, place.height, smooth)
                frame[place.y : place.y + place.height, place.x : place.x + place.width] = shown
            if tile.note and self._titles:
                note = _text(tile.note, self._text_px, FAINT)
                y, x = place.y + place.height + self._text_px // 3, place.x
                room = frame[y : y + note.shape[0], x : x + note.shape[1]]
                room[..., :3] = note[: room.shape[0], : room.shape[1]]
        return frame

    def _arrange(self, tiles: Sequence[Tile]) -> None:
        """Sizes and places of everything, and the frame without pictures."""
        shapes = [(0, 0) if tile.picture is None else tile.picture.shape[:2] for tile in tiles]
        rows = -(-len(tiles) // self._columns)
        widths = [max(w for _h, w in shapes[c :: self._columns]) for c in range(self._columns)]
        heights = [
            max(h for h, _w in shapes[r * self._columns : (r + 1) * self._columns])
            for r in range(rows)
        ]
        large = self._frame is not None
        if self._frame is not None:
            self._text_px = _text_px(rows, self._columns, self._frame)
        zoom = self._zoom(tiles, widths, heights)
        while large and self._text_px > SMALLEST_TEXT_PX and self._cuts_facts(tiles, widths, zoom):
            self._text_px -= 1  # the figures are what a film is to prove
            zoom = self._zoom(tiles, widths, heights)
        if zoom <= 0:
            raise ValueError("that many pictures do not fit into one frame; take fewer")
        above, below = self._bands(tiles)
        gap = self._text_px
        across = [max(1, round(width * zoom)) for width in widths]
        if not large and self._titles:
            for index, tile in enumerate(tiles):
                column = index % self._columns
                if self._last_column_of(tiles, index) == column:
                    across[column] = max(across[column], self._text_width(tile))
        tall = [max(1, round(height * zoom)) for height in heights]
        total_x = sum(across) + gap * (self._columns + 1)
        total_y = sum(tall) + rows * (above + below) + gap * (rows + 1)
        frame_x, frame_y = self._frame or (total_x + total_x % 2, total_y + total_y % 2)
        canvas = Image.new("RGB", (frame_x, frame_y), BACKGROUND)
        draw = ImageDraw.Draw(canvas)
        left, top = (frame_x - total_x) // 2 + gap, (frame_y - total_y) // 2 + gap
        self._places = []
        for index, tile in enumerate(tiles):
            row, column = divmod(index, self._columns)
            x = left + sum(across[:column]) + gap * column
            y = top + sum(tall[:row]) + row * (above + below + gap) + above
            height, width = shapes[index]
            self._places.append(_Place(x, y, round(width * zoom), round(height * zoom)))
            if self._titles:
                last = self._last_column_of(tiles, index)
                room = sum(across[column : last + 1]) + gap * (last - column)
                self._write(draw, tile, x, y - above, room)
        has_opacity = any(tile.picture is not None and _has_opacity(tile.picture) for tile in tiles)
        self._empty = _in_channels(np.asarray(canvas), 4 if has_opacity else 3)

    def _zoom(self, tiles: Sequence[Tile], widths: list[int], heights: list[int]) -> float:
        """Return the enlargement of the pictures: to the frame, by a whole number if possible."""
        if self._frame is None:
            return float(self._scale)
        gap, rows = self._text_px, len(heights)
        room_x = self._frame[0] - gap * (self._columns + 1)
        room_y = self._frame[1] - gap * (rows + 1) - rows * sum(self._bands(tiles))
        zoom = min(room_x / sum(widths), room_y / sum(heights))
        return math.floor(zoom) if zoom >= 1 and not self._smooth else zoom

    def _cuts_facts(self, tiles: Sequence[Tile], widths: list[int], zoom: float) -> bool:
        """Return whether the facts above a picture are wider than their room."""
        plain, last_of = font(self._text_px), self._last_column_of
        return self._titles and any(
            plain.getlength(tile.facts)
            > sum(widths[index % self._columns : last_of(tiles, index) + 1]) * zoom
            for index, tile in enumerate(tiles)
            if tile.facts
        )

    def _bands(self, tiles: Sequence[Tile]) -> tuple[int, int]:
        """Heights of what is written above and below each picture."""
        if not self._titles:
            return 0, 0
        line = round(1.4 * self._text_px)
        lines = any(tile.title for tile in tiles) + any(tile.facts for tile in tiles)
        above = lines * line + (self._text_px // 4 if lines else 0)
        return above, line + self._text_px // 4 if any(tile.note for tile in tiles) else 0

    def _last_column_of(self, tiles: Sequence[Tile], index: int) -> int:
        """Return the last column that a tile's text may cover: up to the next tile with text."""
        free = index + 1
        while free % self._columns and not (tiles[free].title or tiles[free].facts):
            free += 1
        return (free - 1) % self._columns

    def _text_width(self, tile: Tile) -> int:
        title = f"{tile.letter}  {tile.title}" if tile.letter else tile.title
        wide = font(self._text_px, bold=True).getlength(title)
        return math.ceil(max(wide, font(self._text_px).getlength(tile.facts)))

    def _write(self, draw: ImageDraw.ImageDraw, tile: Tile, x: int, y: int, room: float) -> None:
        """Title and facts above a picture, cut where there is no more room."""
        heading, plain = font(self._text_px, bold=True), font(self._text_px)
        start = float(x)
        if tile.letter:
            draw.text((start, y), tile.letter, font=heading, fill=tile.colour)
            start += heading.getlength(f"{tile.letter}  ")
        title = _cut(tile.title, room - (start - x), heading)
        draw.text((start, y), title, font=heading, fill=BRIGHT)
        second = y + (round(1.4 * self._text_px) if tile.title else 0)
        draw.text((x, second), _cut(tile.facts, room, plain), font=plain, fill=FAINT)


def _has_opacity(picture: Picture) -> bool:
    return picture.shape[2] == 4 and bool((picture[..., 3] < 255).any())


def _in_channels(picture: Picture, channels: int) -> Picture:
    """A picture with 3 or 4 channels, opaque where it says nothing else."""
    if picture.shape[2] >= channels:
        return picture[..., :channels]
    opaque = np.full((*picture.shape[:2], 1), 255, np.uint8)
    return np.concatenate([picture, opaque], 2)


def fitted(picture: Picture, width: int, height: int, smooth: bool = False) -> Picture:
    """A picture at a size: pixels as squares when enlarged, low-passed when shrunk."""
    if picture.shape[:2] == (height, width):
        return picture
    enlarges = width >= picture.shape[1] and height >= picture.shape[0]
    method = Image.Resampling.LANCZOS
    if enlarges:
        method = Image.Resampling.BICUBIC if smooth else Image.Resampling.NEAREST
    contiguous = np.ascontiguousarray(picture)
    return np.asarray(Image.fromarray(contiguous).resize((width, height), method))


@lru_cache(maxsize=32)
def font(size_px: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """The window's typeface, which comes with imgui-bundle; nothing of that is imported."""
    spec = find_spec("imgui_bundle")
    if spec is None or spec.origin is None:
        raise ValueError("imgui-bundle is missing, whose typeface titles take; install it")
    name = f"Roboto-{'Bold' if bold else 'Regular'}.ttf"
    return ImageFont.truetype(Path(spec.origin).parent / "assets/fonts/Roboto" / name, size_px)


@lru_cache(maxsize=256)
def _text(text: str, size_px: int, colour: Rgb) -> Picture:
    """A line of text on the background, [height, width, 3] uint8."""
    face = font(size_px)
    size = (math.ceil(face.getlength(text)) + 2, round(1.4 * size_px))
    image = Image.new("RGB", size, BACKGROUND)
    ImageDraw.Draw(image).text((0, 0), text, font=face, fill=colour)
    return np.asarray(image)


def _cut(text: str, room: float, face: ImageFont.FreeTypeFont) -> str:
    if face.getlength(text) <= room:
        return text
    kept = len(text)
    while kept and face.getlength(text[:kept] + "…") > room:
        kept -= 1
    return text[:kept].rstrip() + "…" if kept else ""


def _text_px(rows: int, columns: int, frame: tuple[int, int]) -> int:
    """Size of text in a frame of (width, height): smaller where there is much of it."""
    of_full_hd = min(30, 96 // max(rows, columns))
    return max(SMALLEST_TEXT_PX, of_full_hd * min(frame) // 1080)
