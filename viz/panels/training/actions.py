"""Actions of the Train menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz.panels.common import layout
from viz.panels.common.actions import Action, Run, go_to
from viz.panels.training.chosen_run import (
    resuming_disabled_reason,
    stopping_disabled_reason,
    watching_disabled_reason,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from viz.model.trainings import Run as TrainingRun
    from viz.panels.common.context import PanelContext
    from viz.state.app_state import AppState


def _disabled_reason(of: Callable[[TrainingRun], str]) -> Callable[[AppState, PanelContext], str]:
    """Apply a function that returns why a run's action is disabled to the chosen run."""

    def reason(state: AppState, ctx: PanelContext) -> str:
        run = ctx.model.trainings.chosen(state.training)
        return "Choose a run under Training first." if run is None else of(run)

    return reason


def _chosen(do: Callable[[PanelContext, TrainingRun], object]) -> Run:
    def run_it(state: AppState, ctx: PanelContext) -> None:
        run = ctx.model.trainings.chosen(state.training)
        if run is not None:
            do(ctx, run)

    return run_it


def _open_monitor(_state: AppState, ctx: PanelContext) -> None:
    ctx.commands.training.open_monitor([run.path for run in ctx.model.trainings.runs[:4]])


ACTIONS: tuple[Action, ...] = (
    Action(
        "New training …",
        "Choose pictures and settings, and start a training run.",
        lambda _state, ctx: ctx.commands.training.new(),
        menu="Train",
    ),
    Action(
        "Watch the run",
        "Show the newest network of the run chosen under Training, and follow newer ones.",
        _chosen(lambda ctx, run: ctx.commands.training.watch(run.path)),
        menu="Train",
        disabled_reason=_disabled_reason(watching_disabled_reason),
        starts_group=True,
    ),
    Action(
        "Stop the run",
        "Stop the run chosen under Training after its current step, with a snapshot; asks first.",
        _chosen(lambda ctx, run: ctx.commands.training.stop_if_asked_twice(run.path)),
        menu="Train",
        disabled_reason=_disabled_reason(stopping_disabled_reason),
    ),
    Action(
        "Resume the run",
        "Resume the run chosen under Training from its newest state.",
        _chosen(lambda ctx, run: ctx.commands.training.resume(run.path)),
        menu="Train",
        disabled_reason=_disabled_reason(resuming_disabled_reason),
    ),
    Action(
        "Resume the run in turn",
        "Let the run chosen under Training wait in the queue, and go on when it is its turn.",
        _chosen(lambda ctx, run: ctx.commands.training.enqueue_again(run.path)),
        menu="Train",
        disabled_reason=_disabled_reason(resuming_disabled_reason),
    ),
    Action(
        "Duplicate the run …",
        "Start a new run with the settings of the run chosen under Training.",
        _chosen(lambda ctx, run: ctx.commands.training.duplicate(run.path)),
        menu="Train",
        disabled_reason=_disabled_reason(lambda _run: ""),
    ),
    Action(
        "Open the run's folder",
        "Show the folder of the run chosen under Training.",
        _chosen(lambda ctx, run: ctx.commands.training.show_folder(run.path)),
        menu="Train",
        disabled_reason=_disabled_reason(lambda _run: ""),
    ),
    Action(
        "Training monitor",
        "Show curves, grids and settings of the newest runs in a separate window.",
        _open_monitor,
        menu="Train",
        disabled_reason=lambda _state, ctx: (
            "" if ctx.model.trainings.runs else "No run is known: look under Training first."
        ),
        starts_group=True,
    ),
    go_to(layout.TRAINING),
)
