"""Sessions inside stills and latents, kept by themselves, and asked about when foreign."""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from viz.app.initial_state import FIRST_SEED, first_state
from viz.app.options import Options
from viz.export.still import write_still
from viz.protocol.request import LatentPoint, Placement, Request
from viz.protocol.result import NetworkResult, Result
from viz.state.app_state import AppState, starting_state
from viz.state.inputs import DirectionState, Inputs, NetworkSlot
from viz.storage.autosave import CALM_S, LONGEST_S, NAME, Autosave, last_session
from viz.storage.film_metadata import SESSION_KEY
from viz.storage.latents import write_latents
from viz.storage.preferences import Preferences
from viz.storage.session import save_session, session_text
from viz.storage.session_files import read_session
from viz.storage.sources import unfamiliar_sources

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def state() -> AppState:
    state = starting_state(["bundled:relief-stylegan2", "/runs/mine"])
    state.networks[1].own = Inputs()
    state.networks[1].own.latent.x = 3.5
    state.style_mix.layers = [2, 4]
    state.directions = [DirectionState("smile", 3, 1.5)]
    return state


def pictures() -> list[np.ndarray]:
    return [np.full((8, 8, 4), value, np.uint8) for value in (10, 200)]


def test_a_still_carries_its_session_and_its_pixels(tmp_path: Path, state: AppState) -> None:
    path = tmp_path / "still.png"
    write_still(path, pictures(), session_text(state))
    session = read_session(path)
    assert session.state == state
    assert session.messages == ()
    np.testing.assert_array_equal(np.asarray(Image.open(path)), np.concatenate(pictures(), 1))


def test_latents_carry_z_w_and_the_session(tmp_path: Path, state: AppState) -> None:
    z, ws = np.ones((2, 5), np.float32), np.zeros((3, 4), np.float32)
    point = LatentPoint(seeds=((3, 0.25), (4, 0.75)))
    result = Result(
        request=Request(networks=("a", "b"), place=Placement(point), psi=0.5),
        networks=(NetworkResult("a", z=z, ws=ws), NetworkResult("b", error="gone")),
        total_ms=1.0,
    )
    path = tmp_path / "latents.npz"
    write_latents(path, result, session_text(state))
    assert read_session(path).state == state
    with np.load(path, allow_pickle=False) as arrays:
        assert arrays["seeds_0"].tolist() == [3, 4]
        assert arrays["weights_0"].tolist() == [0.25, 0.75]
        np.testing.assert_array_equal(arrays["z_0"], z)
        np.testing.assert_array_equal(arrays["w_0"], ws)
        assert "w_1" not in arrays
    empty = Result(request=Request(), networks=(), total_ms=0.0)
    with pytest.raises(ValueError, match="no picture"):
        write_latents(path, empty, "")


def test_files_without_a_session_say_so(tmp_path: Path) -> None:
    write_still(tmp_path / "plain.png", pictures())
    np.savez(tmp_path / "plain.npz", w=np.zeros(3))
    np.savez(tmp_path / "pickled.npz", session=np.array([{"a": 1}], object))
    (tmp_path / "text.png").write_text("hello")
    (tmp_path / "text.npz").write_text("hello")
    np.save(tmp_path / "array.npy", np.zeros(3))
    (tmp_path / "array.npy").rename(tmp_path / "array.npz")
    np.savez_compressed(tmp_path / "large.npz", session=np.array(" " * (17 << 20)))
    with (tmp_path / "large.json").open("wb") as file:
        file.truncate(17 << 20)
    names = ("plain.png", "plain.npz", "pickled.npz", "text.png", "text.npz", "array.npz")
    for name in (*names, "large.npz", "large.json"):
        with pytest.raises(ValueError):
            read_session(tmp_path / name)


def test_what_was_set_is_restored_at_the_next_start(tmp_path: Path, state: AppState) -> None:
    autosave = Autosave(tmp_path, AppState())
    assert last_session(tmp_path) is None
    assert autosave.write(state, 0.0)
    assert not autosave.write(state, 1.0), "nothing has changed since"
    preferences = Preferences(theme="light")
    restored, _ = first_state(Options(), preferences, tmp_path)
    assert restored.networks == state.networks
    assert restored.style_mix == state.style_mix
    assert restored.view.theme == "light"
    fresh, _ = first_state(Options(fresh=True), preferences, tmp_path)
    assert (fresh.latent.x, fresh.latent.walk, fresh.playing) == (FIRST_SEED, True, True)
    assert fresh.style_mix == AppState().style_mix
    named, _ = first_state(Options(networks=("x",)), preferences, tmp_path)
    assert [network.source for network in named.networks] == ["x"]
    (tmp_path / NAME).write_text("{")
    assert first_state(Options(), preferences, tmp_path)[0].networks, "a damaged one costs nothing"


