"""Downloads published networks into the cache: https only, resumable, and never executed."""

from __future__ import annotations

import http.client
import json
import os
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any

from generator.files.errors import NetworkFileError
from generator.files.nvidia.pickle import open_pickle
from generator.files.published import LICENCE, NetworkCache, PublishedNetwork, notes_of, part_of

if TYPE_CHECKING:
    from email.message import Message
    from pathlib import Path

Progress = Callable[[int, int | None], None]
"""Told how many bytes are there, of how many; None where the server does not say."""

MAX_BYTES = 4 << 30
"""No published network is nearly as large."""

_CHUNK_BYTES = 1 << 18
_TIMEOUT_S = 30.0


class DownloadError(NetworkFileError):
    """A download failed; the message is one line for the user."""


class DownloadCancelledError(Exception):
    """The download was cancelled; what is there stays, to be continued."""


def download(
    network: PublishedNetwork,
    cache: NetworkCache,
    *,
    licence_accepted: bool,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
    context: ssl.SSLContext | None = None,
) -> Path:
    """Fetch a network, or find it in the cache; what an earlier attempt left is continued.

    Args:
        network: What to fetch.
        cache: Where to.
        licence_accepted: The user has seen `library.LICENCE` and agreed.
        progress: See `Progress`; called from this thread.
        cancel: Set from anywhere to end the download.
        context: Which certificates to trust; None for those the system trusts.

    Returns:
        The file, its structure checked.

    Raises:
        DownloadCancelledError: `cancel` was set.
        NetworkFileError: there is no connection, the server refused, the file does not fit in the
            cache, or what came is no network.
        OSError: the cache cannot be written.
    """
    found = cache.find(network)
    if found is not None:
        return found
    if not licence_accepted:
        raise DownloadError(f"accept the licence first. {LICENCE}")
    if not network.url.startswith("https://"):
        raise DownloadError(f"{network.name} has no https address")
    cache.folder.mkdir(parents=True, exist_ok=True)
    path = cache.path(network)
    transfer = _Transfer(network, cache, path, progress, cancel or threading.Event())
    try:
        transfer.run(_opener(context or ssl.create_default_context()))
    except urllib.error.HTTPError as error:
        raise DownloadError(
            f"{_host(network)} answered {error.code} for {network.name}; try again later"
        ) from None
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ssl.SSLError) as error:
        reason = getattr(error, "reason", error)
        raise DownloadError(
            f"no connection to {_host(network)} ({reason!s:.100}); is there a network? "
            "What has arrived is kept"
        ) from None
    except ConnectionError as error:
        raise DownloadError(
            f"the connection to {_host(network)} broke ({error!s:.100}); what has arrived is kept"
        ) from None
    try:
        open_pickle(part_of(path))
    except NetworkFileError as error:
        part_of(path).unlink()
        raise DownloadError(f"what {_host(network)} sent is no network: {error!s:.200}") from None
    os.replace(part_of(path), path)
    notes_of(path).unlink(missing_ok=True)
    return path


class _Transfer:
    """One attempt to complete the unfinished file of a network."""

    def __init__(
        self,
        network: PublishedNetwork,
        cache: NetworkCache,
        path: Path,
        progress: Progress | None,
        cancel: threading.Event,
    ) -> None:
        self.network = network
        self.cache = cache
        self.part, self.notes = part_of(path), notes_of(path)
        self.progress = progress
        self.cancel = cancel

    def run(self, opener: urllib.request.OpenerDirector) -> None:
        present, version = self._unfinished()
        request = urllib.request.Request(self.network.url)
        request.add_header("Accept-Encoding", "identity")
        if present:
            request.add_header("Range", f"bytes={present}-")
            request.add_header("If-Range", version)
        with opener.open(request, timeout=_TIMEOUT_S) as response:
            if response.status == 206:
                if _range_start(response.headers) != present:
                    raise DownloadError(f"{_host(self.network)} sent another part than asked for")
            else:
                present = 0
            length = _length(response.headers)
            total = None if length is None else present + length
            self._check_size(total if total is not None else present)
            if present == 0:
                self._note_version(response.headers)
            self._copy(response, present, total)

    def _unfinished(self) -> tuple[int, str]:
        """Bytes that are there of a known version; (0, "") where the version is not known."""
        try:
            present = self.part.stat().st_size
            noted = json.loads(self.notes.read_text())
        except (OSError, ValueError):
            # There is nothing to continue.
            return 0, ""
        version = noted.get("version") if isinstance(noted, dict) else None
        if not isinstance(version, str) or noted.get("url") != self.network.url:
            return 0, ""
        return present, version

    def _note_version(self, headers: Message) -> None:
        """Only a strong tag tells that a rest belongs to a beginning."""
        version = headers.get("ETag", "")
        if version and not version.startswith("W/"):
            self.notes.write_text(json.dumps({"url": self.network.url, "version": version}))
        else:
            self.notes.unlink(missing_ok=True)

    def _check_size(self, total: int) -> None:
        if total > MAX_BYTES:
            raise DownloadError(f"{_host(self.network)} offers {total >> 20} MiB: no such network")
        self.cache.make_room(total, keep=self.part)

    def _copy(self, response: IO[bytes], present: int, total: int | None) -> None:
        with self.part.open("r+b" if present else "wb") as file:
            file.seek(present)
            file.truncate()
            while True:
                if self.cancel.is_set():
                    raise DownloadCancelledError
                chunk = response.read(_CHUNK_BYTES)
                if not chunk:
                    break
                present += len(chunk)
                if present > (MAX_BYTES if total is None else total):
                    raise DownloadError(f"{_host(self.network)} sent more than it announced")
                file.write(chunk)
                if total is None:
                    self._check_size(present)
                if self.progress is not None:
                    self.progress(present, total)
        if total is not None and present < total:
            raise ConnectionError(f"{present} of {total} bytes arrived")


class _HttpsRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to https only."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """The request to follow with."""
        if not newurl.lower().startswith("https://"):
            raise DownloadError(f"the server redirects to {newurl!r:.80}, which is not https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener(context: ssl.SSLContext) -> urllib.request.OpenerDirector:
    """Opens https addresses and nothing else: no files, no ftp, no plain http."""
    opener = urllib.request.OpenerDirector()
    handlers: list[Any] = [
        urllib.request.ProxyHandler(),
        urllib.request.HTTPSHandler(context=context),
        _HttpsRedirects(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ]
    for handler in handlers:
        opener.add_handler(handler)
    return opener


def _host(network: PublishedNetwork) -> str:
    return network.url.split("/")[2]


def _length(headers: Message) -> int | None:
    return _number(headers.get("Content-Length", ""))


def _range_start(headers: Message) -> int | None:
    """Where the part begins that the server sends: "bytes 100-199/200" begins at 100."""
    unit, _, span = headers.get("Content-Range", "").partition(" ")
    return _number(span.partition("-")[0]) if unit == "bytes" else None


def _number(text: str) -> int | None:
    """What is no number, or one of more digits than any size has, is as good as none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None
