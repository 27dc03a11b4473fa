"""Recordings of small networks: deterministic, closed, cancelled cleanly."""

from __future__ import annotations

import pickle
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image, ImageFont

from generator import load_network, seed_z
from tests.generator.files.pickles.test_channels import write_channels
from viz.recording import compose
from viz.recording.command_line import main
from viz.recording.compose import Composer, Tile
from viz.recording.record import Recorded, record
from viz.recording.scenes import Comparison, scene_of
from viz.recording.task import RecordTask
from viz.render.jobs.runner import steps
from viz.render.renderer import Renderer
from viz.state.app_state import AppState
from viz.state.inputs import NetworkSlot
from viz.state.set_motion import set_shift, set_walk
from viz.state.to_request import request_at
from viz.storage.session_files import read_session
from viz.worker import all_jobs  # noqa: F401 - importing makes the kinds of jobs known

if TYPE_CHECKING:
    from pathlib import Path

    from viz.state.recording import Subject

KINDS = ("stylegan2", "stylegan3-t", "stylegan3-r")


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer()


@pytest.fixture
def state(network_files: dict[str, str]) -> AppState:
    state = AppState(networks=[NetworkSlot(network_files[kind]) for kind in KINDS[::2]])
    state.performance.threads = 1
    state.recording.size, state.recording.frames = "native", 6
    set_walk(state, 6 / 30)
    return state


def finish(state: AppState, path: Path, renderer: Renderer) -> Recorded:
    *_, last = record(state, path, renderer)
    return last


def pictures(folder: Path) -> list[np.ndarray]:
    return [np.asarray(Image.open(file)) for file in sorted(folder.glob("*.png"))]


@pytest.mark.slow
def test_two_runs_give_identical_frames_that_close(
    state: AppState, renderer: Renderer, tmp_path: Path
) -> None:
    state.recording.frames = 12
    set_walk(state, 12 / 30)
    set_shift(state, 12 / 30)
    last = finish(state, tmp_path / "a", renderer)
    assert (last.frames, last.rendered, last.total) == (12, 12, 12)
    finish(state, tmp_path / "b", Renderer())
    first, second = pictures(tmp_path / "a"), pictures(tmp_path / "b")
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
    apart = [
        np.abs(first[i].astype(int) - first[i - 1]).mean() for i in range(len(first))
    ]  # the first figure is that of the seam
    assert 0 < apart[0] <= max(apart[1:])


@pytest.mark.slow
def test_a_frame_holds_the_renderers_pictures(
    state: AppState, renderer: Renderer, tmp_path: Path
) -> None:
    state.recording.titles = False
    finish(state, tmp_path / "a", renderer)
    for index, frame in enumerate(pictures(tmp_path / "a")):
        drawn = renderer.render(request_at(state, index / 30)).networks
        for slot, one in enumerate(drawn):
            assert one.picture is not None
            left = 12 + slot * (32 + 12)
            np.testing.assert_array_equal(frame[12:44, left : left + 32], one.picture[..., :3])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("subject", "changes", "rendered"),
    [
        ("slit", {}, 6),
        ("grid", {"columns": 3, "rows": 2}, 36),
        ("layers", {}, 6),
        ("layers", {"layer": "input"}, 6),
        ("spectrum", {}, 6),
        ("seeds", {"columns": 3, "rows": 2}, 6),
        ("mix", {"columns": 3, "rows": 2}, 3 + 2 * 4),
        ("compare", {"difference": True, "slit": True, "size": "1080p"}, 6),
    ],
)
def test_every_subject_is_recorded_and_carries_its_session(
    state: AppState,
    renderer: Renderer,
    tmp_path: Path,
    subject: Subject,
    changes: dict[str, object],
    rendered: int,
) -> None:
    state.recording.subject = subject
    state.style_mix.layers = [0, 1]
    state.layers.slot = 1
    for name, value in changes.items():
        setattr(state.recording, name, value)
    still = subject in ("slit", "seeds", "mix")
    path = tmp_path / ("a.png" if still else "a.mp4")
    last = finish(state, path, renderer)
    assert last.rendered == last.total == rendered
    assert last.message == f"wrote {path}"
    assert read_session(path).state == state
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_the_slit_image_is_one_column_of_every_picture(state: AppState, renderer: Renderer) -> None:
    state.recording.subject = "slit"
    scene = scene_of(state)
    assert isinstance(scene, Comparison)
    columns = []
    for index in range(scene.frame_count):
        results = [renderer.render(request) for request in scene.requests(index)]
        scene.tiles(index, results)
        picture = results[0].networks[1].picture
        assert picture is not None
        columns.append(picture[:, 16, :3])
    np.testing.assert_array_equal(scene.slits[1].image, np.stack(columns, 1))


@pytest.mark.slow
def test_cancelling_leaves_the_frames_so_far(
    state: AppState, renderer: Renderer, tmp_path: Path
) -> None:
    state.recording.frames = 1000
    steps = record(state, tmp_path / "a", renderer)
    for _ in range(20):
        last = next(steps)
    steps.close()
    (left,) = tmp_path.iterdir()
    assert str(left) == last.path == str(tmp_path / "a-part")
    assert 1 <= len(pictures(left)) <= 20


def test_a_network_that_cannot_be_read_is_told(renderer: Renderer, tmp_path: Path) -> None:
    state = AppState(networks=[NetworkSlot("/nowhere/a.safetensors")])
    with pytest.raises(ValueError, match="nowhere"):
        finish(state, tmp_path / "a.mp4", renderer)
    with pytest.raises(ValueError, match="no network to record"):
        finish(AppState(), tmp_path / "a.mp4", renderer)
    assert not list(tmp_path.iterdir())


