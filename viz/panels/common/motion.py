"""Controls of what moves by itself: the same in the panels of what is moved and in Recording."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from viz.panels.common import controls
from viz.panels.common.lengths import in_pixels
from viz.state.ranges import limits
from viz.state.timeline import length_s

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.state.app_state import TimelineState
    from viz.state.inputs import LatentState, TransformState

PERIODS_S = 0.5, 120.0
"""Ends of the sliders of periods; longer and shorter ones can be typed."""


def draw_drift(latent: LatentState, ctx: PanelContext) -> None:
    """Draw the switch and the size of the drift."""
    tips = (
        "Drift around this point of W along a small closed loop (Space pauses).",
        "Largest distance of the loop, in standard deviations of each network's W.",
    )
    controls.slide_switched(ctx, latent, "walk", "walk_radius", "Drift", tips, unit="σ")


def draw_drift_period(latent: LatentState, ctx: PanelContext) -> None:
    """Draw the period of the drift."""
    _slide_period(ctx, latent, "walk_period_s", "Seconds per round of the drift.")


def draw_drift_curve(latent: LatentState, ctx: PanelContext) -> None:
    """Draw which curve the drift follows, and in which plane."""
    tip = "1: the drift is a circle; more: a wilder curve."
    controls.slide(ctx, latent, "walk_waves", "Waves", tip)
    latent.walk_seed = ctx.ui.integer(
        "Loop seed",
        latent.walk_seed,
        *map(int, limits(latent, "walk_seed")),
        default=0,
        tip="Number of the random plane in W in which the drift goes round, and of its curve.",
        menu=controls.menu_of(ctx, latent, "walk_seed"),
    )


def draw_travel(latent: LatentState, ctx: PanelContext) -> None:
    """Draw the switch and the speed of the travel over the seeds."""
    tips = (
        "Travel from seed to seed along the row (Space pauses).",
        "Seeds per second; negative values go backwards.",
    )
    controls.slide_switched(
        ctx,
        latent,
        "animate",
        "speed",
        "Travel",
        tips,
        low=-2.0,
        high=2.0,
        unit="seeds/s",
        origin=0.0,
    )


def draw_orbit(transform: TransformState, ctx: PanelContext) -> None:
    """Draw the switch and the size of the orbit."""
    tips = (
        "Move the input along a circle through its current position (Space pauses).",
        "Radius of the circle.",
    )
    shown = in_pixels(ctx)
    controls.slide_switched(
        ctx,
        transform,
        "orbit",
        "orbit_radius",
        "Orbit",
        tips,
        low=0.0,
        high=0.5 * shown["factor"],
        **shown,
    )


def draw_orbit_period(transform: TransformState, ctx: PanelContext) -> None:
    """Draw the period of the orbit."""
    _slide_period(ctx, transform, "orbit_period_s", "Seconds per round of the orbit.")


def draw_spin(transform: TransformState, ctx: PanelContext) -> None:
    """Draw the switch and the period of the spin."""
    tips = (
        "Turn steadily (Space pauses).",
        "Seconds per turn; negative is clockwise, 0 does not turn.",
    )
    controls.slide_switched(
        ctx,
        transform,
        "spin",
        "spin_period_s",
        "Spin",
        tips,
        low=-30.0,
        high=30.0,
        unit="s/turn",
        decimals=1,
        origin=0.0,
    )


def draw_follow(timeline: TimelineState, label: str, ctx: PanelContext) -> None:
    """Draw the switch of the timeline's path."""
    reason = "" if length_s(timeline) else "Store two places on the timeline first (I)."
    with ctx.ui.disabled(reason):
        tip = "Let the networks follow the timeline's path (Space plays and pauses)."
        controls.check(ctx, timeline, "on", label, tip)


def _slide_period(
    ctx: PanelContext, owner: LatentState | TransformState, name: str, tip: str
) -> None:
    low, high = PERIODS_S
    imgui.push_id(name)
    controls.slide(
        ctx, owner, name, "Period", tip, unit="s", decimals=1, logarithmic=True, low=low, high=high
    )
    imgui.pop_id()
