"""What a file or folder is taken for, and that nothing is opened twice to find it out."""

from __future__ import annotations

import builtins
import io
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from viz.export.clip import write_clip
from viz.export.codecs import encoder_options, write_png, writer_for
from viz.state.app_state import AppState, starting_state
from viz.storage import classify as module
from viz.storage.classify import (
    LatentFile,
    NetworkFile,
    PictureFile,
    RunFolder,
    SessionFile,
    TrainingData,
    Unknown,
    classify,
)
from viz.storage.session import session_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PIXELS = np.zeros((64, 64, 3), np.uint8)


def session() -> AppState:
    state = starting_state(["bundled:relief-stylegan2"])
    state.latent.x = 12.0
    return state


def touch(path: Path) -> None:
    path.write_bytes(b"x")


def session_json(path: Path) -> None:
    path.write_text(session_text(session()))


def session_png(path: Path) -> None:
    write_png(path, PIXELS, session_text(session()))


def session_npz(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, session=np.array(session_text(session())), w_0=np.zeros((2, 4), np.float32))


def latent_npz(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, z=np.zeros(16, np.float32))


def plain_png(path: Path) -> None:
    write_png(path, PIXELS, "")


def plain_jpeg(path: Path) -> None:
    Image.fromarray(PIXELS).save(path, format="JPEG")


