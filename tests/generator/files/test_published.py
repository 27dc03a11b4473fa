"""The list of published networks, its cache, and downloads from a server on this machine."""

from __future__ import annotations

import hashlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from generator import NetworkConfig, NetworkFileError, build_network, load_network
from generator.files import download as download_module
from generator.files.download import DownloadCancelledError, DownloadError, download
from generator.files.published import (
    NetworkCache,
    PublishedNetwork,
    find_published,
    notes_of,
    part_of,
    published,
)
from tests.generator.files.pickles.test_torch_networks import arrays, options_of, write_networks
from tests.generator.nvidia_files import write_golden
from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.generator.https_server import Server


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NetworkCache:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return NetworkCache(tmp_path / "cache")


@pytest.fixture
def network(server: Server, tmp_path: Path) -> PublishedNetwork:
    path = write_golden(tmp_path / "original.pkl", "stylegan2", holds=("G_ema",))
    server.files["/net.pkl"] = path.read_bytes()
    return PublishedNetwork("net", "stylegan2", "nothing", 64, 1, f"{server.base}/net.pkl")


def test_the_list_has_every_published_stylegan3() -> None:
    names = {item.name for item in published()}
    for kind in ("stylegan3-t", "stylegan3-r"):
        for data in ("ffhq-1024x1024", "ffhqu-1024x1024", "ffhqu-256x256", "metfaces-1024x1024"):
            assert f"{kind}-{data}" in names
        assert f"{kind}-metfacesu-1024x1024" in names
        assert f"{kind}-afhqv2-512x512" in names
    assert len(names) == len(published())
    for item in published():
        assert item.url.startswith("https://api.ngc.nvidia.com/")
        assert item.url.endswith(f"/{item.file_name}")
        assert find_published(item.url) is item
    with pytest.raises(NetworkFileError, match="list"):
        find_published("stylegan4")


