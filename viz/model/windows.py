"""Titles of the tabs, and the windows asked for: the workspace reads and clears them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from viz.storage.session import Session

STAGE = "Stage"
INPUTS = "Inputs"
LAYERS = "Layers"
SPECTRUM = "Spectrum"
EQUIVARIANCE = "Equivariance"
LAB = "Signal lab"
PERFORMANCE = "Performance"
TIMELINE = "Timeline"
SLIT_SCAN = "Slit scan"
RECORDING = "Recording"
TRAINING = "Training"

PickerPurpose = Literal["open", "lab picture", "training data", "send"]


@dataclass(frozen=True)
class TrustQuestion:
    """A session from elsewhere that waits for an answer."""

    name: str
    sources: tuple[str, ...]
    """Networks and other files in question."""
    session: Session


@dataclass(frozen=True)
class PickerRequest:
    """A file to be chosen."""

    purpose: PickerPurpose
    slot: int | None = None
    """Slot for a network; None: beside the others."""


@dataclass
class Windows:
    """Windows and tabs that commands have asked for."""

    to_front: list[str] = field(default_factory=list)
    """Titles of tabs to be shown before those they share a place with."""
    reset_layout: bool = False
    """Put every panel where it was at the first start."""
    keys_shown: bool = False
    """The list of keys is open."""
    about: bool = False
    """Versions and licences are shown."""
    palette: bool = False
    """Open the command palette."""
    training_form: bool = False
    """Open the form for a new training."""
    preset_name: bool = False
    """Ask for the name of a preset."""
    library: bool = False
    """Open the list of published networks."""
    library_slot: int | None = None
    """Slot for a network chosen there; None: beside the others."""
    worker_files: bool = False
    """Open the list of files of the worker's machine."""
    tour: bool = False
    """Begin the tour."""
    offers_tour: bool = False
    """The tour is offered under the pictures, with the hints of the first start."""
    picker: PickerRequest | None = None
    """Open a file picker."""
    question: TrustQuestion | None = None
    """The question whether a session from elsewhere may open the files that it names."""
    pointed_seed: int | None = None
    """The seed of the gallery that the pointer is on."""
    sheet_rows: int = 4
    """Rows of seeds that the gallery showed last."""
    visible: set[str] = field(default_factory=set)
    """Titles of the panels somebody could see in the last frame."""
