"""The command line: what it asks the window for, and the report for bug reports."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

import visualizer
from viz.app import diagnose
from viz.app.options import Options
from viz.storage import bundled


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Options]:
    """The options the window was asked to run with; no window opens."""
    seen: list[Options] = []
    window = ModuleType("viz.app.main")
    window.run = lambda options: seen.append(options) or 0  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "viz.app.main", window)
    return seen


def test_options_arrive(asked: list[Options], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visualizer, "why_no_window", lambda: "")
    code = visualizer.main(
        ["a.safetensors", "runs/b", "--size", "1280X720", "--theme", "light", "--device", "cpu"]
    )
    assert code == 0
    assert asked == [
        Options(networks=("a.safetensors", "runs/b"), size=(1280, 720), theme="light", device="cpu")
    ]


def test_without_a_display_a_picture_and_a_clip_are_written(
    asked: list[Options], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(visualizer, "why_no_window", lambda: "There is no display")
    assert visualizer.main([]) == 0
    assert asked[0].offscreen
    assert asked[0].screenshot == Path("out/screenshot.png")
    assert asked[0].clip == Path("out/visualizer.mp4")
    told = capsys.readouterr().out
    assert "no display" in told
    assert "wrote out/screenshot.png" in told


def test_a_screenshot_asked_for_is_the_only_thing_written(
    asked: list[Options], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visualizer, "why_no_window", lambda: "There is no display")
    visualizer.main(["--offscreen", "--screenshot", "x.png"])
    assert (asked[0].screenshot, asked[0].clip) == (Path("x.png"), None)


@pytest.mark.parametrize("size", ["big", "1600", "1600x", "10x10", "99999x900"])
def test_sizes_that_are_none(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        visualizer.main(["--size", size])
    assert "size" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--screenshot", "x.foo"], "must end in .png"),
        (["--clip", "x.png"], "must end in .mp4"),
        (["--clip-seconds", "-3"], "longer than 0"),
        (["--clip-seconds", "nan"], "longer than 0"),
        (["--clip-seconds", "long"], "are a number"),
        (["--device", "abacus"], "a device is auto, cpu"),
    ],
)
def test_files_and_lengths_are_checked_before_anything_is_drawn(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        visualizer.main(arguments)
    assert told in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="displays have names here only")
def test_a_display_that_does_not_answer_is_none(
    asked: list[Options], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":4711")
    assert visualizer.main([]) == 0
    assert asked[0].offscreen
    assert asked[0].screenshot is not None
    assert "The display does not answer: drawing without one." in capsys.readouterr().out


@pytest.mark.skipif(sys.platform != "linux", reason="displays have names here only")
def test_over_ssh_the_message_says_what_to_do(
    asked: list[Options], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")
    assert visualizer.main([]) == 0
    assert asked[0].offscreen
    assert "ssh -X" in capsys.readouterr().out


@pytest.mark.window
def test_diagnose_tells_versions_devices_and_backends(capsys: pytest.CaptureFixture[str]) -> None:
    assert visualizer.main(["--diagnose"]) == 0
    lines = capsys.readouterr().out.splitlines()
    topics = {line.split()[0] for line in lines}
    assert topics >= {"Python", "system", "torch", "numpy", "CPU", "OpenGL", "device", "bundled"}
    assert sum(line.startswith("operations") for line in lines) >= 3
    assert all(line == line.strip() for line in lines)


def test_diagnose_survives_without_opengl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gui_utils.window", None)
    assert any("OpenGL       not to be had" in line for line in diagnose.report())


def test_bundled_sources_resolve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled, "folder", lambda: tmp_path)
    assert bundled.starting_pair() == []
    for name in ("relief-stylegan3-t", "relief-stylegan3-r", "relief-stylegan2"):
        (tmp_path / f"{name}.safetensors").touch()
    assert bundled.starting_pair() == ["bundled:relief-stylegan2", "bundled:relief-stylegan3-r"]
    for name in ("relief-128-stylegan2", "relief-128-stylegan3-t"):
        (tmp_path / f"{name}.safetensors").touch()
    # Networks of one size belong together.
    large = ["bundled:relief-128-stylegan2", "bundled:relief-128-stylegan3-t"]
    assert bundled.starting_pair() == bundled.of_kinds(("stylegan2", "stylegan3-t")) == large
    small = ["bundled:relief-stylegan2", "bundled:relief-stylegan3-r"]
    assert bundled.of_kinds(("stylegan2", "stylegan3-r")) == small
    assert bundled.of_kinds(("stylegan4",)) == []
    assert bundled.resolve("bundled:relief-stylegan2") == tmp_path / "relief-stylegan2.safetensors"
    assert bundled.label("bundled:relief-stylegan2") == "relief-stylegan2"
    with pytest.raises(ValueError, match=r"there are: relief-128-stylegan2, .*, relief-style"):
        bundled.resolve("bundled:nothing")