def test_networks_of_different_sizes_have_no_difference(
    state: AppState, renderer: Renderer, tmp_path: Path
) -> None:
    composer = Composer(2, size="native", titles=False)
    opaque = np.full((4, 6, 4), 90, np.uint8)
    opaque[..., 3] = 255
    frame = composer.compose([Tile(np.full((8, 8, 3), 200, np.uint8)), Tile(opaque)])
    assert frame.shape == (32, 50, 3)
    assert (frame[12:20, 12:20] == 200).all()
    assert (frame[12:16, 32:38] == 90).all()


def test_pictures_of_a_film_keep_the_opacity_that_a_network_draws(
    renderer: Renderer, tmp_path: Path
) -> None:
    source, _z, _picture = write_channels(tmp_path / "net.pkl", 4)
    state = AppState(networks=[NetworkSlot(str(source))])
    state.performance.threads = 1
    state.recording.size, state.recording.frames = "native", 2
    state.recording.titles = False
    set_walk(state, 1.0)
    finish(state, tmp_path / "a", renderer)
    request = request_at(state, 0.0)
    (kept,) = renderer.render(replace(request, opacity=True)).networks
    (shown,) = renderer.render(request).networks
    assert kept.picture is not None
    assert shown.picture is not None
    assert (shown.picture[..., 3] == 255).all()
    assert kept.picture[..., 3].min() < 255
    first, second = pictures(tmp_path / "a")
    assert first.shape == second.shape
    side = kept.picture.shape[0]
    np.testing.assert_array_equal(first[12 : 12 + side, 12 : 12 + side], kept.picture)
    assert (first[:12, :, 3] == 255).all(), "what surrounds it is opaque"
    finish(state, tmp_path / "a.mp4", renderer)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_pictures_of_a_batch_equal_those_made_one_by_one(
    network_files: dict[str, str], kind: str
) -> None:
    net = load_network(network_files[kind])
    seeds = [3, 1, 4]
    turns = torch.eye(3).repeat(len(seeds), 1, 1)
    turns[:, 0, 2] = torch.linspace(-0.2, 0.2, len(seeds))
    with torch.inference_mode():
        ws = net.mapping(seed_z(seeds, net.z_dim), psi=0.7)
        batch = net.synthesis(ws, transform=turns)
        for index, seed in enumerate(seeds):
            alone = net.mapping(seed_z([seed], net.z_dim), psi=0.7)
            one = net.synthesis(alone, transform=turns[index])
            # float32: convolutions of other sizes add up in another order.
            torch.testing.assert_close(batch[index], one[0], rtol=0, atol=1e-4)


@pytest.mark.slow
def test_the_command_line(
    network_files: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run(*words: str) -> int:
        monkeypatch.setattr("sys.argv", ["recording", *words])
        return main()

    first = second = network_files["stylegan2"]
    film = tmp_path / "x.mp4"
    words = ("compare", first, second, "--frames", "6", "--size", "native", "--out", str(film))
    assert run(*words, "--walk", "radius=0.25,period=3") == 0
    assert capsys.readouterr().out == f"wrote {film}\n"
    carried = read_session(film).state
    assert (carried.latent.walk, carried.latent.walk_radius) == (True, 0.25)
    assert carried.latent.walk_period_s == pytest.approx(3 / 30)
    assert [network.source for network in carried.networks] == [first, second]
    assert run(*words) == 1
    assert "exists already" in capsys.readouterr().err
    assert run(*words, "--overwrite", "--walk", "period=4") == 1
    assert "would not close" in capsys.readouterr().err
    assert run("session", str(film), "--out", str(tmp_path / "again")) == 0
    assert len(pictures(tmp_path / "again")) == 6
    assert run("compare", *(5 * [first]), "--out", str(tmp_path / "y.mp4")) == 1
    assert "1 to 4 networks" in capsys.readouterr().err


@pytest.mark.slow
def test_a_job_records_in_steps_and_says_what_a_cancelled_one_leaves(
    state: AppState, renderer: Renderer, tmp_path: Path
) -> None:
    task = RecordTask(pickle.loads(pickle.dumps(state)), tmp_path / "a.mp4")
    done = [progress.result for progress in steps(task, renderer)]
    assert [one.rendered for one in done] == [1, 2, 3, 4, 5, 6, 6]
    assert task.told("done", done[-1]) == f"Wrote {tmp_path / 'a.mp4'}."
    again = RecordTask(state, tmp_path / "b")
    job = steps(again, renderer)
    for _ in range(5):
        last = next(job).result
    job.close()  # type: ignore[attr-defined]
    assert again.told("cancelled", last).endswith("b-part holds what was encoded.")
    shutil.rmtree(tmp_path / "b-part")
    assert again.told("cancelled", last) == "recording b: cancelled; nothing was kept."


@pytest.mark.parametrize("columns", [1, 2, 3, 5])
def test_the_figures_above_a_picture_are_not_cut_off(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits: list[bool] = []

    def taken(text: str, room: float, face: ImageFont.FreeTypeFont) -> str:
        fits.append(face.getlength(text) <= room)
        return text

    monkeypatch.setattr(compose, "_cut", taken)
    facts = "StyleGAN3-R · 64² · EQ-T 59.1 dB · EQ-R 37.0 dB"
    tile = Tile(np.zeros((64, 64, 3), np.uint8), title="relief-stylegan3-r", facts=facts)
    Composer(columns, size="1080p").compose([tile] * columns)
    assert len(fits) == 2 * columns
    assert all(fits)
