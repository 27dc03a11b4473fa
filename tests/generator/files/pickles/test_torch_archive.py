"""Archives of `torch.save` made to do harm: nothing in them runs, and they cost little."""

from __future__ import annotations

import io
import os
import struct
import time
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
import torch

from generator import NetworkFileError, load_network
from generator.files.pickles import stored_zip
from generator.files.pickles.pickle_machine import PickleRefusedError
from generator.files.pickles.stored_zip import stored_members
from tests.generator.rosinality_files import write_rosinality

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECONDS = 10.0
"""Of the processor, at most, for any refusal."""


def refused(path: Path, told: str) -> None:
    begin = time.process_time()
    with pytest.raises(NetworkFileError, match=told) as error:
        load_network(path)
    assert time.process_time() - begin < SECONDS
    assert "\n" not in str(error.value)


def rewritten(path: Path, change: Callable[[dict[str, bytes]], Any], **options: Any) -> Path:
    """The archive with other members, written as a zip of this kind."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_rosinality(tmp_path / "net.pt")


@pytest.mark.parametrize("legacy", [False, True])
def test_nothing_is_executed(legacy: bool, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "exploded"),)

    refused(
        write_rosinality(tmp_path / "net.pt", legacy=legacy, bomb=Bomb()), "nothing was executed"
    )
    assert not (tmp_path / "exploded").exists()


def test_a_program_is_refused(tmp_path: Path) -> None:
    """As `torch.jit.save` writes it."""
    path = write_rosinality(tmp_path / "net.pt")
    refused(
        rewritten(path, lambda members: members.update({"net/constants.pkl": b""})), "TorchScript"
    )


def test_a_flipped_bit_is_found(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        at = archive.getinfo("net/data/4").header_offset + 200
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    refused(path, "checksum")


def test_a_cut_archive_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for share in (0.1, 0.5, 0.99):
        path.write_bytes(whole[: int(share * len(whole))])
        refused(path, "damaged")


def test_compressed_members_are_refused(path: Path) -> None:
    refused(rewritten(path, lambda members: None, compression=zipfile.ZIP_DEFLATED), "compressed")


def test_missing_and_short_storages_are_refused(path: Path) -> None:
    rewritten(path, lambda members: members.pop("net/data/4"))
    refused(path, "data are missing")
    rewritten(path, lambda members: members.update({"net/data/4": b"\0" * 8}))
    refused(path, r"has 8 bytes")


def test_another_byte_order_is_refused(path: Path) -> None:
    refused(
        rewritten(path, lambda members: members.update({"net/byteorder": b"big"})), "big-endian"
    )


def test_other_zips_are_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.png", b"picture")
    refused(path, "no archive of torch.save")


@pytest.mark.parametrize("stride", [0, 1 << 39])
def test_a_tensor_larger_than_its_data_is_refused(stride: int, tmp_path: Path) -> None:
    """Such a tensor is small in its file; as an array it would have terabytes."""
    strides = torch.zeros(8)
    path = write_rosinality(tmp_path / "net.pt", latent_avg=strides)
    claimed = struct.pack("<B", 8)

    def change(members: dict[str, bytes]) -> None:
        data = members["net/data.pkl"]
        at = data.rindex(b"K" + claimed + b"\x85")
        large = b"\x8a\x06" + (1 << 39).to_bytes(6, "little")
        step = b"\x8a\x06" + stride.to_bytes(6, "little")
        begin = data.index(b"\x85", at + 3)
        members["net/data.pkl"] = (
            data[:at]
            + large
            + data[at + 2 : at + 3]
            + (data[at + 3 : begin - 2] + step + data[begin:])
        )

    refused(rewritten(path, change), "mean w has the shape|larger than its data|refused|damaged")


def test_many_members_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for index in range(20):
            archive.writestr(f"{index}", b"")
    monkeypatch.setattr(stored_zip, "MAX_MEMBERS", 10)
    with pytest.raises(PickleRefusedError, match="more members"):
        stored_members(memoryview(buffer.getvalue()))


def test_a_table_of_contents_that_lies_is_refused(path: Path) -> None:
    data = bytearray(path.read_bytes())
    end = data.rindex(b"PK\5\6")
    data[end + 10 : end + 12] = b"\xff\xff"
    locator = data.rfind(b"PK\6\7")
    if locator >= 0:
        place = data.rindex(b"PK\6\6")
        data[place + 32 : place + 40] = (1 << 60).to_bytes(8, "little")
    path.write_bytes(data)
    refused(path, "more members|damaged")


def test_a_long_table_is_read_in_the_large_format(path: Path) -> None:
    """Archives of more than 4 GiB keep sizes and places in an extra field."""
    entry = struct.pack(
        "<4s6H3L5H2L", b"PK\1\2", *[0] * 6, 0, *[0xFFFFFFFF] * 2, 1, 28, *[0] * 3, 0, 0xFFFFFFFF
    )
    extra = struct.pack("<2H3Q", 1, 24, 5, 5, 0)
    header = struct.pack("<4s5H3L2H", b"PK\3\4", *[0] * 5, 0, 0, 0, 1, 0) + b"ahello"
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, 0, len(header), 0)
    archive = header + entry + b"a" + extra + end
    (member,) = stored_members(memoryview(archive)).values()
    with pytest.raises(PickleRefusedError, match="checksum"):
        member.read()
    member.checksum = 0x3610A686
    assert bytes(member.read()) == b"hello"
