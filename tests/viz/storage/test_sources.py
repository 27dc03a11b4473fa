"""What opens as a network, and whom a session may send us to."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path

import pytest

from viz.model.dataset_previews import preview_of
from viz.state.app_state import AppState
from viz.state.inputs import NetworkSlot
from viz.state.lab import LabState
from viz.state.paths import owner_of
from viz.storage import bundled
from viz.storage.session import Session
from viz.storage.sources import (
    FILE_FIELDS,
    is_network,
    leave_out,
    unfamiliar_sources,
    without_traps,
)


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
    assert is_network(tmp_path / "X.PKL")
    assert is_network(tmp_path / "x.safetensors")
    assert is_network(ours)
    assert is_network(theirs)
    assert not is_network(empty)
    assert not is_network(tmp_path / "x.zip")


@pytest.mark.parametrize("suffix", [".safetensors", ".pkl", ".pt"])
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
        "//server/share/net.pkl",
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


def test_pictures_and_data_from_elsewhere_are_asked_about_like_networks(tmp_path: Path) -> None:
    beside, elsewhere = str(tmp_path / "beside.png"), "/home/other/secret.png"
    state = AppState(networks=[NetworkSlot("bundled:relief")])
    state.lab.file, state.training.data = beside, elsewhere
    state.spectrum.data, state.training.init_from = elsewhere, "/known.pkl"
    found = unfamiliar_sources(state, tmp_path / "session.json", ["/known.pkl"])
    assert found == (elsewhere,)
    state.training.init_from = bundled.label(bundled.sources()[0])
    assert unfamiliar_sources(state, tmp_path / "session.json", ["/known.pkl"]) == found
    state.training.init_from = "/known.pkl"
    leave_out(state, found)
    assert (state.lab.file, state.training.data, state.spectrum.data) == (beside, "", "")
    assert state.training.init_from == "/known.pkl"
    assert len(state.networks) == 1


def test_every_field_that_names_a_file_is_known() -> None:
    state = AppState()
    assert [owner_of(state, path) is not None for path in FILE_FIELDS] == [True] * len(FILE_FIELDS)
    names = {field.name for part in (state.lab, state.training, state.spectrum)
             for field in fields(part) if field.name in ("file", "data", "init_from")}  # fmt: skip
    assert names == {path.split(".")[1] for path in FILE_FIELDS}


@pytest.mark.parametrize(
    "file",
    [
        "\\\\server\\share\\a.png",
        "//server/share/a.png",
        "/\\server\\share",
        "\\/server/share",
        os.path.abspath(os.sep),
        os.path.join(os.path.abspath(os.sep), "usr", ".."),
    ],
)
def test_no_session_opens_other_machines_or_whole_disks(file: str, tmp_path: Path) -> None:
    state = AppState(lab=LabState(file=file))
    state.training.data = file
    kept = without_traps(Session(state, ("before",)))
    assert (kept.state.lab.file, kept.state.training.data) == ("", "")
    assert len(kept.messages) == 3
    beside = AppState(lab=LabState(file=str(tmp_path / "a.png")))
    assert without_traps(Session(beside, ())) == Session(beside, ())


def test_a_whole_disk_is_not_searched_for_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "rglob", lambda *_: pytest.fail("searched"))
    monkeypatch.setattr(os, "walk", lambda *_: pytest.fail("searched"))
    assert "whole disk" in preview_of(os.path.abspath(os.sep)).problem
