"""The command line of recordings: what it takes, refuses, says, and leaves when it is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from generator import NetworkConfig, build_network, load_network, save_network, seed_z
from generator.network import to_uint8
from generator.seeds import seed_class
from viz.recording.command_line import main
from viz.storage.session_files import read_session

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = 5

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def classes_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A network with classes, whose pictures differ between them."""
    config = NetworkConfig(
        kind="stylegan2",
        resolution=32,
        z_dim=16,
        c_dim=CLASSES,
        w_dim=16,
        channel_base=256,
        channel_max=16,
    )
    path = tmp_path_factory.mktemp("networks") / "classes.safetensors"
    save_network(path, build_network(config, seed=3))
    return str(path)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command; returns its exit code and what it says on both streams."""

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["recording", *words])
        return main(), *capsys.readouterr()

    return run


def drawn(source: str, seed: int, label: np.ndarray) -> np.ndarray:
    """Draw with the generator itself, [height, width, 3]."""
    net = load_network(source)
    with torch.inference_mode():
        labels = torch.from_numpy(label.astype(np.float32))[None]
        picture = net.synthesis(net.mapping(seed_z([seed], net.z_dim), labels, psi=0.7))
    values: np.ndarray = to_uint8(picture)[0].permute(1, 2, 0).numpy()
    return values


@pytest.mark.parametrize("subject", ["sheet", "compare", "walk"])
@pytest.mark.parametrize("label", [None, "3", "1:0.75,4:0.25", "0:0.2,2:0.3,4:1", "seed"])
def test_networks_with_classes_draw_the_class_that_is_asked_for(
    classes_file: str, tmp_path: Path, run: Run, label: str | None, subject: str
) -> None:
    seed, expected = 4711, np.zeros(CLASSES)
    weights = {None: {0: 1.0}, "3": {3: 1.0}, "1:0.75,4:0.25": {1: 0.75, 4: 0.25}}
    weights["0:0.2,2:0.3,4:1"] = {0: 0.2, 2: 0.3, 4: 1.0}
    for index, weight in weights.get(label, {seed_class(seed, 16, CLASSES): 1.0}).items():
        expected[index] = weight
    one = ("--columns", "1", "--rows", "1") if subject != "compare" else ()
    if subject != "sheet":
        one += ("--walk", "radius=0", "--frames", "1")
    out = tmp_path / ("a.png" if subject == "sheet" else "a")
    look = ("--size", "native", "--no-titles", "--psi", "0.7", "--seed", str(seed))
    named = () if label is None else ("--label", label)
    code, _told, error = run(subject, classes_file, *one, *look, *named, "--out", str(out))
    assert code == 0, error
    assert ("drawing class 0 of 5" in error) == (label is None)
    frame = np.asarray(Image.open(out if subject == "sheet" else out / "00000.png"))
    shown = frame[12:44, 12:44].astype(int)
    # Another class is off by tens of levels; the window's blend of weights rounds differently.
    assert np.abs(shown - drawn(classes_file, seed, expected)).max() <= 1
    assert np.abs(shown - drawn(classes_file, seed, np.zeros(CLASSES))).max() > 5


@pytest.mark.parametrize(
    ("label", "told"),
    [
        ("5", "has the classes 0 to 4, got 5"),
        ("1:0.5,7:0.5", "has the classes 0 to 4, got 7"),
        ("-1", "--label is a class"),
        ("cat", "--label is a class"),
        ("1:x", "--label is a class"),
        ("1:nan", "--label is a class"),
        ("1:-1,2:1", "--label is a class"),
        ("1:2", "--label is a class"),
        ("1:0.4,1:0.6", "comes twice"),
        ("99999999", "has the classes 0 to 4"),
    ],
)
def test_classes_that_there_are_not_are_refused(
    classes_file: str, tmp_path: Path, run: Run, label: str, told: str
) -> None:
    code, _, error = run("sheet", classes_file, "--label", label, "--out", str(tmp_path / "a.png"))
    assert code == 1
    assert told in error
    assert not list(tmp_path.iterdir())


def test_networks_without_classes_take_none(
    network_files: dict[str, str], tmp_path: Path, run: Run
) -> None:
    source, out = network_files["stylegan2"], str(tmp_path / "a.png")
    assert "has no classes" in run("sheet", source, "--label", "0", "--out", out)[2]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("sheet N --seed 4294967296", "--seed must be 0 to 4294967295, got 4294967296"),
        ("sheet N --seed=-3", "--seed must be 0 to 4294967295, got -3"),
        ("sheet N --psi nan", "--psi must be -1 to 2, got nan"),
        ("sheet N --psi inf", "--psi must be"),
        ("sheet N --scale 17", "--scale must be 1 to 16"),
        ("sheet N --columns 0", "--columns must be 1 to 32"),
        ("sheet N --rows 33", "--rows must be 1 to 32"),
        ("sheet N --seeds 0-4", "takes 32 seeds; got 5"),
        ("sheet N --seeds 0-63", "takes 32 seeds; got 64"),
        ("sheet N --seeds 4294967296", "--seeds must be 0 to 4294967295"),
        ("sheet N --seeds 0-9999", "--seeds takes at most 4096 seeds"),
        ("sheet N --shuffle 1", "--shuffle needs --seeds"),
        ("walk N --seeds 0-12", "takes 12 seeds, or a multiple of that; got 13"),
        ("walk N --frames 0", "--frames must be 1 to 100,000, got 0"),
        ("compare N --through 1,4294967296", "--through must be 0 to 4294967295"),
        ("compare N --through x", "--through takes seeds like"),
        ("compare N --walk radius=nan", "finite"),
        ("compare N --walk radius=4", "--walk: radius must be 0 to 3"),
        ("compare N --walk period=1e-300", "one frame at least"),
        ("compare N --slit 0,0,nan,1", "within the picture"),
        ("mix N --layers 0-64", "--layers must be 0 to 63, got 64"),
        ("mix N --layers 0 --other -1", "--other must be 0 to 4,294,967,295"),
        ("mix N --layers 0 --row-seeds 0-40", "--rows must be 1 to 32, got 41"),
        ("mix N --layers 0 --column-seeds -1", "--column-seeds takes seeds like"),
        ("flight N --through 0,0 --psi nan", "--psi must be"),
        ("flight N --through 0,0,256,0,-1", "seed must be 0 to 4294967295"),
        ("flight N --through 0,0 --leg nan", "--leg must be"),
        ("flight N --through 0,0 --leg 0", "--leg must be more than 0"),
    ],
)
def test_numbers_out_of_range_are_refused_before_anything_is_drawn(
    words: str, told: str, tmp_path: Path, run: Run
) -> None:
    command, _network, *options = words.split()
    suffix = ".png" if command in ("sheet", "mix") else ".mp4"
    code, _, error = run(command, "/none.pkl", *options, "--out", str(tmp_path / f"a{suffix}"))
    assert code == 1
    assert told in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_the_last_seed_is_a_place_like_any_other(
    network_files: dict[str, str], tmp_path: Path, run: Run
) -> None:
    source, look = network_files["stylegan2"], ("--size", "native", "--no-titles")
    words = ("sheet", source, *look, "--rows", "1", "--columns", "2")
    assert run(*words, "--seed", "4294967295", "--out", str(tmp_path / "a.png"))[0] == 0
    assert run(*words, "--seeds", "4294967295,0", "--out", str(tmp_path / "b.png"))[0] == 0
    first, second = (np.asarray(Image.open(tmp_path / f"{name}.png")) for name in "ab")
    np.testing.assert_array_equal(first, second)
    for name in "ab":
        assert read_session(tmp_path / f"{name}.png").messages == ()


def test_each_picture_of_a_grid_leads_through_seeds_of_its_own(
    network_files: dict[str, str], tmp_path: Path, run: Run
) -> None:
    source, look = network_files["stylegan3-t"], ("--size", "native", "--no-titles")
    film = ("walk", source, *look, "--columns", "2", "--rows", "1", "--frames", "6")
    assert run(*film, "--seeds", "3-8", "--out", str(tmp_path / "a"))[0] == 0
    assert run(*film, "--seeds", "3-8", "--shuffle", "5", "--out", str(tmp_path / "b"))[0] == 0
    still = ("sheet", source, *look, "--columns", "3", "--rows", "2", "--seeds", "3-8")
    assert run(*still, "--out", str(tmp_path / "all.png"))[0] == 0
    sheet = np.asarray(Image.open(tmp_path / "all.png"))
    place = [slice(12 + 44 * index, 44 + 44 * index) for index in range(3)]
    seeds = {
        3 + 3 * row + column: sheet[place[row], place[column]]
        for row in range(2)
        for column in range(3)
    }

    def at(folder: str, index: int, cell: int) -> np.ndarray:
        frame = np.asarray(Image.open(tmp_path / folder / f"{index:05d}.png"))
        return frame[place[0], place[cell]].astype(int)

    for cell, first in ((0, 3), (1, 6)):
        for step in range(3):  # every second frame is at a seed
            assert np.abs(at("a", 2 * step, cell) - seeds[first + step]).max() <= 1
        assert np.abs(at("a", 1, cell) - seeds[first]).max() > 1
    shuffled = [
        next(
            seed for seed, one in seeds.items() if np.abs(at("b", 2 * step, cell) - one).max() <= 1
        )
        for cell in range(2)
        for step in range(3)
    ]
    assert sorted(shuffled) == list(range(3, 9))
    assert shuffled != sorted(shuffled)
    assert read_session(tmp_path / "b" / "00000.png").state.recording.seeds == shuffled


def test_a_matrix_of_chosen_seeds(network_files: dict[str, str], tmp_path: Path, run: Run) -> None:
    source, look = network_files["stylegan2"], ("--size", "native", "--no-titles")
    mix = ("mix", source, *look, "--layers", "0-3", "--row-seeds", "5,1", "--column-seeds", "8,2,9")
    assert run(*mix, "--out", str(tmp_path / "a.png"))[0] == 0
    matrix = np.asarray(Image.open(tmp_path / "a.png"))
    assert matrix.shape == (3 * 44 + 12, 4 * 44 + 12, 3)
    sheet = ("sheet", source, *look, "--columns", "5", "--rows", "1", "--seeds", "8,2,9,5,1")
    assert run(*sheet, "--out", str(tmp_path / "b.png"))[0] == 0
    alone = np.asarray(Image.open(tmp_path / "b.png"))[12:44]
    place = [slice(12 + 44 * index, 44 + 44 * index) for index in range(5)]
    for column in range(3):
        np.testing.assert_array_equal(matrix[place[0], place[column + 1]], alone[:, place[column]])
    for row in range(2):
        np.testing.assert_array_equal(matrix[place[row + 1], place[0]], alone[:, place[3 + row]])


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        ("1080p", (1080, 1920)),
        ("2160p", (2160, 3840)),
        ("square", (1080, 1080)),
        ("portrait", (1920, 1080)),
    ],
)
@pytest.mark.parametrize("smooth", [False, True])
def test_frames_have_the_size_asked_for_and_pixels_are_squares_or_smooth(
    network_files: dict[str, str],
    tmp_path: Path,
    run: Run,
    size: str,
    shape: tuple[int, int],
    smooth: bool,
) -> None:
    names = [network_files["stylegan2"]] * 2
    still = ("--walk", "radius=0", "--frames", "1", "--size", size, "--no-titles")
    enlarged = ("--smooth",) if smooth else ()
    assert run("compare", *names, *still, *enlarged, "--out", str(tmp_path / "a"))[0] == 0
    frame = np.asarray(Image.open(tmp_path / "a" / "00000.png")).astype(int)
    assert frame.shape[:2] == shape
    steps = np.abs(np.diff(frame, axis=1)).sum(2)
    # Share of neighbours that differ, in the row with most; of squares of 16 pixels one in 16 may.
    moving = (steps > 0).mean(1).max()
    assert (moving > 0.2) == smooth


def test_a_film_of_better_quality_follows_its_frames_more_closely(
    network_files: dict[str, str], tmp_path: Path, run: Run
) -> None:
    sizes = []
    for quality in ("small", "good", "best"):
        film = ("compare", network_files["stylegan2"], "--size", "native", "--frames", "12")
        out = tmp_path / f"{quality}.mp4"
        assert run(*film, "--scale", "4", "--quality", quality, "--out", str(out))[0] == 0
        sizes.append(out.stat().st_size)
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2]


def test_what_is_there_is_refused_before_a_network_is_read(tmp_path: Path, run: Run) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "precious.txt").write_text("mine")
    (tmp_path / "x.mp4").mkdir()
    for command in ("compare /none.pkl", "flight /none.pkl --through 0,0/1,1"):
        words = [word.replace("/1", " 1") for word in command.split()]
        code, _, error = run(*words, "--out", str(tmp_path / "mine"), "--overwrite")
        assert code == 1
        assert "precious.txt" in error
        code, _, error = run(*words, "--out", str(tmp_path / "x.mp4"), "--overwrite")
        assert code == 1
        assert "is a folder" in error
    assert (tmp_path / "mine" / "precious.txt").exists()


STOPPED = """
import signal
import sys

