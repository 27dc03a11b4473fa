"""Downloads published networks into the cache: https only, resumable, and never executed."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from generator.files.answer import Answer
from generator.files.atomic_files import names_file, open_regular, write_atomically
from generator.files.errors import NetworkFileError
from generator.files.pickles.pickle import open_pickle
from generator.files.published import LICENCE, NetworkCache, PublishedNetwork, notes_of, part_of
from generator.files.sanitise import readable
from systems.files import keeps_name_while_open, try_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message
    from pathlib import Path

Progress = Callable[[int, int | None], None]
"""Told how many bytes are there, of how many; None where the server does not say."""

_TIMEOUT_S = 30.0
_LOCK_PATIENCE_S = 5.0
"""A download that has just been cancelled frees its file after a moment."""
_MAX_NOTES_BYTES = 1 << 16


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
        licence_accepted: The user has seen `published.LICENCE` and agreed.
        progress: See `Progress`; called from this thread, several times a second even while
            nothing arrives, and may wait.
        cancel: Set from anywhere to end the download, within half a second.
        context: Which certificates to trust; None for those the system trusts.

    Returns:
        The file, its structure and its tensors checked.

    Raises:
        DownloadCancelledError: `cancel` was set.
        NetworkFileError: there is no connection, the server refused, the file does not fit in the
            cache, what came is no network, or another program downloads the same one.
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
    path, cancel = cache.path(network), cancel or threading.Event()
    with _locked_part(network, path, cancel) as part:
        found = cache.find(network)
        if found is not None:
            return found  # another program was faster
        transfer = _Transfer(network, cache, part, progress, cancel)
        transfer.run(_opener(context or ssl.create_default_context()))
        os.fsync(part.fileno())
        _check_still_here(network, part_of(path), part)
        _check_content(network, part_of(path))
        size = os.fstat(part.fileno()).st_size
        cache.make_room(size, keep=part_of(path))
        _check_still_here(network, part_of(path), part)
        if keeps_name_while_open():
            part.close()
        os.replace(part_of(path), path)
        notes_of(path).unlink(missing_ok=True)
    return path


@contextmanager
def _locked_part(
    network: PublishedNetwork, path: Path, cancel: threading.Event
) -> Iterator[BinaryIO]:
    """Open the unfinished file of a network for this download alone."""
    name = part_of(path)
    give_up = time.monotonic() + _LOCK_PATIENCE_S
    while True:
        part = open_regular(name, "a+b")
        # Whoever held the lock before may have renamed the file that was just opened.
        if try_lock(part) and names_file(name, part):
            break
        part.close()
        if cancel.is_set():
            raise DownloadCancelledError
        if time.monotonic() > give_up:
            raise DownloadError(f"{network.name} is being downloaded by another program")
        time.sleep(0.05)
    with part:
        try:
            yield part
        finally:
            if not part.closed and os.fstat(part.fileno()).st_size == 0 and names_file(name, part):
                with suppress(OSError):  # Windows deletes no open file, and an empty one is none
                    name.unlink()


def _check_still_here(network: PublishedNetwork, name: Path, part: BinaryIO) -> None:
    """Refuse to go on with a file of that name that is not the one that was written."""
    if not names_file(name, part):
        raise DownloadError(f"{network.name} was removed while it was downloaded")


def _check_content(network: PublishedNetwork, part: Path) -> None:
    """Delete what arrived unless it is the network, whole."""
    from generator.files.pickles.completeness import check_tensors  # loads PyTorch

    try:
        if network.size_bytes not in (None, part.stat().st_size):
            raise NetworkFileError(f"it has {part.stat().st_size:,} bytes")
        if network.sha256 is not None:
            with part.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != network.sha256:
                    raise NetworkFileError("its SHA-256 is another than the published file's")
        check_tensors(open_pickle(part))
    except NetworkFileError as error:
        part.unlink()
        raise DownloadError(
            f"what {_host(network)} sent is no network, or not all of it: {error!s:.200}"
        ) from None


class _Transfer:
    """One attempt to complete the unfinished file of a network."""

    def __init__(
        self,
        network: PublishedNetwork,
        cache: NetworkCache,
        part: BinaryIO,
        progress: Progress | None,
        cancel: threading.Event,
    ) -> None:
        self.network = network
        self.cache = cache
        self.part, self.notes = part, notes_of(cache.path(network))
        self.progress = progress
        self.cancel = cancel

    def run(self, opener: urllib.request.OpenerDirector) -> None:
        present, version = self._unfinished()
        request = urllib.request.Request(self.network.url)
        request.add_header("Accept-Encoding", "identity")
        if present:
            request.add_header("Range", f"bytes={present}-")
            request.add_header("If-Range", version)
        with Answer(opener, request, _TIMEOUT_S) as answer:
            try:
                self._take(answer, present)
            except urllib.error.HTTPError as error:
                raise DownloadError(
                    f"{_host(self.network)} answered {error.code} for {self.network.name}; "
                    "try again later"
                ) from None
            except _CONNECTION_ERRORS as error:
                host, reason = _host(self.network), _reason(error)
                if answer.began:
                    text = f"the connection to {host} broke ({reason}); what has arrived is kept"
                else:
                    text = (
                        f"no connection to {host} ({reason}); is there a network? "
                        "What has arrived is kept"
                    )
                raise DownloadError(text) from None

    def _take(self, answer: Answer, present: int) -> None:
        """Write what arrives."""
        total: int | None = None
        for head, chunk in answer:
            if head is not None:
                present, total = self._begin(head.status, head.headers, present)
            elif chunk:
                present += len(chunk)
                if present > (self.network.most_bytes if total is None else total):
                    raise DownloadError(f"{_host(self.network)} sent more than any such network")
                self.part.write(chunk)
            if self.cancel.is_set():
                raise DownloadCancelledError
            if self.progress is not None and answer.began:
                self.progress(present, total)
        self.part.flush()
        if total is not None and present < total:
            raise ConnectionError(f"{present} of {total} bytes arrived")

    def _begin(self, status: int, headers: Message, asked: int) -> tuple[int, int | None]:
        """Bytes that stay of the file, and bytes that it will have; None where nobody says."""
        if status == 206:
            if _range_start(headers) != asked:
                raise DownloadError(f"{_host(self.network)} sent another part than asked for")
        else:
            asked = 0
        length = _length(headers)
        total = None if length is None else asked + length
        self._check_size(asked if total is None else total)
        self.part.truncate(asked)
        if asked == 0:
            self._note_version(headers)
        return asked, total

    def _unfinished(self) -> tuple[int, str]:
        """Bytes that are there of a known version; (0, "") where the version is not known."""
        present = os.fstat(self.part.fileno()).st_size
        try:
            with open_regular(self.notes, "rb") as file:
                noted = json.loads(file.read(_MAX_NOTES_BYTES))
        except (OSError, ValueError, RecursionError):
            # There is nothing to continue.
            return 0, ""
        version = noted.get("version") if isinstance(noted, dict) else None
        if not isinstance(version, str) or noted.get("url") != self.network.url:
            return 0, ""
        return (present, version) if present and _is_tag(version) else (0, "")

    def _note_version(self, headers: Message) -> None:
        """Only a strong tag tells that a rest belongs to a beginning."""
        version = headers.get("ETag", "")
        if _is_tag(version):
            write_atomically(self.notes, json.dumps({"url": self.network.url, "version": version}))
        else:
            self.notes.unlink(missing_ok=True)

    def _check_size(self, total: int) -> None:
        if total > self.network.most_bytes:
            raise DownloadError(f"{_host(self.network)} offers {total >> 20} MiB: no such network")
        self.cache.check_fits(total)


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
            raise DownloadError("the server redirects to an address that is not https")
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


_CONNECTION_ERRORS = (
    urllib.error.URLError,
    http.client.HTTPException,
    TimeoutError,
    ssl.SSLError,
    ConnectionError,
)


def _reason(error: Exception) -> str:
    """Explain a failed connection in the system's words, never in the server's."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    match reason:
        case ssl.SSLCertVerificationError():
            text = f"certificate: {reason.verify_message}"
        case ssl.SSLError():
            text = "no secure connection"
        case TimeoutError():
            text = "no answer"
        case http.client.HTTPException():
            text = "the answer is no HTTP"
        case OSError():
            text = reason.strerror or "the network failed"
        case _:
            text = "the network failed"
    return readable(text)[:100]


def _host(network: PublishedNetwork) -> str:
    return network.url.split("/")[2]


def _is_tag(version: str) -> bool:
    """Return whether a text is a strong ETag that can be sent back."""
    return (
        2 < len(version) < 1000
        and version[0] == '"'
        and version.isascii()
        and version.isprintable()
    )


def _length(headers: Message) -> int | None:
    return _number(headers.get("Content-Length", ""))


def _range_start(headers: Message) -> int | None:
    """Where the part begins that the server sends: "bytes 100-199/200" begins at 100."""
    unit, _, span = headers.get("Content-Range", "").partition(" ")
    return _number(span.partition("-")[0]) if unit == "bytes" else None


def _number(text: str) -> int | None:
    """Read a size; None for other texts and for more digits than any size has."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None
