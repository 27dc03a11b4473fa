"""Latents that other programs wrote: read with care, kept with the session, drawn as they are."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from generator import load_network
from viz.protocol.latent import GivenLatent
from viz.protocol.request import LatentPoint, LayerEdits, WStep
from viz.render.latents import LatentSpace
from viz.state.app_state import AppState
from viz.state.inputs import DirectionState
from viz.state.to_request import request_for
from viz.storage.latents import MOST_STACKED, read_latents
from viz.storage.session import parse_session, session_text
from viz.storage.session_files import find_session

if TYPE_CHECKING:
    from pathlib import Path

RANDOM = np.random.default_rng(0)
Z = RANDOM.standard_normal((1, 16)).astype(np.float32)


@pytest.fixture
def space(network_files: dict[str, str]) -> LatentSpace:
    return LatentSpace(load_network(network_files["stylegan3-t"]).eval().requires_grad_(False))


@pytest.mark.parametrize(
    ("arrays", "kind", "shape"),
    [
        ({"z": Z}, "z", (1, 16)),
        ({"z": Z[0].astype(np.float64)}, "z", (1, 16)),
        ({"w": Z[0].astype(np.float16)}, "w", (1, 16)),
        ({"w": np.zeros((1, 14, 16), np.float32)}, "ws", (14, 16)),
        ({"ws": np.zeros((14, 16), np.float32), "z": Z}, "ws", (14, 16)),
        ({"w_plus": np.asfortranarray(np.zeros((14, 16)))}, "ws", (14, 16)),
        ({"dlatents": np.zeros((1, 14, 16), np.float32)}, "ws", (14, 16)),
    ],
)
def test_the_documented_arrays_are_understood(
    arrays: dict[str, np.ndarray], kind: str, shape: tuple[int, int], tmp_path: Path
) -> None:
    np.savez(tmp_path / "theirs.npz", **arrays)
    assert find_session(tmp_path / "theirs.npz") is None
    (given,) = read_latents(tmp_path / "theirs.npz").latents
    assert (given.kind, given.values().shape, given.name) == (kind, shape, "theirs")
    np.testing.assert_allclose(
        given.values(), np.asarray(next(iter(arrays.values()))).reshape(shape), rtol=1e-3
    )


def write_lying(path: Path, shape: str) -> None:
    """An archive whose array says it is larger than it is."""
    np.savez(path, z=np.zeros(16, np.float32))
    with zipfile.ZipFile(path) as archive:
        data = archive.read("z.npy")
    assert b"(16,)" in data
    assert b" " * 20 in data, "there is room in the header"
    lie = f"({shape},)".encode()
    data = data.replace(b" " * (len(lie) - 5) + b"\n", b"\n", 1).replace(b"(16,)", lie, 1)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("z.npy", data)


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"x": Z}, "no latent"),
        ({"z": np.array([{"a": 1}], object)}, "no floating"),
        ({"z": np.zeros(16, np.int64)}, "no floating"),
        ({"z": np.full(16, np.nan, np.float32)}, "finite"),
        ({"z": np.full(16, 1e300)}, "finite"),
        ({"z": np.zeros((2, 16), np.float32)}, "one row"),
        ({"ws": np.zeros((65, 16), np.float32)}, "rows"),
        ({"z": np.zeros((3, 4, 5), np.float32)}, "not expected"),
        ({"ws": np.zeros((2, 3, 4, 5), np.float32)}, "not expected"),
        ({"w": np.zeros((0, 4, 5), np.float32)}, "holds nothing"),
        ({"w": np.float32(0)}, "a single number"),
        ({"boundary": np.zeros((2, 16), np.float32)}, "one row"),
        ({"z": np.zeros((0,), np.float32)}, "numbers"),
        ({"z": np.float32(1)}, "a single number"),
    ],
)
def test_what_is_no_latent_is_refused(
    arrays: dict[str, np.ndarray], told: str, tmp_path: Path
) -> None:
    np.savez(tmp_path / "theirs.npz", **arrays)
    with pytest.raises(ValueError, match=told):
        read_latents(tmp_path / "theirs.npz")


def test_damaged_and_lying_archives_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.npz"
    path.write_bytes(b"PK\x03\x04 nonsense")
    with pytest.raises(ValueError, match="no archive"):
        read_latents(path)
    np.savez_compressed(path, z=np.random.default_rng(0).normal(size=512))
    whole = path.read_bytes()
    path.write_bytes(whole[:200] + b"\xff" * 100 + whole[300:])
    with pytest.raises(ValueError, match="no archive"):
        read_latents(path)
    for shape, told in (
        ("99", "shorter"),
        ("9" * 13, "impossible"),
        ("-1", "impossible"),
        ("True", "impossible"),
        ("9" * 7, "too large|shorter"),
        ("[" * 200, "damaged"),
        ("9e9", "damaged"),
    ):
        write_lying(path, shape)
        with pytest.raises(ValueError, match=told):
            read_latents(path)


def test_a_given_latent_is_drawn_as_it_is(space: LatentSpace) -> None:
    net = space._net
    w = net.mapping(torch.from_numpy(Z))[0]

    def ws(given: GivenLatent, psi: float = 1.0) -> torch.Tensor:
        return space.ws_at(LatentPoint(given=given), psi=psi, cutoff=3)

    torch.testing.assert_close(ws(GivenLatent.of("z", Z))[0], w)
    torch.testing.assert_close(ws(GivenLatent.of("w", w[0].numpy()))[0], w)
    each = torch.randn(net.num_ws, net.w_dim, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(ws(GivenLatent.of("ws", each.numpy()))[0], each)
    half = ws(GivenLatent.of("ws", each.numpy()), psi=0.5)[0]
    torch.testing.assert_close(half[:3], net.mapping.w_avg + 0.5 * (each[:3] - net.mapping.w_avg))
    torch.testing.assert_close(half[3:], each[3:])
    np.testing.assert_array_equal(space.z(LatentPoint(given=GivenLatent.of("z", Z))), Z)


def test_a_latent_of_another_size_says_so(space: LatentSpace) -> None:
    big = GivenLatent.of("z", np.zeros(512, np.float32), "face")
    with pytest.raises(ValueError, match="face is a z 512, this network's z 16"):
        space.w_at(LatentPoint(given=big))


def test_it_is_saved_with_the_session_and_validated_on_the_way_back() -> None:
    state = AppState()
    state.latent.given = GivenLatent.of("z", Z, "theirs")
    read = parse_session(session_text(state), "x")
    assert read.state.latent == state.latent
    assert not read.messages
    assert request_for(read.state) == request_for(state)
    spoilt = json.loads(session_text(state))
    for field, value in (("data", "AAAA"), ("rows", 2), ("columns", 10**9), ("kind", "q")):
        broken = json.loads(json.dumps(spoilt))
        broken["state"]["latent"]["given"][field] = value
        session = parse_session(json.dumps(broken), "x")
        assert session.state.latent.given is None
        assert session.messages


@pytest.mark.parametrize(
    ("shape", "kind", "rows"), [((1, 14, 16), "ws", 14), ((14, 16), "ws", 14), ((16,), "w", 1)]
)
def test_an_array_alone_is_a_w(
    shape: tuple[int, ...], kind: str, rows: int, tmp_path: Path
) -> None:
    values = RANDOM.standard_normal(shape)
    np.save(tmp_path / "projected_w.npy", values)
    found = read_latents(tmp_path / "projected_w.npy")
    (given,) = found.latents
    assert (given.kind, given.rows, found.is_direction) == (kind, rows, False)
    np.testing.assert_allclose(given.values(), values.reshape(rows, 16), rtol=1e-6)


def test_a_stack_has_its_entries(tmp_path: Path) -> None:
    values = RANDOM.standard_normal((70, 14, 16)).astype(np.float32)
    np.savez(tmp_path / "w_stack.npz", w=values)
    found = read_latents(tmp_path / "w_stack.npz")
    assert (found.total, len(found.latents), found.is_direction) == (70, MOST_STACKED, False)
    assert found.latents[2].name == "w_stack 3"
    np.testing.assert_array_equal(found.latents[2].values(), values[2])


def test_a_row_may_be_called_a_direction(tmp_path: Path) -> None:
    for name, expected in (("smile_boundary.npy", True), ("face.npy", False)):
        np.save(tmp_path / name, Z)
        assert read_latents(tmp_path / name).is_direction is expected


@pytest.mark.parametrize("name", ["unit.npy", "theirs.npz"])
def test_a_vector_of_length_one_is_a_direction(
    name: str, space: LatentSpace, tmp_path: Path
) -> None:
    """Boundaries of other programs are normals of planes in w."""
    unit = RANDOM.standard_normal((1, 16))
    unit /= np.linalg.norm(unit)
    if name.endswith("npy"):
        np.save(tmp_path / name, unit)
    else:
        np.savez(tmp_path / name, boundary=unit)
    found = read_latents(tmp_path / name)
    assert found.is_direction
    step = WStep(0, 2.0, 3, 5, found.latents[0])
    point, settings = LatentPoint(), {"psi": 1.0, "cutoff": None}
    moved = space.ws_at(point, edits=LayerEdits(steps=(step,)), **settings)
    offset = moved - space.ws_at(point, **settings)
    assert not offset[0, :3].any()
    assert not offset[0, 6:].any()
    along = torch.from_numpy(unit[0]).float()
    deviation = (space._samples() @ along).std()
    torch.testing.assert_close(offset[0, 4], 2 * deviation * along, rtol=1e-3, atol=1e-5)
    wrong = WStep(0, 1.0, given=GivenLatent.of("w", np.ones(7, np.float32), "theirs"))
    with pytest.raises(ValueError, match="theirs has 7 numbers, this network's w 16"):
        space.ws_at(point, edits=LayerEdits(steps=(wrong,)), **settings)


def test_a_given_direction_is_kept_with_the_session() -> None:
    state = AppState()
    given = GivenLatent.of("w", np.ones(16, np.float32), "smile")
    state.directions.append(DirectionState(amount=1.0, given=given))
    again = parse_session(session_text(state), "s").state
    assert again.directions == state.directions
    assert request_for(again).edits.steps[0].given == given


@pytest.mark.parametrize("shape", [(5, 1, 16), (5, 16)])
def test_the_components_of_ganspace_are_directions(tmp_path: Path, shape: tuple[int, ...]) -> None:
    components = np.linalg.qr(np.random.default_rng(0).normal(size=(16, 16)))[0][:5]
    path = tmp_path / "stylegan2_w.npz"
    components = components.astype(np.float32)
    np.savez(path, act_comp=components, lat_comp=components.reshape(shape), lat_mean=components[:1])
    found = read_latents(path)
    assert (found.is_direction, found.total) == (True, 5)
    for one, row in zip(found.latents, components, strict=True):
        assert one.kind == "w"
        np.testing.assert_array_equal(one.values()[0], row)
