"""`doctor` tries every part, says what is wrong, and clears caches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from generator.version import VERSION
from visualizer import main
from viz.app import doctor

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "report", lambda: iter(["Python  3"]))
    monkeypatch.setattr(doctor, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(doctor, "config_folder", lambda: tmp_path / "config")
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: str(tmp_path / "cache"))


def test_a_part_that_fails_is_named_and_the_others_are_tried(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_folder: Path) -> str:
        raise RuntimeError("no\nglass")

    monkeypatch.setattr(doctor, "PARTS", {"window": broken, "files": doctor._files})
    assert main(["doctor"]) == 1
    told = capsys.readouterr().out
    assert told.startswith(f"Alias-Free Visualizer {VERSION}\n")
    assert "FAILED: RuntimeError: no glass\n" in told
    assert "files        ok, " in told
    assert "Does not work: window." in told


@pytest.mark.window
def test_window_video_and_files_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = {name: doctor.PARTS[name] for name in ("window", "video", "files")}
    monkeypatch.setattr(doctor, "PARTS", chosen)
    assert main(["doctor"]) == 0, capsys.readouterr().out
    assert capsys.readouterr().out.endswith("Everything works.\n")


@pytest.mark.slow
def test_wrong_kernels_are_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    assert "here" in doctor._kernels(tmp_path) or "prebuilt" in doctor._kernels(tmp_path)
    monkeypatch.setattr(doctor, "LARGEST_ERROR", 0.0)
    with pytest.raises(ArithmeticError, match="is off by"):
        doctor._kernels(tmp_path)


def test_caches_are_named_and_cleared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    networks = tmp_path / "cache/networks"
    networks.mkdir(parents=True)
    (networks / "one.pkl").write_bytes(bytes(3_000_000))
    assert list(doctor.caches()) == ["networks 3.0 MB"]
    assert main(["doctor", "--clear-caches"]) == 0
    assert "removed networks 3.0 MB" in capsys.readouterr().out
    assert not (tmp_path / "cache").exists()
    assert main(["doctor", "--clear-caches"]) == 0


def test_a_cache_that_is_a_link_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (tmp_path / "cache").symlink_to(other)
    assert main(["doctor", "--clear-caches"]) == 1
    assert other.is_dir()


def test_other_arguments_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "now"]) == 1
    assert "doctor takes" in capsys.readouterr().err
