"""Films are what their frames were, carry their session, and stay playable when they break off."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from viz.export.film import Film
from viz.state.app_state import AppState
from viz.storage.session import session_text
from viz.storage.session_files import read_session

RATE = 30


def frames(count: int, height: int = 48, width: int = 64) -> list[np.ndarray]:
    """A smooth pattern that moves and changes its brightness."""
    rows, columns = np.mgrid[:height, :width]
    made = []
    for index in range(count):
        waves = [np.sin(columns / 7 + rows / 5 + index / 6 + 0.3 * c) for c in range(3)]
        made.append((128 + 70 * np.stack(waves, -1) + index % 7).astype(np.uint8))
    return made


def decoded(path: Path) -> list[np.ndarray]:
    if path.is_dir():
        return [np.asarray(Image.open(file)) for file in sorted(path.glob("*.png"))]
    with av.open(str(path)) as film:
        return [
            frame.reformat(format="rgb24", src_colorspace=frame.colorspace).to_ndarray()
            for frame in film.decode(video=0)
        ]


def shown(path: Path) -> int:
    """How many frames of a film that breaks off a player shows."""
    count = 0
    with suppress(av.FFmpegError), av.open(str(path)) as film:
        for _ in film.decode(video=0):
            count += 1
    return count


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [("a.mp4", 4.0), ("a.webm", 4.0), ("a.mov", 1.0), ("a.gif", 8.0), ("a", 0.0)],
)
def test_what_is_read_back_is_what_was_written(tmp_path: Path, name: str, tolerance: float) -> None:
    path, written = tmp_path / "new folder" / name, frames(45)
    state = AppState()
    state.latent.x = 4711.0
    with Film(path, fps=RATE, session=session_text(state)) as film:
        for frame in written:
            film.add(frame)
    assert film.outcome is not None
    assert film.outcome.complete
    assert film.outcome.frames == 45
    assert [file.name for file in path.parent.iterdir()] == [name]
    read = decoded(path)
    assert len(read) == 45
    for frame, expected in zip(read, written, strict=True):
        assert frame.shape == expected.shape
        # Mean error in levels of 255: halved colour resolution and lossy coding; PNG has none.
        assert np.abs(frame.astype(float) - expected).mean() <= tolerance
    carrier = path / "00044.png" if path.is_dir() else path
    assert read_session(carrier).state == state
    if path.suffix in (".mp4", ".webm", ".mov"):  # a GIF counts in hundredths of a second
        with av.open(str(path)) as opened:
            assert opened.streams.video[0].average_rate == RATE


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.mov", "a.gif"])
def test_saturated_colours_keep_their_hue(tmp_path: Path, name: str) -> None:
    colours = [(200, 60, 30), (30, 180, 60), (40, 60, 220)]
    with Film(tmp_path / name) as film:
        for colour in colours:
            film.add(np.full((32, 32, 3), colour, np.uint8))
    for frame, colour in zip(decoded(tmp_path / name), colours, strict=True):
        # Coded by BT.709 and said to be; by BT.601 they would be off by 10 levels and more.
        np.testing.assert_allclose(frame[8, 8], colour, atol=5)


def test_pictures_keep_their_opacity_and_films_leave_it_out(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (2, 8, 6, 4)).astype(np.uint8)
    for name in ("folder", "a.mp4", "a.gif"):
        with Film(tmp_path / name) as film:
            for frame in frames:
                film.add(frame)
    for index, frame in enumerate(frames):
        with Image.open(tmp_path / "folder" / f"{index:05d}.png") as picture:
            assert picture.mode == "RGBA"
            np.testing.assert_array_equal(np.asarray(picture), frame)
    with Film(tmp_path / "still.png", still=True) as film:
        film.add(frames[0])
    with Image.open(tmp_path / "still.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), frames[0])
    with pytest.raises(ValueError, match="all frames"), Film(tmp_path / "b") as film:
        film.add(frames[0])
        film.add(frames[1][..., :3])


@pytest.mark.parametrize("name", ["a.webm", "a.mov"])
def test_films_keep_opacity(tmp_path: Path, name: str) -> None:
    frames = np.zeros((3, 64, 96, 4), np.uint8)
    frames[..., 0] = 200
    for index in range(3):
        frames[index, :, : 32 * (index + 1), 3] = 255
    with Film(tmp_path / name) as film:
        for frame in frames:
            film.add(frame)
    with av.open(str(tmp_path / name)) as film:
        decoder = film.streams.video[0].codec_context
        if name == "a.webm":
            decoder = av.CodecContext.create("libvpx-vp9", "r")  # FFmpeg's own leaves opacity out
        shown = [one for packet in film.demux(video=0) for one in decoder.decode(packet)]
    assert len(shown) == 3
    for frame, one in zip(frames, shown, strict=True):
        found = one.to_ndarray(format="rgba").astype(int)
        assert np.abs(found[..., 3] - frame[..., 3]).mean() < 3
        assert np.abs(found[..., 0] - 200).mean() < 3


def test_a_complete_mp4_begins_with_its_table_of_contents(tmp_path: Path) -> None:
    with Film(tmp_path / "a.mp4") as film:
        for frame in frames(10):
            film.add(frame)
    data = (tmp_path / "a.mp4").read_bytes()
    assert b"moof" not in data
    assert data.index(b"moov") < data.index(b"mdat")


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    for name in ("a.mp4", "a"):
        path = tmp_path / name
        with Film(path) as film:
            film.add(frames(1)[0])
        with pytest.raises(FileExistsError, match="exists already"):
            Film(path)
        with Film(path, overwrite=True) as film:
            film.add(frames(2)[1])
        np.testing.assert_allclose(decoded(path)[0], frames(2)[1], atol=40)
    assert [file.name for file in (tmp_path / "a").iterdir()] == ["00000.png"]
    (tmp_path / "b.part.mp4").write_text("another one's")
    with Film(tmp_path / "b.mp4") as film:
        film.add(frames(1)[0])
    assert (tmp_path / "b.part.mp4").read_text() == "another one's"


@pytest.mark.parametrize(
    "name", ["precious.txt", "a.png", "000000.png", "00000.PNG", "00001.png/x"]
)
def test_a_folder_with_anything_else_in_it_is_never_replaced(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "mine"
    with Film(folder) as film:
        film.add(frames(1)[0])
    kept = folder / name
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("mine")
    with pytest.raises(OSError, match="holds more than the pictures of a film"):
        Film(folder, overwrite=True)
    kept.rename(tmp_path / "aside")
    with pytest.raises(OSError, match="holds more"), Film(tmp_path / "new", overwrite=True) as film:
        film.add(frames(1)[0])
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / "late.txt").write_text("mine")
    assert (tmp_path / "new" / "late.txt").exists()
    assert film.outcome is not None
    assert film.outcome.path == tmp_path / "new-part"


def test_only_what_a_film_can_replace_is_overwritten(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.png"):
        (tmp_path / name).mkdir()
        with pytest.raises(OSError, match="is a folder"):
            Film(tmp_path / name, still=name == "b.png", overwrite=True)
    (tmp_path / "c").write_text("mine")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "d").symlink_to(tmp_path / "pictures")
    for name in ("c", "d"):
        with pytest.raises(OSError, match="is no folder"):
            Film(tmp_path / name, overwrite=True)
    assert (tmp_path / "c").read_text() == "mine"
    assert not list((tmp_path / "pictures").iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="such names are not allowed there")
@pytest.mark.parametrize("ending", [".mp4", ".webm", ".gif", ""])
@pytest.mark.parametrize("name", ["12:30", "file:a", "%05d 100%", "-", "Größe 形", "[b]"])
def test_any_name_can_be_written(
    tmp_path: Path, name: str, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path(f"{name}{ending}")
    with Film(path, session=session_text(AppState())) as film:
        for frame in frames(3):
            film.add(frame)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert read_session(path / "00000.png" if not ending else path).state == AppState()


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.gif", "a"])
def test_a_film_that_breaks_off_stays_playable(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyboardInterrupt), Film(tmp_path / name) as film:
        for frame in frames(40):
            film.add(frame)
        raise KeyboardInterrupt
    assert film.outcome is not None
    assert film.outcome.path is not None
    assert not (tmp_path / name).exists()
    assert len(decoded(film.outcome.path)) == film.outcome.frames == 40
    assert "holds the first 40 frames" in str(film.outcome)


def test_without_a_frame_nothing_is_kept(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one frame"), Film(tmp_path / "a.mp4") as film:
        pass
    assert str(film.outcome) == "nothing was kept"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a.avi", "a.mp3"])
def test_unknown_endings_are_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"a film ends in \.mp4"):
        Film(tmp_path / name)
    with pytest.raises(ValueError, match=r"must end in \.png"):
        Film(tmp_path / name, still=True)
    with pytest.raises(ValueError, match="50 frames a second"):
        Film(tmp_path / "a.gif", fps=60)
    assert not list(tmp_path.iterdir())


def test_an_unwritable_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"a\.mp4 cannot be written: \w"):
        Film(tmp_path / "file" / "a.mp4")
    with pytest.raises(OSError, match="cannot be written: File name too long"):
        Film(tmp_path / f"{250 * 'a'}.mp4")


FULL = """
import resource, sys
from pathlib import Path
import numpy as np
from viz.export.film import Film
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
rng, film = np.random.default_rng(0), None
try:
    with Film(Path(sys.argv[1]), fps=30) as film:
        for _ in range(300):
            film.add(rng.integers(0, 255, (96, 128, 3), np.uint8))