# Who runs the tests in the background may have it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

from viz.recording import command_line
from viz.recording.record import record

def noted(*words, **more):
    for done in record(*words, **more):
        if done.rendered == 40:
            print("going", flush=True)
        yield done

command_line.record = noted
sys.exit(command_line.main())
"""


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="stops processes by signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_film_in_good_order(
    network_files: dict[str, str], tmp_path: Path, number: int
) -> None:
    words = ("compare", network_files["stylegan2"], "--frames", "100000", "--size", "native")
    with subprocess.Popen(
        [sys.executable, "-c", STOPPED, *words, "--out", str(tmp_path / "a.mp4")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "going\n"
        os.kill(process.pid, number)
        error = process.stderr.read()
    assert process.returncode == 1
    assert f"stopped; {tmp_path / 'a.part.mp4'} holds what was encoded" in error.replace("\n", " ")
    assert "Traceback" not in error
    assert [file.name for file in tmp_path.iterdir()] == ["a.part.mp4"]


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="pipes and encodings of Unix")
def test_output_ends_quietly_and_never_breaks_off(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "viz.recording"]
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii:strict", "LC_ALL": "C"}
    told = subprocess.run(
        [*command, "sheet", "/none.pkl", "--out", "Größe.gif"],
        capture_output=True,
        env=ascii_only,
        check=False,
    )
    assert told.returncode == 1
    assert b"Gr??e.gif" in told.stderr
    assert b"Traceback" not in told.stderr
    helped = subprocess.run([*command, "--help"], capture_output=True, env=ascii_only, check=False)
    assert helped.returncode == 0
    with subprocess.Popen(
        [*command, "walk", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
