"""Classification of files and folders: each is opened once at most."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from train.data.picture_source import PICTURE_SUFFIXES as TRAINING_PICTURES
from train.runs.reader import is_run
from viz.protocol.lab import PICTURE_SUFFIXES
from viz.storage import session_files
from viz.storage.session import Session
from viz.storage.sources import NETWORK_SUFFIXES, is_run_folder

MOST_ENTRIES = 500
"""Entries of a folder that are looked at for pictures."""


@dataclass(frozen=True)
class NetworkFile:
    """A network, or a run folder with one."""

    path: Path


@dataclass(frozen=True)
class SessionFile:
    """A file that carries a session, by itself or beside pictures, films or latents."""

    path: Path
    session: Session


@dataclass(frozen=True)
class LatentFile:
    """Latents that some other program has written."""

    path: Path


@dataclass(frozen=True)
class PictureFile:
    """A picture that carries no session."""

    path: Path


@dataclass(frozen=True)
class RunFolder:
    """The folder of a training that has no network yet."""

    path: Path


@dataclass(frozen=True)
class TrainingData:
    """A zip or folder of pictures to train on."""

    path: Path


@dataclass(frozen=True)
class Unknown:
    """Something that cannot be opened."""

    path: Path
    reason: str
    """One line for the user, without a full stop."""


Classified = (
    NetworkFile | SessionFile | LatentFile | PictureFile | RunFolder | TrainingData | Unknown
)


def classify(path: Path) -> Classified:
    """Find out what a file or folder is.

    What lies behind an ending is read where only that tells: sessions come back parsed. Nothing is
    executed, nothing is written, and no file raises.

    Args:
        path: The file or folder; endings count whatever their case.
    """
    if path.is_dir():
        return _classify_folder(path)
    if not path.is_file():  # a pipe would be waited for
        there = path.exists()
        return Unknown(path, f"{path.name} is {'no plain file' if there else 'not there'}")
    suffix = path.suffix.lower()
    if suffix in NETWORK_SUFFIXES:
        return NetworkFile(path)
    if suffix == ".zip":
        return TrainingData(path)
    if suffix in session_files.SUFFIXES:
        return _classify_carrier(path)
    return PictureFile(path) if suffix in PICTURE_SUFFIXES else Unknown(path, _no_network(path))


def _classify_folder(path: Path) -> Classified:
    """Find out what a folder is, whatever its name ends with."""
    if is_run_folder(path):
        return NetworkFile(path)
    if is_run(path):
        return RunFolder(path)
    return TrainingData(path) if holds_pictures(path) else Unknown(path, _no_network(path))


def _classify_carrier(path: Path) -> Classified:
    """Find out what a file is that may carry a session."""
    try:
        session = session_files.find_session(path)
    except ValueError as error:
        return Unknown(path, f"{error}")
    except OSError as error:
        return Unknown(path, f"{path.name} cannot be opened: {error.strerror or error}")
    if session is not None:
        return SessionFile(path, session)
    suffix = path.suffix.lower()
    if suffix in PICTURE_SUFFIXES:
        return PictureFile(path)
    return (
        LatentFile(path)
        if suffix in (".npz", ".npy")
        else Unknown(path, session_files.without_session(path))
    )


def _no_network(path: Path) -> str:
    return (
        f"{path.name} is no network: open a .safetensors, .pkl or .pt file, a run folder, a "
        "session, or pictures to train on"
    )


def holds_pictures(folder: Path) -> bool:
    """Return whether a folder holds pictures, directly or one folder deeper."""
    try:
        for depth in ("*", "*/*"):
            for index, path in enumerate(folder.glob(depth)):
                if path.suffix.lower() in TRAINING_PICTURES:
                    return True
                if index > MOST_ENTRIES:
                    break
    except OSError:
        return False
    return False