def zip_of_pictures(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("0.png", b"x")


def film(path: Path) -> None:
    made = path.with_name(f"made{path.suffix.lower()}")
    options = encoder_options(made, "small", hurried=True)
    writer = writer_for(made, fps=25, session=session_text(session()), still=False, options=options)
    for _ in range(3):
        writer.add(PIXELS)
    writer.close()
    made.rename(path)


def clip(path: Path) -> None:
    write_clip(path, iter([PIXELS] * 3), fps=25)


def our_run(path: Path) -> None:
    path.mkdir()
    touch(path / "network-000012.safetensors")
    (path / "config.json").write_text("{}")


def their_run(path: Path) -> None:
    (path / "00003-stylegan3-t").mkdir(parents=True)
    touch(path / "00003-stylegan3-t" / "network-snapshot-000200.pkl")


def young_run(path: Path) -> None:
    path.mkdir()
    (path / "config.json").write_text("{}")
    (path / "log.jsonl").touch()


def pictures(path: Path) -> None:
    path.mkdir()
    plain_jpeg(path / "a.JPG")


def pictures_deeper(path: Path) -> None:
    (path / "class").mkdir(parents=True)
    plain_png(path / "class" / "a.png")


def empty_folder(path: Path) -> None:
    path.mkdir()


def nothing(path: Path) -> None:
    pass


def pipe(path: Path) -> None:
    os.mkfifo(path)


def broken_link(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere"))


TABLE: list[tuple[str, Callable[[Path], None], type, str]] = [
    ("a.safetensors", touch, NetworkFile, ""),
    ("a.SafeTensors", touch, NetworkFile, ""),
    ("a.pkl", touch, NetworkFile, ""),
    ("A.PKL", touch, NetworkFile, ""),
    ("run", our_run, NetworkFile, ""),
    ("runs", their_run, NetworkFile, ""),
    ("run.png", our_run, NetworkFile, ""),
    ("young", young_run, RunFolder, ""),
    ("young.json", young_run, RunFolder, ""),
    ("s.json", session_json, SessionFile, ""),
    ("S.JSON", session_json, SessionFile, ""),
    ("still.png", session_png, SessionFile, ""),
    ("STILL.PNG", session_png, SessionFile, ""),
    ("latents.npz", session_npz, SessionFile, ""),
    ("film.mp4", film, SessionFile, ""),
    ("FILM.WEBM", film, SessionFile, ""),
    ("film.gif", film, SessionFile, ""),
    ("theirs.npz", latent_npz, LatentFile, ""),
    ("theirs.NPZ", latent_npz, LatentFile, ""),
    ("theirs.npy", touch, LatentFile, ""),
    ("plain.png", plain_png, PictureFile, ""),
    ("plain.jpg", plain_jpeg, PictureFile, ""),
    ("plain.JPEG", plain_jpeg, PictureFile, ""),
    ("data.zip", zip_of_pictures, TrainingData, ""),
    ("data.ZIP", zip_of_pictures, TrainingData, ""),
    ("photos", pictures, TrainingData, ""),
    ("classes", pictures_deeper, TrainingData, ""),
    ("photos.png", pictures, TrainingData, ""),
    ("photos.json", pictures, TrainingData, ""),
    ("clip.mp4", clip, Unknown, "carries no session; films recorded here do"),
    ("a.json", touch, Unknown, "a.json is no session"),
    ("a.png", touch, Unknown, "a.png is no PNG picture"),
    ("a.npz", touch, Unknown, "a.npz is no file of latents"),
    ("a.mp4", touch, Unknown, "a.mp4 is no film"),
    ("a.gif", touch, Unknown, "a.gif is no GIF"),
    ("a.txt", touch, Unknown, "a.txt is no network: open a .safetensors, .pkl or .pt file"),
    ("noending", touch, Unknown, "noending is no network"),
    ("empty", empty_folder, Unknown, "empty is no network"),
    ("empty.png", empty_folder, Unknown, "empty.png is no network"),
    ("empty.pkl", empty_folder, Unknown, "empty.pkl is no network"),
    ("gone.pkl", nothing, Unknown, "gone.pkl is not there"),
    ("gone.png", nothing, Unknown, "gone.png is not there"),
    ("a\0b.png", nothing, Unknown, "is not there"),
    pytest.param("link.json", broken_link, Unknown, "is not there",
                 marks=pytest.mark.skipif(os.name == "nt", reason="links need rights there")),
    pytest.param("pipe.png", pipe, Unknown, "is no plain file",
                 marks=pytest.mark.skipif(os.name == "nt", reason="there are no such pipes")),
]  # fmt: skip


@pytest.fixture
def openings(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """The files that are opened, in order."""
    found: list[Path] = []
    plain = builtins.open

    def noted(file: Any, *rest: Any, **more: Any) -> Any:
        if isinstance(file, str | os.PathLike):
            found.append(Path(os.fspath(file)))
        return plain(file, *rest, **more)

    with monkeypatch.context() as patch:
        for owner in (builtins, io):
            patch.setattr(owner, "open", noted)
        yield found


@pytest.mark.parametrize(("name", "make", "kind", "reason"), TABLE)
def test_everything_is_taken_for_what_it_is_and_opened_once_at_most(
    name: str,
    make: Callable[[Path], None],
    kind: type,
    reason: str,
    tmp_path: Path,
    openings: list[Path],
) -> None:
    path = tmp_path / name
    make(path)
    openings.clear()
    found = classify(path)
    assert type(found) is kind, found
    assert found.path == path
    assert openings.count(path) <= 1
    match found:
        case SessionFile(session=read):
            assert read.state == session()
            assert openings == [path]
        case Unknown(reason=told):
            assert reason in told
            assert "\n" not in told
            assert not told.endswith(".")


def test_a_file_that_may_not_be_read_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_json(tmp_path / "s.json")

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)
    found = classify(tmp_path / "s.json")
    assert found == Unknown(tmp_path / "s.json", "s.json cannot be opened: Permission denied")


@pytest.mark.parametrize("error", [IndexError, MemoryError, RecursionError, AttributeError])
@pytest.mark.parametrize(
    ("name", "make", "reader"),
    [("a.png", plain_png, "text_of_png"), ("a.npz", session_npz, "read_array"),
     ("a.gif", film, "film_session"), ("a.json", session_json, "load_session")],
)  # fmt: skip
def test_whatever_a_reader_raises_is_one_line(
    error: type[Exception],
    name: str,
    make: Callable[[Path], None],
    reader: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make(tmp_path / name)

    def broken(*_: object) -> None:
        raise error("boom")

    monkeypatch.setattr(f"viz.storage.session_files.{reader}", broken)
    found = classify(tmp_path / name)
    assert isinstance(found, Unknown)
    assert found.reason.startswith(f"{name} is")


def test_a_folder_of_other_things_is_searched_for_pictures_only_so_far(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_ENTRIES", 3)
    for index in range(20):
        touch(tmp_path / f"{index}.txt")
    assert isinstance(classify(tmp_path), Unknown)
