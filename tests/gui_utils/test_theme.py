"""Contrast, measured as the Web Content Accessibility Guidelines do."""

from __future__ import annotations

import itertools

import pytest

from gui_utils.theme import PALETTES, Colour, Palette


def luminance(colour: Colour) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: Colour, second: Colour) -> float:
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture(params=sorted(PALETTES))
def palette(request: pytest.FixtureRequest) -> Palette:
    return PALETTES[request.param]


def test_text_can_be_read_on_everything_it_stands_on(palette: Palette) -> None:
    """4.5 is level AA for text."""
    grounds = (palette.window, palette.stage, palette.bar, palette.popup)
    for ground in grounds:
        for text in (palette.text, palette.dim, palette.error):
            assert contrast(text, ground) >= 4.5
    assert contrast(palette.text, palette.frame_active) >= 4.5


def test_colours_of_networks_stand_out_from_the_ground_and_from_each_other(
    palette: Palette,
) -> None:
    """3 is level AA for graphics; hues have to differ clearly in some channel."""
    for colour in palette.series:
        assert contrast(colour, palette.window) >= 3.0
        assert contrast(colour, palette.stage) >= 3.0
    for first, second in itertools.combinations((*palette.series, palette.accent), 2):
        assert max(abs(a - b) for a, b in zip(first, second, strict=True)) > 0.2


def test_greys_are_neutral(palette: Palette) -> None:
    for grey in (palette.window, palette.stage, palette.bar, palette.frame, palette.line):
        assert len(set(grey)) == 1
