"""One font family in two sizes: regular, bold for headings, monospaced for numbers.

Roboto, Inconsolata and Font Awesome come with imgui-bundle.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import imgui_bundle
from imgui_bundle import imgui

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY_PX = 15.0
SMALL_PX = 13.0
SIGNS_PX = 21.0
"""Of Inconsolata's signs of keys, which are narrow, beside text of BODY_PX."""

_FOLDER = Path(imgui_bundle.__file__).parent / "assets" / "fonts"


@dataclass(frozen=True)
class Fonts:
    """Loaded fonts; their sizes are chosen when they are used."""

    body: imgui.ImFont
    bold: imgui.ImFont
    mono_face: imgui.ImFont

    @contextmanager
    def heading(self) -> Iterator[None]:
        """Draw text bold."""
        with _pushed(self.bold, BODY_PX):
            yield

    @contextmanager
    def small(self) -> Iterator[None]:
        """Draw text in the small size."""
        with _pushed(self.body, SMALL_PX):
            yield

    @contextmanager
    def mono(self) -> Iterator[None]:
        """Draw text in the monospaced font."""
        with _pushed(self.mono_face, BODY_PX):
            yield

    @contextmanager
    def small_mono(self) -> Iterator[None]:
        """Draw text in the monospaced font, in the small size."""
        with _pushed(self.mono_face, SMALL_PX):
            yield


@contextmanager
def _pushed(font: imgui.ImFont, size_px: float) -> Iterator[None]:
    imgui.push_font(font, size_px)
    try:
        yield
    finally:
        imgui.pop_font()


def _merge_keys(atlas: imgui.ImFontAtlas) -> None:
    """Let the font loaded last take from Inconsolata what Roboto lacks: ⌘ and ⇧."""
    missing = imgui.ImFontConfig()
    missing.merge_mode = True
    atlas.add_font_from_file_ttf(str(_FOLDER / "Inconsolata-Medium.ttf"), SIGNS_PX, missing)


def load_fonts() -> Fonts:
    """Load the fonts into the current Dear ImGui context; the first one is the default."""
    atlas = imgui.get_io().fonts
    body = atlas.add_font_from_file_ttf(str(_FOLDER / "Roboto" / "Roboto-Regular.ttf"), BODY_PX)
    icons = imgui.ImFontConfig()
    icons.merge_mode = True
    icons.glyph_min_advance_x = BODY_PX
    icons.glyph_offset = imgui.ImVec2(0, 1)
    atlas.add_font_from_file_ttf(
        str(_FOLDER / "Font_Awesome_6_Free-Solid-900.otf"), BODY_PX - 2, icons
    )
    _merge_keys(atlas)
    bold = atlas.add_font_from_file_ttf(str(_FOLDER / "Roboto" / "Roboto-Bold.ttf"), BODY_PX)
    _merge_keys(atlas)
    mono_face = atlas.add_font_from_file_ttf(str(_FOLDER / "Inconsolata-Medium.ttf"), BODY_PX)
    missing = imgui.ImFontConfig()  # Inconsolata has no Greek letters
    missing.merge_mode = True
    atlas.add_font_from_file_ttf(
        str(_FOLDER / "Roboto" / "Roboto-Regular.ttf"), BODY_PX - 1, missing
    )
    imgui.get_style().font_size_base = BODY_PX
    return Fonts(body, bold, mono_face)
