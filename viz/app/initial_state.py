"""The state that the program starts with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz.state.app_state import AppState, starting_state
from viz.storage import bundled
from viz.storage.autosave import last_session
from viz.storage.session import Session
from viz.storage.session_files import read_session
from viz.storage.sources import leave_out, unfamiliar_sources, without_traps

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from viz.app.options import Options
    from viz.storage.preferences import Preferences


FIRST_SEED, FIRST_LOOP, FIRST_RADIUS = 41, 3, 0.35
"""Seed, plane and radius of a loop with a coast and ridges all along, in the starting pair."""


def first_state(
    options: Options, preferences: Preferences, remembered_in: Path | None
) -> tuple[AppState, tuple[str, ...]]:
    """Make the state to start with; also returns what could not be taken over from a session.

    The command line comes first, then the session of last time, then the bundled networks,
    drifting. Networks outside a session's own folder are left out unless the command line trusts
    it; a window asks about them afterwards.

    Args:
        options: What the command line asks.
        preferences: The look chosen last.
        remembered_in: Folder of the last session; None: do not look for one.

    Raises:
        ValueError, OSError: the session asked for cannot be read.
    """
    messages: tuple[str, ...] = ()
    session = None
    if options.session is not None:
        session = without_traps(read_session(options.session))
        if not options.trust and not options.networks:
            session = _without_foreign(session, options.session, preferences.recent)
    elif remembered_in is not None and not options.networks and not options.fresh:
        session = last_session(remembered_in)
        if session is not None and not session.state.networks:
            session = None
    if session is not None:
        state, messages = session.state, session.messages
        if options.networks:
            state.networks = starting_state(list(options.networks)).networks
    else:
        sources = list(options.networks) or bundled.starting_pair()
        state = starting_state(sources, reduced_motion=preferences.reduced_motion)
        if not options.networks:
            place = state.latent
            place.x, place.walk_seed = float(FIRST_SEED), FIRST_LOOP
            place.walk_radius = FIRST_RADIUS
    if options.session is None:
        preferences.apply_to(state.view)
    if options.theme is not None:
        state.view.theme = options.theme
    if options.device != "auto" or session is None:
        state.performance.device = options.device
    return state, messages


def _without_foreign(session: Session, path: Path, known: Sequence[str]) -> Session:
    """Leave out the networks and files that nobody here has vouched for, with a line on each."""
    foreign = unfamiliar_sources(session.state, path, known)
    if not foreign:
        return session
    state = session.state
    leave_out(state, foreign)
    state.networks = state.networks or starting_state(bundled.starting_pair()).networks
    left_out = (f"left out {source}, which is not in the session's folder" for source in foreign)
    return Session(state, (*session.messages, *left_out, "start with --trust to read all of them"))
