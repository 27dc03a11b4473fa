"""Lengths on pictures, shown in pixels once the pictures' size is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext


class Length(TypedDict):
    """Display of a length."""

    unit: str
    factor: float
    decimals: int


def in_pixels(ctx: PanelContext) -> Length:
    """Return how lengths are shown: in pixels of the first picture once its size is known."""
    width = picture_width(ctx)
    return Length(unit="px" if width else "", factor=width or 1.0, decimals=1 if width else 3)


def picture_width(ctx: PanelContext) -> int:
    """Return the width of the first network's picture in pixels; 0 while unknown."""
    summary = ctx.model.summary_of(0)
    return summary.resolution if summary is not None else 0