except OSError as error:
    print("error", error)
print(film.outcome)
"""

FULL_AT_THE_END = """
import resource, sys
from pathlib import Path
import numpy as np
from viz.export.film import Film
rows, columns = np.mgrid[:96, :128]
waves = [np.sin(columns / 7 + rows / 5 + i / 6) for i in range(60)]
for limit in (0, 10, 1_000, 3_000, 6_000, 10_000, 16_000, 20_000, 24_000, 60_000, 500_000):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    film = error = None
    try:
        with Film(Path(sys.argv[1]) / f"{limit}{sys.argv[2]}", session=300 * "x") as film:
            for wave in waves:
                film.add(np.repeat((128 + 70 * wave).astype(np.uint8)[..., None], 3, 2))
    except OSError as caught:
        error = caught
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    assert film and (error is None) == film.outcome.complete
    print(film.outcome.frames, film.outcome.complete, film.outcome.path)
"""

SLOW = """
import sys, time
from pathlib import Path
import numpy as np
from viz.export.film import Film
rng = np.random.default_rng(0)
with Film(Path(sys.argv[1]), fps=30) as film:
    for number in range(10_000):
        film.add(rng.integers(0, 255, (96, 128, 3), np.uint8))
        if number == 150:
            print("going", flush=True)
            time.sleep(100)
