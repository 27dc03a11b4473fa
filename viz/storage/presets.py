"""Named starting points: a few that come with the program, and the user's own as session files."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from viz.state.app_state import AppState, starting_state
from viz.storage import bundled
from viz.storage.session import Session, load_session, save_session

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "presets"
LONGEST_NAME = 60

_UNFIT = re.compile(r'[<>:"/\\|?*\x00-\x1f]')


@dataclass(frozen=True)
class Preset:
    """A starting point that comes with the program."""

    name: str
    does: str
    """One sentence for the tooltip."""
    kinds: tuple[str, ...]
    """The bundled networks it shows, by the end of their names."""
    arrange: Callable[[AppState], None]
    """Sets what differs from a fresh state of these networks at rest."""

    def state(self) -> AppState:
        """Make a fresh state, with those of its networks that are there."""
        return _fresh(self.kinds, self.arrange)


def _fresh(kinds: Sequence[str], arrange: Callable[[AppState], None]) -> AppState:
    sources = bundled.of_kinds(kinds) or bundled.starting_pair()
    state = starting_state(sources, reduced_motion=True)
    state.view.reduced_motion = False
    state.latent.x = float(bundled.STARTING_SEED)
    arrange(state)
    return state


def _drift(state: AppState) -> None:
    state.latent.walk = True


def _turn(state: AppState) -> None:
    state.transform.spin = True


def _pixel_by_pixel(state: AppState) -> None:
    state.transform.orbit = state.transform.snap = True


def _untransformed(state: AppState) -> None:
    state.transform.orbit = state.view.untransform = True


def _travel(state: AppState) -> None:
    state.latent.animate = True


BUILT_IN = (
    Preset(
        "Sticking, side by side",
        "StyleGAN2 and StyleGAN3-R drift along the same small loop: in one the ridges stay where "
        "they are on the screen, in the other they travel with the land.",
        ("stylegan2", "stylegan3-r"),
        _drift,
    ),
    Preset(
        "Turn -R",
        "StyleGAN3-T and StyleGAN3-R under the same steady turn: only -R turns its picture.",
        ("stylegan3-t", "stylegan3-r"),
        _turn,
    ),
    Preset(
        "Pixel by pixel shift",
        "Each network's input circles in whole pixels: what follows exactly keeps its pixels.",
        ("stylegan2", "stylegan3-t"),
        _pixel_by_pixel,
    ),
    Preset(
        "What follows stands still",
        "The input circles and the pictures are moved back: whatever now moves does not follow.",
        ("stylegan2", "stylegan3-t", "stylegan3-r"),
        _untransformed,
    ),
    Preset(
        "Travel from seed to seed",
        "All three kinds of network walk along a row of seeds.",
        ("stylegan2", "stylegan3-t", "stylegan3-r"),
        _travel,
    ),
)


def built_in(name: str) -> Preset | None:
    """Return the preset of that name that comes with the program; None if there is none."""
    return next((preset for preset in BUILT_IN if preset.name == name), None)


class PresetShelf:
    """The user's own presets: session files in one folder.

    Args:
        folder: Where they lie; made when the first one is saved.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: tuple[str, ...] = ()
        self._seen_at: int | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the presets, sorted; the folder is read only when it has changed."""
        try:
            changed_at: int | None = self._folder.stat().st_mtime_ns
        except OSError:
            changed_at = None
        if changed_at != self._seen_at:
            self._seen_at = changed_at
            found = self._folder.glob("*.json") if changed_at is not None else ()
            self._names = tuple(
                sorted((path.stem for path in found if path.stem[0] != "."), key=str.lower)
            )
        return self._names

    def load(self, name: str) -> Session:
        """Read a preset.

        Raises:
            ValueError: it is damaged.
            OSError: there is none of that name, or it cannot be read.
        """
        return load_session(self._path(name))

    def save(self, name: str, state: AppState) -> None:
        """Keep a state under a name; an older preset of that name is replaced.

        Raises:
            ValueError: the name does not fit.
            OSError: the disk does not let us.
        """
        why = why_unfit(name)
        if why:
            raise ValueError(why)
        self._folder.mkdir(parents=True, exist_ok=True)
        save_session(self._path(name), state)
        self._seen_at = None

    def remove(self, name: str) -> None:
        """Forget a preset.

        Raises:
            OSError: the disk does not let us.
        """
        self._path(name).unlink(missing_ok=True)
        self._seen_at = None

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def why_unfit(name: str) -> str:
    """Say why a preset cannot have a name; empty if it can."""
    if not name.strip():
        return "a preset needs a name"
    if len(name) > LONGEST_NAME:
        return f"a preset's name has at most {LONGEST_NAME} letters"
    if _UNFIT.search(name) or name[0] == "." or name != name.strip():
        return "a preset's name has none of < > : \" / \\ | ? * and begins with no dot"
    if built_in(name) is not None:
        return f"{name} comes with the program; choose another name"
    return ""
