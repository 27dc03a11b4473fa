"""What opens as a network, and whom a session may send us to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from viz.state.app_state import AppState
from viz.state.inputs import NetworkSlot
from viz.storage.sources import is_network, unfamiliar_sources

if TYPE_CHECKING:
    from pathlib import Path


def asked(folder: Path, source: str) -> bool:
    state = AppState(networks=[NetworkSlot(source)])
    return bool(unfamiliar_sources(state, folder / "session.json", ["/known.pkl"]))


def test_files_of_both_kinds_and_run_folders_of_both_layouts_are_networks(tmp_path: Path) -> None:
    ours, theirs, empty = tmp_path / "ours", tmp_path / "theirs", tmp_path / "empty"
    for folder in (ours, theirs / "00003-stylegan3-t", empty):
        folder.mkdir(parents=True)
    (ours / "network-000012.safetensors").touch()
    (theirs / "00003-stylegan3-t" / "network-snapshot-000200.pkl").touch()
    assert is_network(tmp_path / "x.pkl")
    assert is_network(tmp_path / "x.safetensors")
    assert is_network(ours)
    assert is_network(theirs)
    assert not is_network(empty)
    assert not is_network(tmp_path / "x.zip")


@pytest.mark.parametrize("suffix", [".safetensors", ".pkl"])
def test_networks_beside_the_session_are_not_asked_about(suffix: str, tmp_path: Path) -> None:
    assert not asked(tmp_path, str(tmp_path / "deep" / f"net{suffix}"))
    assert not asked(tmp_path, "bundled:relief")
    assert not asked(tmp_path, "/known.pkl")


@pytest.mark.parametrize(
    "source",
    [
        "https://example.org/net.pkl",
        "http://example.org/net.pkl",
        "file:///etc/passwd",
        "/etc/passwd.pkl",
        "../secret.pkl",
        "net.pkl",
        "stylegan3-t-ffhq-1024x1024",
        "~nobody-here/net.pkl",
        "\\\\server\\share\\net.pkl",
        "a\0b.pkl",
        "",
    ],
)
def test_everything_else_is_asked_about_wherever_the_program_runs(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert asked(tmp_path, source)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_that_lead_out_of_the_folder_are_asked_about(tmp_path: Path) -> None:
    folder, secret = tmp_path / "session", tmp_path / "secret.pkl"
    folder.mkdir()
    secret.touch()
    (folder / "net.pkl").symlink_to(secret)
    assert asked(folder, str(folder / "net.pkl"))
    assert asked(folder, str(folder / ".." / "secret.pkl"))
