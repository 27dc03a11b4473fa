"""Run folders that are damaged, or come from elsewhere."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from pathlib import Path

import pytest
import torch
from PIL import Image

from generator import NetworkConfig, build_network, load_network
from tests.train.conftest import tiny, write_pictures
from tests.train.test_loop import TINY_FLAGS
from train.commands.main import main
from train.config.presets import stored_settings
from train.runs.folder import RunFolder, RunSetup, load_newest_state
from train.runs.reader import RunReader

posix = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run folder with two states."""
    with RunFolder.create(tmp_path / "run") as folder:
        folder.write_setup(RunSetup(config=tiny(), data=Path("set.zip")))
        for images in (4, 8):
            folder.save_state({"steps_done": images, "weights": torch.ones(4096)}, images)
    return tmp_path / "run"


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


def _with_flipped_bytes(path: Path) -> None:
    """Change the numbers of a tensor, which PyTorch does not notice."""
    with zipfile.ZipFile(path) as archive:
        largest = max(archive.infolist(), key=lambda entry: entry.file_size)
    data = bytearray(path.read_bytes())
    start = largest.header_offset + 4096
    data[start : start + 64] = bytes(byte ^ 0xFF for byte in data[start : start + 64])
    path.write_bytes(data)


def _another_archive(path: Path) -> None:
    torch.save([1, 2], path)


@pytest.mark.parametrize("damage", [_emptied, _with_flipped_bytes, _another_archive])
def test_the_state_before_a_damaged_one_is_taken_and_that_is_said(
    run: Path, damage: object
) -> None:
    damage(run / "state-000000.008.pt")  # type: ignore[operator]
    said: list[str] = []
    assert load_newest_state(run, said.append)["steps_done"] == 4
    assert len(said) == 1
    assert said[0].startswith("state-000000.008.pt cannot be read (")
    assert said[0].endswith("the state before it is used instead")


def test_states_that_are_all_damaged_are_named(run: Path) -> None:
    for path in run.glob("state-*.pt"):
        _emptied(path)
    with pytest.raises(ValueError, match=r"cannot be continued: state-\S+8\.pt .*state-\S+4\.pt"):
        load_newest_state(run)


def test_resume_says_that_it_begins_before_a_damaged_state(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pictures(tmp_path / "set", 8, 16)
    run = tmp_path / "run"
    lengths = ["--kimg", "0.008", "--snapshot-kimg", "0.004"]
    order = ["run", "--data", str(tmp_path / "set"), "--out", str(run), *TINY_FLAGS, *lengths]
    assert main(order) == 0
    _emptied(run / "state-000000.008.pt")
    capsys.readouterr()
    assert main(["resume", str(run)]) == 0
    said = capsys.readouterr().err
    assert "state-000000.008.pt cannot be read" in said
    assert "continuing at 4 pictures" in said


@posix
@pytest.mark.parametrize("name", [".lock", "log.jsonl", "warnings.jsonl", "metric-kid.jsonl"])
@pytest.mark.parametrize("exists", [True, False])
def test_nothing_is_written_through_a_link(run: Path, name: str, exists: bool) -> None:
    precious = run.parent / "precious"
    if exists:
        precious.write_text("mine")
    (run / name).unlink(missing_ok=True)
    (run / name).symlink_to(precious)
    with pytest.raises(ValueError, match=f"{name} is a link, and nothing is written through it"):
        RunFolder.open(run)
    assert precious.exists() == exists
    assert not exists or precious.read_text() == "mine"


@posix
def test_a_link_that_appears_later_is_not_written_through_either(run: Path) -> None:
    with RunFolder.open(run) as folder:
        (run / "warnings.jsonl").symlink_to(run.parent / "precious")
        with pytest.raises(ValueError, match="is a link"):
            folder.log_warning("message", 4)
        (run / "config.json").unlink()
        (run / "config.json").symlink_to(run.parent / "precious")
        folder.write_setup(RunSetup(config=tiny(), data=Path("set.zip")))
    assert not (run / "config.json").is_symlink()
    assert not (run.parent / "precious").exists()


@posix
def test_a_pipe_in_the_place_of_a_file_is_refused(run: Path) -> None:
    os.mkfifo(run / "log.jsonl")
    with RunFolder.open(run) as folder, pytest.raises(ValueError, match="no regular file"):
        folder.drop_log_after(1)
    os.remove(run / "config.json")
    os.mkfifo(run / "config.json")
    with pytest.raises(ValueError, match="no regular file"):
        stored_settings(run / "config.json")
    with RunFolder.open(run) as folder, pytest.raises(ValueError, match="no regular file"):
        folder.read_setup()


def _changed(path: Path, **entries: object) -> str:
    stored = json.loads(path.read_text())
    settings = {name: value for name, value in entries.items() if name != "threads"}
    stored["config"].update(settings)
    stored.update({name: value for name, value in entries.items() if name == "threads"})
    return json.dumps(stored)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"threads": 10**9}, "threads must be a whole number from 1 to 1024, got 1000000000"),
        ({"threads": True}, "threads must be a whole number from 1 to 1024, got True"),
        ({"batch": 10**12}, "batch must be a whole number from 1 to 65536"),
        ({"d_channel_max": 10**12}, "d_channel_max must be a whole number"),
        ({"seed": 2**64}, "seed must be a whole number"),
    ],
)
def test_settings_beyond_any_machine_are_refused(
    run: Path, entries: dict[str, object], message: str
) -> None:
    (run / "config.json").write_text(_changed(run / "config.json", **entries))
    with RunFolder.open(run) as folder, pytest.raises(ValueError, match=message):
        folder.read_setup()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 100_000 + "]" * 100_000, "nested too deeply"),
        ("[" + "0," * 600_000 + "0]", "more than 1024 KiB"),
        ("[]", "cannot be read"),
        ('{"config": {}, "data": 5}', "cannot be read"),
    ],
)
def test_foreign_settings_are_refused_in_one_line(run: Path, text: str, message: str) -> None:
    (run / "config.json").write_text(text)
    with RunFolder.open(run) as folder, pytest.raises(ValueError, match=message) as refused:
        folder.read_setup()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("size", "kept"),
    [((64, 64), (512, 256)), ((288, 512), (1024, 864)), ((128, 1088), (1024, 482))],
)
def test_networks_keep_as_much_of_a_large_grid_as_they_have_room_for(
    size: tuple[int, int], kept: tuple[int, int], tmp_path: Path
) -> None:
    config = NetworkConfig(kind="stylegan2", z_dim=4, w_dim=4, channel_base=64, channel_max=2)
    net = build_network(config.for_pictures(size=size, c_dim=0))
    grid = Image.new("RGB", (8 * size[1], 4 * size[0]), (200, 0, 0))
    with RunFolder.create(tmp_path / "run") as folder:
        path = folder.save_network(net, 1, {}, grid)
    with Image.open(tmp_path / "run" / "samples-000001.png") as whole:
        assert whole.size == grid.size
    preview = load_network(path).preview
    assert preview is not None
    assert preview.size == kept


def test_a_warning_stands_until_it_is_over(run: Path) -> None:
    with RunFolder.open(run) as folder:
        folder.log_warning("of an earlier version", 1)
        folder.log_warning("go back", 2, name="collapsed")
        assert folder.standing_warnings() == ["collapsed"]
        folder.log_warning("", 3, name="collapsed")
        assert folder.standing_warnings() == []
    assert [one.message for one in RunReader(run).read().warnings] == ["of an earlier version"]