"""


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="limits files by setrlimit")
@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.gif"])
def test_a_full_disk_leaves_what_can_be_played(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    told = subprocess.run(
        [sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, check=True
    ).stdout
    assert "error" in told
    assert "holds the first" in told
    count = int(told.split("first ")[1].split()[0])
    (left,) = tmp_path.iterdir()
    assert left.name == f"a.part{path.suffix}"
    assert 5 < count < 300
    assert abs(shown(left) - count) <= 1  # outside MP4 the last picture may be cut
    if path.suffix == ".mp4":
        assert len(decoded(left)) == count


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="limits files by setrlimit")
@pytest.mark.parametrize("ending", [".mp4", ".webm", ".gif"])
def test_a_disk_that_fills_while_a_film_is_finished(tmp_path: Path, ending: str) -> None:
    """The encoder writes its last frames at the end, when FFmpeg reports no errors any more."""
    told = subprocess.run(
        [sys.executable, "-c", FULL_AT_THE_END, str(tmp_path), ending],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    outcomes = [line.split(maxsplit=2) for line in told.splitlines()]
    for count, complete, path in outcomes:
        assert (int(count) == 60) >= (complete == "True")
        assert (path == "None") == (count == "0")
        if path != "None":
            assert len(decoded(tmp_path / path)) == int(count)
            assert (".part" in path) == (complete == "False")
    assert [complete for _count, complete, _path in (outcomes[0], outcomes[-1])] == [
        "False",
        "True",
    ]
    kept = {path for _count, _complete, path in outcomes} - {"None"}
    assert {str(file) for file in tmp_path.iterdir()} == kept


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="stops processes by signals")
@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.mov", "a.gif"])
def test_a_killed_process_leaves_a_film_that_plays(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "going\n"
        os.kill(process.pid, signal.SIGKILL)
    assert shown(tmp_path / f"a.part{path.suffix}") >= 30  # at least the first second


@pytest.mark.parametrize("name", ["film.mp4", "film.webm"])
def test_a_playlist_is_no_film_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    with Film(tmp_path / name, fps=RATE, session=session_text(AppState())) as film:
        for frame in frames(2):
            film.add(frame)
    assert read_session(tmp_path / name).messages == ()
    playlist = tmp_path / f"list-of-{name}"
    playlist.write_text(f"ffconcat version 1.0\nfile {name}\n")
    with pytest.raises(ValueError, match="is no film"):
        read_session(playlist)