def test_an_unwritable_folder_is_no_error(tmp_path: Path, state: AppState) -> None:
    assert not Autosave(tmp_path / "missing", AppState()).write(state, 0.0)


def test_a_session_that_could_not_be_kept_is_tried_again(tmp_path: Path, state: AppState) -> None:
    folder = tmp_path / "full"
    autosave = Autosave(folder, AppState())
    assert autosave.due_at(5.0) == 5.0 + CALM_S
    assert not autosave.write(state, 8.0)
    assert autosave.due_at(5.0) == 8.0 + LONGEST_S, "by itself"
    folder.mkdir()
    assert autosave.write(state, 20.0)
    assert autosave.due_at(5.0) == math.inf
    restored = last_session(folder)
    assert restored is not None
    assert restored.state == state


def test_a_hand_that_never_rests_loses_ten_seconds_at_most(tmp_path: Path) -> None:
    autosave = Autosave(tmp_path, AppState())
    lost_from, state = 0.0, AppState()
    for step in range(1, 61):
        now = float(step)  # a touch every second: it never rests for CALM_S
        state.latent.x = now
        if now >= autosave.due_at(now):
            assert autosave.write(state, now)
            lost_from = now
        assert now - lost_from <= LONGEST_S + 1


def test_preferences_that_cannot_be_written_leave_the_old_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Preferences(hint=3).save(tmp_path)

    def full(_descriptor: int) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        assert not Preferences(hint=4).save(tmp_path)
    assert Preferences.load(tmp_path) == Preferences(hint=3)
    assert Preferences(hint=4).save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["preferences.json"]


def test_a_session_of_the_command_line_reads_nothing_from_elsewhere(tmp_path: Path) -> None:
    foreign, beside = "/somewhere/else.pkl", str(tmp_path / "beside.pkl")
    state = AppState(networks=[NetworkSlot(foreign), NetworkSlot(beside)])
    save_session(tmp_path / "s.json", state)
    options = Options(session=tmp_path / "s.json", offscreen=True)
    started, messages = first_state(options, Preferences(), None)
    assert [network.source for network in started.networks] == [beside]
    assert foreign in messages[0]
    assert "--trust" in messages[-1]
    known, _ = first_state(options, Preferences(recent=[foreign]), None)
    trusted, _ = first_state(replace(options, trust=True), Preferences(), None)
    assert known.networks == trusted.networks == state.networks
    named, _ = first_state(replace(options, networks=("x",)), Preferences(), None)
    assert [network.source for network in named.networks] == ["x"]


def test_foreign_networks_are_asked_about(tmp_path: Path) -> None:
    sources = [
        "bundled:relief-stylegan2",
        str(tmp_path / "beside.safetensors"),
        "/known/one",
        "/etc/passwd",
    ]
    state = AppState(networks=[NetworkSlot(source) for source in sources])
    save_session(tmp_path / "s.json", state)
    found = unfamiliar_sources(state, tmp_path / "s.json", ["/known/one"])
    assert found == ("/etc/passwd",)


def test_archives_of_texts_that_are_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "latents.npz"
    for number in (0xFFFFFFFF, 0x110000):  # beyond the last letter there is
        np.savez(path, session=np.array(number, np.uint32).view("<U1"))
        with pytest.raises(ValueError, match="no file of latents"):
            read_session(path)
    # A version of ZIP that nobody knows.
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 6] = 99
    path.write_bytes(data)
    with pytest.raises(ValueError, match="no file of latents"):
        read_session(path)


@pytest.mark.slow
def test_texts_that_unpack_to_gigabytes_are_refused(tmp_path: Path) -> None:
    """PNG's packed texts and colour profiles, before the pixels and behind them."""
    path = tmp_path / "still.png"
    Image.new("RGB", (8, 8)).save(path)
    whole = path.read_bytes()
    packed = zlib.compress(bytes(200 << 20), 9)
    key = SESSION_KEY.encode()
    for kind, data in (
        (b"zTXt", key + b"\0\0" + packed),
        (b"iTXt", key + b"\0\1\0\0\0" + packed),
        (b"iCCP", key + b"\0\0" + packed),
    ):
        chunk = struct.pack(">I", len(data)) + kind + data
        chunk += struct.pack(">I", zlib.crc32(kind + data))
        for at in (33, whole.index(b"IEND") - 4):
            path.write_bytes(whole[:at] + chunk + whole[at:])
            with pytest.raises(ValueError):
                read_session(path)
