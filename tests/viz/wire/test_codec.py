"""Messages to bytes and back, and what is refused."""

from __future__ import annotations

import contextlib
import random
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest
import zstandard

from viz.protocol.dragging import DraggedPlace, DragStep, DragTask
from viz.protocol.jobs import JobControl, JobOrder, JobReport
from viz.protocol.lab import Samples
from viz.protocol.latent import GivenLatent
from viz.protocol.request import LatentPoint, MapsRequest, Placement, Request
from viz.protocol.result import FeatureMaps, NetworkResult, Result, WorkerEvent
from viz.protocol.spectra import Average, DataTask
from viz.protocol.tiles import TileId
from viz.recording.task import RecordTask
from viz.state.app_state import starting_state
from viz.wire import codec
from viz.wire.codec import decode, encode
from viz.wire.schema import WireError, known_records

GIVEN = GivenLatent.of("w", np.linspace(-1, 1, 6))
REQUEST = Request(
    networks=("bundled:a", "/b.safetensors"),
    place=Placement(LatentPoint(((3, 0.25), (4, 0.75)), given=GIVEN)),
    maps=MapsRequest(1, "L3", 2, 5),
    id=7,
)


def result() -> Result:
    picture = np.random.default_rng(0).integers(0, 256, (16, 24, 4), np.uint8)
    picture[..., 3] = 255
    maps = FeatureMaps("L3", 2, np.full((2, 3, 4), np.nan, np.float32), 0, 1, -1, float("inf"), 9)
    return Result(REQUEST, (NetworkResult("a", picture=picture, maps=maps),), 1.5)


def equal(one: Any, other: Any) -> bool:
    """Tell whether two values are equal, arrays bit by bit."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        same: bool = one.dtype == other.dtype and one.shape == other.shape
        return same and one.tobytes() == other.tobytes()
    if is_dataclass(one):
        return all(equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[k], other[k]) for k in one)
    return bool(one == other)


DRAG = DragTask(REQUEST, 1, (((-0.1, 0.2), (0.0, 0.25)),), reach=0.2)
DRAGGED = DragStep(
    3, np.zeros((4, 4, 4), np.uint8), ((0.0, 0.2),), 1.5, DraggedPlace(GIVEN, x=0.1), "moved"
)
MESSAGES = (
    REQUEST,
    result(),
    JobControl(3, "cancel"),
    JobOrder(4, RecordTask(starting_state(["bundled:a"]), Path("/out/film.mp4"))),
    JobReport(5, DataTask("/data", 8), "running", 1.0, 2, None, Average({}, 3, (1.0, 2.0))),
    JobOrder(6, DRAG),
    JobReport(6, DRAG, "running", 3, 120, 4.5, DRAGGED),
    WorkerEvent("loading", "reading «a»", 0.5, "a"),
    Samples.of(np.ones((4, 4))),
    TileId(0, -1, 2),
)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda one: type(one).__name__)
def test_messages_arrive_as_they_were_sent(message: Any) -> None:
    assert equal(decode(encode(message)), message)


def test_pictures_alone_may_lose_something_and_little() -> None:
    smooth = np.linspace(0, 255, 64).astype(np.uint8)
    picture = np.stack([np.tile(smooth, (64, 1))] * 3 + [np.full((64, 64), 255, np.uint8)], -1)
    sent = result()
    sent = replace(sent, networks=(replace(sent.networks[0], picture=picture),))
    came = decode(encode(sent, quality=88)).networks[0]
    assert equal(came.maps, sent.networks[0].maps)
    assert came.picture.shape == picture.shape
    difference = came.picture.astype(int) - picture
    assert 0 < np.abs(difference).max() < 8
    assert (came.picture[..., 3] == 255).all()


def test_a_picture_that_is_partly_transparent_stays_exact() -> None:
    sent = result()
    assert sent.networks[0].picture is not None
    sent.networks[0].picture[0, 0, 3] = 7
    assert equal(decode(encode(sent, quality=88)), sent)


def test_what_is_no_record_does_not_cross_the_line() -> None:
    for value in (object(), np.array([object()]), lambda: None):
        with pytest.raises(TypeError, match="cannot cross the line"):
            encode(JobReport(1, DataTask("", 1), "done", result=value))


def record(name: str, /, **own: Any) -> bytes:
    packed: bytes = msgpack.packb(msgpack.ExtType(0, msgpack.packb([name, own])))
    return packed


def array(dtype: str, shape: Any, content: bytes) -> msgpack.ExtType:
    return msgpack.ExtType(2, msgpack.packb([dtype, shape, content]))


def nested(depth: int) -> bytes:
    value: Any = 1
    for _ in range(depth):
        value = msgpack.ExtType(1, msgpack.packb([value]))
    packed: bytes = msgpack.packb(value)
    return packed


BOMB = zstandard.compress(bytes(64 << 20), 19)
CONTROL = {"id": 1, "verb": "pause"}


@pytest.mark.parametrize(
    ("packed", "reason"),
    [
        (b"", "unreadable"),
        (b"\xc1", "unreadable"),
        (msgpack.packb(3), "no message"),
        (msgpack.packb(msgpack.ExtType(9, b"")), "unknown kind"),
        (record("os.system", command="x"), "unknown kind"),
        (record("JobControl", id=1), "other fields"),
        (record("JobControl", **CONTROL, more=1), "other fields"),
        (record("JobControl", **(CONTROL | {"verb": "explode"})), "verb is not of its type"),
        (record("JobControl", **(CONTROL | {"id": "1"})), "id is not of its type"),
        (record("JobControl", **(CONTROL | {"id": True})), "id is not of its type"),
        (record("Samples", side=2, data=array("|O", [1], b"")), "unknown type"),
        (record("Samples", side=2, data=array("<f4", [1 << 40], b"")), "too large"),
        (record("Samples", side=2, data=array("<f4", [-1], b"")), "impossible shape"),
        (record("Samples", side=2, data=array("|u1", [8], BOMB)), "do not fit its shape"),
        (record("GivenLatent", kind="w", rows=1, columns=2, data="", name=""), "not valid"),
        (nested(200), "nested too deeply"),
    ],
)
def test_what_is_no_message_is_refused_in_a_line(packed: bytes, reason: str) -> None:
    with pytest.raises(WireError, match=reason):
        decode(packed)


def test_a_message_with_bytes_changed_is_read_or_refused() -> None:
    random_ = random.Random(0)
    whole = [encode(message) for message in MESSAGES]
    for _ in range(3000):
        changed = bytearray(random_.choice(whole))
        for _ in range(random_.randint(1, 4)):
            changed[random_.randrange(len(changed))] = random_.randrange(256)
        with contextlib.suppress(WireError):
            decode(bytes(changed[: random_.randint(1, len(changed))]))


def test_a_message_too_large_for_the_line_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "LARGEST_FRAME", 1000)
    with pytest.raises(WireError, match="too large for the line"):
        encode(result())


def test_every_field_of_every_record_has_a_type_that_is_understood() -> None:
    """A field of a new kind, a set say, would cross the line unchecked."""
    from typing import Literal, Union, get_args, get_origin

    from viz.wire.schema import fields as fields_of

    understood = {tuple, list, dict, np.ndarray, np.dtype, Literal, Union, type(int | str)}

    def check(hint: Any, where: str) -> None:
        origin = get_origin(hint)
        assert origin is None or origin in understood, f"{where}: {hint}"
        if origin is not Literal:
            for one in get_args(hint):
                check(one, where)

    for name, kind in known_records().items():
        for field, hint in fields_of(kind).items():
            check(hint, f"{name}.{field}")