@pytest.mark.parametrize("name", ["../x", "a/b", "", "A", "x" * 99, "a.b"])
def test_names_are_plain_file_names(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        PublishedNetwork(name, "stylegan2", "", 64, 1, "https://localhost/")


def test_download(
    server: Server, network: PublishedNetwork, cache: NetworkCache, trusted: ssl.SSLContext
) -> None:
    seen: list[tuple[int, int | None]] = []
    path = download(
        network,
        cache,
        licence_accepted=True,
        context=trusted,
        progress=lambda done, total: seen.append((done, total)),
    )
    size = len(server.files["/net.pkl"])
    assert seen[-1] == (size, size)
    assert seen == sorted(seen)
    assert [file.name for file in cache.folder.iterdir()] == ["net.pkl"]
    assert load_network(path).kind == "stylegan2"
    # A second time nobody is asked, licence or not.
    assert download(network, cache, licence_accepted=False) == path
    assert len(server.ranges) == 1


def test_nothing_is_asked_for_before_the_licence_is_accepted(
    server: Server, network: PublishedNetwork, cache: NetworkCache
) -> None:
    with pytest.raises(DownloadError, match="non-commercial"):
        download(network, cache, licence_accepted=False)
    assert not server.ranges
    assert not cache.folder.exists()


def test_broken_and_cancelled_downloads_are_continued(
    server: Server, network: PublishedNetwork, cache: NetworkCache, trusted: ssl.SSLContext
) -> None:
    server.break_after = 100_000
    with pytest.raises(DownloadError, match="kept"):
        download(network, cache, licence_accepted=True, context=trusted)
    server.break_after = None
    cancel = threading.Event()
    with pytest.raises(DownloadCancelledError):
        download(
            network,
            cache,
            licence_accepted=True,
            context=trusted,
            cancel=cancel,
            progress=lambda done, total: cancel.set(),
        )
    part = part_of(cache.path(network)).stat().st_size
    assert part > 100_000
    path = download(network, cache, licence_accepted=True, context=trusted)
    assert path.read_bytes() == server.files["/net.pkl"]
    assert server.ranges == [None, "bytes=100000-", f"bytes={part}-"]


def test_a_file_that_changed_in_between_is_fetched_anew(
    server: Server, network: PublishedNetwork, cache: NetworkCache, trusted: ssl.SSLContext
) -> None:
    server.break_after = 100_000
    with pytest.raises(DownloadError):
        download(network, cache, licence_accepted=True, context=trusted)
    server.break_after, server.version = None, '"2"'
    path = download(network, cache, licence_accepted=True, context=trusted)
    assert path.read_bytes() == server.files["/net.pkl"]


def test_unknown_certificates_and_names_are_refused(
    server: Server, network: PublishedNetwork, cache: NetworkCache, trusted: ssl.SSLContext
) -> None:
    with pytest.raises(DownloadError, match=r"(?i)certificate"):
        download(network, cache, licence_accepted=True)
    other = replace(network, url=network.url.replace("localhost", "127.0.0.2"))
    with pytest.raises(DownloadError):
        download(other, cache, licence_accepted=True, context=trusted)
    assert not server.ranges


def test_redirects_lead_to_https_only(
    server: Server, network: PublishedNetwork, cache: NetworkCache, trusted: ssl.SSLContext
) -> None:
    for target in ("http://localhost:9/net.pkl", "ftp://localhost/x", "file:///etc/passwd"):
        server.redirects["/net.pkl"] = target
        with pytest.raises(DownloadError, match=r"not https|answered"):
            download(network, cache, licence_accepted=True, context=trusted)
    server.redirects["/moved.pkl"], server.redirects["/net.pkl"] = "/there.pkl", "/moved.pkl"
    server.files["/there.pkl"] = server.files["/net.pkl"]
    assert download(network, cache, licence_accepted=True, context=trusted).is_file()
    server.redirects["/net.pkl"] = "/net.pkl"
    endless = replace(network, name="endless")
    with pytest.raises(DownloadError, match="answered 302"):
        download(endless, cache, licence_accepted=True, context=trusted)
    with pytest.raises(DownloadError, match="no https"):
        plain = replace(endless, url=network.url.replace("https", "http"))
        download(plain, cache, licence_accepted=True, context=trusted)


def test_what_is_no_network_is_not_kept(
    server: Server, network: PublishedNetwork, cache: NetworkCache, trusted: ssl.SSLContext
) -> None:
    server.files["/net.pkl"] = b"<html>Log in first</html>" * 100
    with pytest.raises(DownloadError, match="no network"):
        download(network, cache, licence_accepted=True, context=trusted)
    del server.files["/net.pkl"]
    with pytest.raises(DownloadError, match="404"):
        download(network, cache, licence_accepted=True, context=trusted)
    server.files["/net.pkl"], server.announced = b"x", 10**5000
    with pytest.raises(DownloadError, match="no network"):
        download(network, cache, licence_accepted=True, context=trusted)
    server.announced = 5 << 30
    with pytest.raises(DownloadError, match="no such network"):
        download(network, cache, licence_accepted=True, context=trusted)
    assert cache.used_bytes() == 0


def test_no_connection_is_one_clear_line(
    server: Server, cache: NetworkCache, trusted: ssl.SSLContext
) -> None:
    nobody = PublishedNetwork("x", "stylegan2", "", 64, 1, "https://localhost:1/x.pkl")
    with pytest.raises(DownloadError, match="no connection to localhost:1") as error:
        download(nobody, cache, licence_accepted=True, context=trusted)
    assert "\n" not in str(error.value)


def test_the_cache_keeps_to_its_limit(
    server: Server, network: PublishedNetwork, cache: NetworkCache, trusted: ssl.SSLContext
) -> None:
    size = len(server.files["/net.pkl"])
    cache.set_limit(2 * size + 1000)
    items = [replace(network, name=f"net-{i}") for i in range(3)]
    for index, item in enumerate(items[:2]):
        path = download(item, cache, licence_accepted=True, context=trusted)
        os.utime(path, (index, index))
    # The one used last stays.
    assert cache.find(items[0]) is not None
    download(items[2], cache, licence_accepted=True, context=trusted)
    assert cache.find(items[1]) is None
    assert cache.find(items[0]) is not None
    assert cache.used_bytes() <= cache.limit_bytes
    with pytest.raises(NetworkFileError, match="raise its limit"):
        cache.set_limit(size // 2)
        download(network, cache, licence_accepted=True, context=trusted)
    assert cache.used_bytes() == 0
    with pytest.raises(ValueError, match="0 or more"):
        cache.set_limit(-1)


def test_only_networks_are_ever_removed(cache: NetworkCache, network: PublishedNetwork) -> None:
    cache.folder.mkdir()
    outside = cache.folder.parent / "outside.pkl"
    outside.write_bytes(b"x" * 1000)
    (cache.folder / "link.pkl").symlink_to(outside)
    (cache.folder / "notes.txt").write_text("mine")
    (cache.folder / "settings.json").write_text("{")
    cache.set_limit(0)
    assert outside.exists()
    assert (cache.folder / "notes.txt").exists()


@pytest.fixture
def slow(server: Server) -> Iterator[threading.Event]:
    """A server that keeps the second half of each file back until the event is set."""
    server.patience = threading.Event()
    yield server.patience
    server.patience.set()


def test_a_silent_server_does_not_delay_a_cancel(
    slow: threading.Event,
    network: PublishedNetwork,
    cache: NetworkCache,
    trusted: ssl.SSLContext,
) -> None:
    cancel, told = threading.Event(), []

    def follow(done: int, total: int | None) -> None:
        told.append(done)
        if len(told) > 1 and told[-1] == told[-2] > 0:  # nothing more arrives
            cancel.set()

    with pytest.raises(DownloadCancelledError):
        download(
            network, cache, licence_accepted=True, context=trusted, progress=follow, cancel=cancel
        )
    assert not slow.is_set()
    assert part_of(cache.path(network)).stat().st_size == told[-1]


def test_two_that_download_the_same_network_do_not_mix(
    server: Server,
    slow: threading.Event,
    network: PublishedNetwork,
    cache: NetworkCache,
    trusted: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    began = threading.Event()

    def fetch(progress: Callable[[int, int | None], None] | None = None) -> Path:
        return download(network, cache, licence_accepted=True, context=trusted, progress=progress)

    with ThreadPoolExecutor(1) as first:
        path = first.submit(fetch, lambda done, total: began.set() if done else None)
        assert began.wait(PATIENCE_S)
        monkeypatch.setattr(download_module, "_LOCK_PATIENCE_S", 0.0)
        with pytest.raises(DownloadError, match="by another program"):
            fetch()
        with pytest.raises(NetworkFileError):
            cache.set_limit(0)
            cache.make_room(1)
        assert part_of(cache.path(network)).is_file(), "nobody makes room of what is being written"
        (cache.folder / "settings.json").unlink()
        monkeypatch.setattr(download_module, "_LOCK_PATIENCE_S", PATIENCE_S)
        with ThreadPoolExecutor(1) as second:
            other = second.submit(fetch)
            slow.set()
            assert other.result() == path.result()
    assert path.result().read_bytes() == server.files["/net.pkl"]
    assert server.ranges == [None], "the second waited and found what the first fetched"


def test_what_was_removed_meanwhile_gets_no_name(
    slow: threading.Event,
    network: PublishedNetwork,
    cache: NetworkCache,
    trusted: ssl.SSLContext,
) -> None:
    def remove(done: int, total: int | None) -> None:
        if done and not slow.is_set():
            cache.remove(network)
            part_of(cache.path(network)).write_bytes(b"somebody else's")
            slow.set()

    with pytest.raises(DownloadError, match="removed"):
        download(network, cache, licence_accepted=True, context=trusted, progress=remove)
    assert cache.find(network) is None


def test_an_endless_answer_costs_nobody_else_s_network(
    server: Server, network: PublishedNetwork, cache: NetworkCache, trusted: ssl.SSLContext
) -> None:
    size = len(server.files["/net.pkl"])
    cache.set_limit(2 * size)
    kept = download(network, cache, licence_accepted=True, context=trusted)
    server.endless = True
    other = replace(network, name="other", size_bytes=size + 1000)
    with pytest.raises(DownloadError, match="sent more"):
        download(other, cache, licence_accepted=True, context=trusted)
    assert kept.is_file()


def test_size_and_hash_are_those_of_the_published_file(
    server: Server, network: PublishedNetwork, cache: NetworkCache, trusted: ssl.SSLContext
) -> None:
    data = server.files["/net.pkl"]
    known = replace(network, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    for wrong in (
        replace(known, size_bytes=len(data) + 1),
        replace(known, sha256=hashlib.sha256(b"").hexdigest()),
    ):
        with pytest.raises(DownloadError, match="not all of it"):
            download(wrong, cache, licence_accepted=True, context=trusted)
        assert cache.used_bytes() == 0
    assert download(known, cache, licence_accepted=True, context=trusted).read_bytes() == data


def test_a_file_with_a_hole_is_refused(
    server: Server,
    network: PublishedNetwork,
    cache: NetworkCache,
    trusted: ssl.SSLContext,
    tmp_path: Path,
) -> None:
    """Its size and its structure are right, but some of its tensors' bytes were never written."""
    config = NetworkConfig(
        kind="stylegan2", input="const", resolution=16, z_dim=256, w_dim=256, channel_base=128
    )
    net = build_network(config)
    path = write_networks(tmp_path / "x.pkl", arrays(net), options_of(config), ("G_ema",), 4)
    whole = path.read_bytes()
    weights = net.mapping.fc1.weight.detach().numpy().tobytes()
    holed = whole.replace(weights, weights[:1000] + bytes(150_000) + weights[151_000:])
    assert len(holed) == len(whole)
    server.files["/net.pkl"] = holed
    with pytest.raises(DownloadError, match="never written"):
        download(network, cache, licence_accepted=True, context=trusted)
    server.files["/net.pkl"] = whole
    assert download(network, cache, licence_accepted=True, context=trusted).is_file()


def test_links_in_the_cache_are_not_written_through(
    server: Server,
    network: PublishedNetwork,
    cache: NetworkCache,
    trusted: ssl.SSLContext,
    tmp_path: Path,
) -> None:
    victim = tmp_path / "precious"
    victim.write_text("mine")
    cache.folder.mkdir()
    part, notes = part_of(cache.path(network)), notes_of(cache.path(network))
    part.symlink_to(victim)
    with pytest.raises(ValueError, match="is a link"):
        download(network, cache, licence_accepted=True, context=trusted)
    part.unlink()
    notes.symlink_to(victim)
    settings = cache.folder / "settings.json"
    settings.symlink_to(victim)
    cache.set_limit(1 << 30)
    server.break_after = 1000
    with pytest.raises(DownloadError):
        download(network, cache, licence_accepted=True, context=trusted)
    assert notes.is_file()
    assert not notes.is_symlink()
    assert cache.limit_bytes == 1 << 30
    assert victim.read_text() == "mine"


def test_messages_hold_nothing_that_a_server_says(
    server: Server, network: PublishedNetwork, cache: NetworkCache, trusted: ssl.SSLContext
) -> None:
    server.status_line = b"SSH-2.0-Evil\x1b[31m text"
    with pytest.raises(DownloadError) as error:
        download(network, cache, licence_accepted=True, context=trusted)
    assert "the answer is no HTTP" in str(error.value)
    assert "Evil" not in str(error.value)
    server.status_line = b""
    server.redirects["/net.pkl"] = "http://evil"
    with pytest.raises(DownloadError) as error:
        download(network, cache, licence_accepted=True, context=trusted)
    assert "evil" not in str(error.value)
