"""Preferences kept between runs: look, hints seen, files opened lately."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import platformdirs

from generator.files.atomic_files import write_atomically
from viz.state.app_state import Theme, ViewState

log = logging.getLogger(__name__)

RECENT_COUNT = 8


def config_folder() -> Path:
    """Return the folder of the preferences and of the window's layout."""
    return Path(platformdirs.user_config_dir("alias-free-visualizer", appauthor=False))


@dataclass
class Preferences:
    """The preferences, kept as JSON; a missing or damaged file gives the defaults."""

    theme: Theme = "dark"
    ui_scale: float = 1.0
    reduced_motion: bool = False
    hint: int = 0
    tour_offered: bool = False
    """True from the end of the first start on."""
    recent: list[str] = field(default_factory=list)
    licence_accepted: bool = False
    """True once the publisher's licence of downloads has been accepted."""
    unfolded: dict[str, bool] = field(default_factory=dict)
    """Whether each section is unfolded, by its title."""
    runs: list[str] = field(default_factory=list)
    """Run folders of trainings outside runs/, newest first."""
    workers: list[str] = field(default_factory=list)
    """Commands that have started a worker elsewhere, newest first."""

    @classmethod
    def load(cls, folder: Path) -> Preferences:
        """Read `folder`/preferences.json; what does not fit is left at its default."""
        path = folder / "preferences.json"
        try:
            stored: Any = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, RecursionError) as error:
            log.warning("%s cannot be read (%s); starting with the defaults", path, error)
            return cls()
        fresh = cls()
        if not isinstance(stored, dict):
            return fresh
        known = {
            one.name: stored[one.name]
            for one in fields(cls)
            if type(stored.get(one.name)) is type(getattr(fresh, one.name))
        }
        loaded = cls(**known)
        loaded.theme = loaded.theme if loaded.theme in ("dark", "light") else "dark"
        loaded.ui_scale = min(max(loaded.ui_scale, 0.5), 3.0)
        loaded.hint = max(loaded.hint, 0)
        loaded.recent = [one for one in loaded.recent if isinstance(one, str)][:RECENT_COUNT]
        loaded.unfolded = {key: on for key, on in loaded.unfolded.items() if isinstance(on, bool)}
        loaded.runs = [one for one in loaded.runs if isinstance(one, str)]
        loaded.workers = [one for one in loaded.workers if isinstance(one, str)]
        return loaded

    def save(self, folder: Path) -> bool:
        """Write `folder`/preferences.json, all at once; a disk that refuses is worth a warning.

        Returns:
            Whether it was written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            text = json.dumps(asdict(self), indent=2)
            write_atomically(folder / "preferences.json", text)
        except OSError as error:
            log.warning("preferences are not kept: %s", error)
            return False
        return True

    def forget_look(self) -> None:
        """Take the look and the hints of a first start; files, licence and runs stay known."""
        fresh = Preferences()
        self.theme, self.ui_scale = fresh.theme, fresh.ui_scale
        self.reduced_motion, self.hint = fresh.reduced_motion, fresh.hint
        self.unfolded, self.tour_offered = fresh.unfolded, fresh.tour_offered

    def apply_to(self, view: ViewState) -> None:
        """Give a view the look that was chosen last."""
        view.theme, view.ui_scale = self.theme, self.ui_scale
        view.reduced_motion, view.hint = self.reduced_motion, self.hint

    def take_from(self, view: ViewState, recent: list[str]) -> None:
        """Remember the look as it is now."""
        self.theme, self.ui_scale = view.theme, view.ui_scale
        self.reduced_motion, self.hint = view.reduced_motion, view.hint
        self.recent = recent[:RECENT_COUNT]
