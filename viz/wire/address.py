"""Addresses of workers that listen: `tcp://TOKEN@127.0.0.1:PORT`, on this machine only.

A worker draws whatever it is asked for, so it must not be open to a network: from elsewhere it is
reached through a tunnel, whose end is on this machine, too.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

SCHEME = "tcp://"
LONGEST_TOKEN = 200
"""Characters."""


@dataclass(frozen=True)
class Address:
    """The place where a worker listens, and the word that it asks for."""

    host: str
    port: int
    token: str = ""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        secret = f"{quote(self.token, safe='')}@" if self.token else ""
        return f"{SCHEME}{secret}{host}:{self.port}"

    @property
    def shown(self) -> str:
        """The address without its token."""
        return str(Address(self.host, self.port)).removeprefix(SCHEME)


def parse_address(text: str) -> Address:
    """Parse `HOST:PORT` or `tcp://TOKEN@HOST:PORT`.

    Raises:
        ValueError: it is no address, or none of this machine.
    """
    try:
        parts = urlsplit(text if text.startswith(SCHEME) else SCHEME + text)
        host, port, token = parts.hostname or "", parts.port, unquote(parts.username or "")
    except ValueError:
        host, port, token = "", None, ""
    if not host or port is None or len(token) > LONGEST_TOKEN or "\n" in token:
        raise ValueError(f"an address is written 127.0.0.1:7777, got {text!r:.60}")
    if host != "localhost" and not _is_loopback(host):
        raise ValueError(
            f"{host} is no address of this machine alone: take 127.0.0.1, and a tunnel to reach it "
            "from elsewhere (ssh -L 7777:127.0.0.1:7777 HOST)"
        )
    return Address("127.0.0.1" if host == "localhost" else host, port, token)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
