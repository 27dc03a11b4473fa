"""Addresses of workers are those of this machine alone."""

from __future__ import annotations

import argparse

import pytest

from viz.app.options import listening_address, worker_command
from viz.wire.address import Address, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:7777", Address("127.0.0.1", 7777)),
        ("localhost:0", Address("127.0.0.1", 0)),
        ("tcp://a%40b@127.0.0.1:80", Address("127.0.0.1", 80, "a@b")),
        ("tcp://word@[::1]:80", Address("::1", 80, "word")),
    ],
)
def test_an_address_is_read_and_written(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert parse_address(str(address)) == address
    assert "word" not in address.shown


@pytest.mark.parametrize("text", ["", "7777", "127.0.0.1", "127.0.0.1:high", "127.0.0.1:99999"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="an address is written"):
        parse_address(text)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.org", "[::]"])
def test_addresses_that_others_reach_are_refused(host: str) -> None:
    with pytest.raises(ValueError, match="no address of this machine alone"):
        parse_address(f"{host}:7777")
    with pytest.raises(argparse.ArgumentTypeError, match="tunnel"):
        listening_address(f"{host}:7777")
    with pytest.raises(argparse.ArgumentTypeError):
        worker_command(f"tcp://word@{host}:7777")
