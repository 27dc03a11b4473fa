"""Commands about files of any kind: opened, dropped, chosen, asked about."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from viz.commands.base import CommandGroup
from viz.model.windows import LAB, TRAINING, PickerRequest, TrustQuestion
from viz.state.favourites import favourite_here, is_kept, keep_or_drop
from viz.state.inputs import MAX_DIRECTIONS, DirectionState
from viz.storage import session_files
from viz.storage.classify import (
    Classified,
    LatentFile,
    NetworkFile,
    PictureFile,
    RunFolder,
    SessionFile,
    TrainingData,
    Unknown,
    classify,
)
from viz.storage.latents import FoundLatents, read_latents
from viz.storage.sources import leave_out, unfamiliar_sources, without_traps

if TYPE_CHECKING:
    from gui_utils.window import Window
    from viz.commands.find import FindCommands
    from viz.commands.networks import NetworkCommands
    from viz.commands.training import TrainingCommands
    from viz.model.window_model import WindowModel
    from viz.storage.session import Session

log = logging.getLogger(__name__)


class FileCommands(CommandGroup):
    """Commands that open files, whatever they are.

    Args:
        model: What the window knows.
        window: The window.
        networks: Shows networks.
        training: Takes pictures to train on.
        find: Asks what a picture is wanted for.
    """

    def __init__(
        self,
        model: WindowModel,
        window: Window,
        networks: NetworkCommands,
        training: TrainingCommands,
        find: FindCommands,
    ) -> None:
        super().__init__(model, window)
        self._networks = networks
        self._training = training
        self._find = find

    def choose(self, slot: int | None) -> None:
        """Let the user choose a file; a network goes to `slot`, or beside the others if None."""
        self._model.windows.picker = PickerRequest("open", slot)

    def choose_picture(self) -> None:
        """Let the user choose a picture for the signal lab."""
        self._model.windows.picker = PickerRequest("lab picture")

    def open(self, path: Path, slot: int | None = None, *, found: Classified | None = None) -> None:
        """Open a file or folder; one that cannot be opened is one line in the status bar.

        Args:
            path: Network, run folder, session, latent, picture, or pictures to train on.
            slot: Where a network goes; None: beside the others.
            found: What it is, if that has been found out already.
        """
        try:
            self._show(classify(path) if found is None else found, slot)
        except Exception as error:  # a file must never end the window
            log.exception("opening %s failed", path)
            self._model.status.show_error(
                f"{path.name} cannot be opened: {type(error).__name__}; the log has the details."
            )

    def _show(self, found: Classified, slot: int | None) -> None:
        path = found.path
        match found:
            case NetworkFile():
                self._networks.open(str(path), slot)
            case SessionFile(session=session):
                self._open_session(path, session)
            case LatentFile():
                self._open_latent(path)
            case PictureFile():
                self._find.ask(path)
            case RunFolder():
                self._list_run(path)
            case TrainingData():
                self._training.use_data(path)
            case Unknown(reason=reason):
                self._model.forget(str(path))
                self._model.status.show_error(f"{reason}.")

    def open_recent(self, source: str) -> None:
        """Open a network, a session or a picture that was opened before."""
        if source.lower().endswith(session_files.SUFFIXES):
            self.open(Path(source))
        else:
            self._networks.open(source, None)

    def open_picture(self, path: Path) -> None:
        """Take the signal lab's signal from an image file."""
        self._state.lab.file, self._state.lab.signal = str(path.absolute()), "picture"
        self._model.windows.to_front.append(LAB)
        self._model.status.show(f"{path.name} is in the signal lab.")

    def answer(self, *, allowed: bool) -> None:
        """Open the session that was asked about, with the files in question or without them."""
        question, self._model.windows.question = self._model.windows.question, None
        if question is None:
            return
        session = question.session
        if not allowed:
            leave_out(session.state, question.sources)
            session.state.networks = session.state.networks or self._state.networks
        self.go_to(session, question.name)

    def go_to(self, session: Session, name: str) -> None:
        """Take a session's state over; the look stays.

        Args:
            session: Where to go.
            name: What the status bar calls it.
        """
        session.state.view.theme = self._state.view.theme
        session.state.view.ui_scale = self._state.view.ui_scale
        session.state.favourites = self._state.favourites
        self._model.state = session.state
        self._model.status.show("; ".join(session.messages) or f"Opened {name}.")

    def _open_session(self, path: Path, session: Session) -> None:
        """Go to a session, after asking about networks and other files from elsewhere.

        What lies neither beside the session nor among the files opened before is asked about.
        """
        self._model.remember(str(path.absolute()))
        session = without_traps(session)
        unknown = unfamiliar_sources(session.state, path, self._model.recent)
        if unknown:
            self._model.windows.question = TrustQuestion(path.name, unknown, session)
            self._window.request_frames()
        else:
            self.go_to(session, path.name)

    def _open_latent(self, path: Path) -> None:
        try:
            found = read_latents(path)
        except ValueError as error:
            self._model.status.show_error(f"{error}.")
            return
        except OSError as error:
            self._model.status.show_error(f"{path.name} cannot be opened: {error.strerror}.")
            return
        self._model.remember(str(path.absolute()))
        if found.is_direction:
            self._add_directions(path, found)
        else:
            self._take_latents(path, found)

    def _take_latents(self, path: Path, found: FoundLatents) -> None:
        """Go to a latent; the entries of a stack become favourites, to be gone to one by one."""
        first = found.latents[0]
        if found.total == 1:
            self._state.edited_latent.given = first
            self._model.status.show(f"Opened {path.name}: {first.words}.")
            return
        for latent in found.latents:
            place = replace(favourite_here(self._state), given=latent)
            if not is_kept(self._state, place):
                keep_or_drop(self._state, place)
        self._state.edited_latent.given = first
        kept = "all" if found.total == len(found.latents) else f"the first {len(found.latents)}"
        self._model.status.show(
            f"Opened {path.name}: {first.words}, the first of {found.total}; {kept} are favourites."
        )

    def _add_directions(self, path: Path, found: FoundLatents) -> None:
        """Put directions of another program among those of the user, as many as there is room."""
        directions = self._state.directions
        room = MAX_DIRECTIONS - len(directions)
        if room <= 0:
            self._model.status.show_error(f"There are {MAX_DIRECTIONS} directions already.")
            return
        added = found.latents[:room]
        for given in added:
            directions.append(DirectionState(name=(given.name or path.stem)[:40], given=given))
        if found.total == 1:
            self._model.status.show(f"{path.name} is among the directions: move its slider.")
            return
        count = "all" if len(added) == found.total else f"the first {len(added)}"
        self._model.status.show(
            f"{path.name} holds {found.total} directions; {count} of them are under Inputs."
        )

    def _list_run(self, path: Path) -> None:
        self._model.trainings.remember(path)
        self._state.training.chosen = str(path.absolute())
        self._model.windows.to_front.append(TRAINING)
        self._model.status.show(f"{path.name} is under Training; it has no network yet.")
