"""Downloads beside the window: reports, pause, cancel, going on, and what goes wrong."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from generator.files.published import NetworkCache, PublishedNetwork, part_of
from tests.generator.nvidia_files import write_golden
from tests.patience import PATIENCE_S
from viz.storage import downloads
from viz.storage.download_task import DownloadTask
from viz.storage.downloads import Downloads, catalogue

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from tests.generator.https_server import Server
    from viz.protocol.jobs import JobReport

TASK = DownloadTask("net", slot=1)


class Listener:
    """Downloads, and the newest report of each."""

    def __init__(self, cache: NetworkCache, trusted: ssl.SSLContext) -> None:
        self.bell = threading.Event()
        self.downloads = Downloads(cache, self.bell.set, trusted)
        self.newest: dict[int, JobReport] = {}

    def wait(self, job: int, until: Callable[[JobReport], bool]) -> JobReport:
        while True:
            self.bell.clear()
            while (report := self.downloads.poll()) is not None:
                self.newest[report.id] = report
            if job in self.newest and until(self.newest[job]):
                return self.newest[job]
            assert self.bell.wait(PATIENCE_S), self.newest


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NetworkCache:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return NetworkCache(tmp_path / "cache")


@pytest.fixture
def network(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PublishedNetwork:
    path = write_golden(tmp_path / "original.pkl", "stylegan2", holds=("G_ema",))
    server.files["/net.pkl"] = path.read_bytes()
    found = PublishedNetwork("net", "stylegan2", "nothing", 64, 1, f"{server.base}/net.pkl")
    monkeypatch.setattr(downloads, "find_published", lambda name: found)
    monkeypatch.setattr(downloads, "published", lambda: [found])
    monkeypatch.setattr(downloads, "REPORT_EVERY_S", 0.0)
    return found


@pytest.fixture
def listener(cache: NetworkCache, trusted: ssl.SSLContext) -> Iterator[Listener]:
    listener = Listener(cache, trusted)
    yield listener
    listener.downloads.close()


def ended(report: JobReport) -> bool:
    return not report.at_work


def test_a_download_ends_with_the_file_in_the_cache(
    listener: Listener, cache: NetworkCache, network: PublishedNetwork, server: Server
) -> None:
    (before,) = catalogue(cache).entries
    assert not before.cached
    assert catalogue(cache).used_bytes == 0
    job = listener.downloads.start_job(TASK)
    assert job < 0, "the render worker's jobs count upwards"
    report = listener.wait(job, ended)
    assert report.state == "done"
    assert report.task.slot == 1
    assert Path(report.result).read_bytes() == server.files["/net.pkl"]
    (after,) = catalogue(cache).entries
    assert after.cached
    assert catalogue(cache).used_bytes == len(server.files["/net.pkl"])


def test_it_can_be_paused_and_cancelled_and_goes_on_where_it_was(
    listener: Listener, cache: NetworkCache, network: PublishedNetwork, server: Server
) -> None:
    server.patience = threading.Event()
    server.files["/net.pkl"] += bytes(600_000 - len(server.files["/net.pkl"]) % 600_000)
    job = listener.downloads.start_job(TASK)
    assert listener.downloads.start_job(TASK) == job, "it is under way already"
    listener.wait(job, lambda report: report.done > 0)
    listener.downloads.control_job(job, "pause")
    paused = listener.wait(job, lambda report: report.state == "paused")
    assert 0 < paused.done < paused.total
    assert paused.seconds_left is None
    listener.downloads.control_job(job, "cancel")
    server.patience.set()
    assert listener.wait(job, ended).state == "cancelled"
    present = part_of(cache.path(network)).stat().st_size
    assert paused.done <= present < paused.total
    assert catalogue(cache).entries[0].present_mb == present / 1e6
    again = listener.downloads.start_job(TASK)
    listener.wait(again, ended)
    assert server.ranges[-1] == f"bytes={present}-"


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda server: server.files.clear(), "answered 404"),
        (lambda server: server.files.update({"/net.pkl": b"<html>"}), "no network"),
        (lambda server: server.redirects.update({"/net.pkl": "http://localhost/"}), "not https"),
    ],
)
def test_what_goes_wrong_is_one_line(
    spoil: Callable[[Server], None],
    told: str,
    listener: Listener,
    network: PublishedNetwork,
    server: Server,
) -> None:
    spoil(server)
    report = listener.wait(listener.downloads.start_job(TASK), ended)
    assert report.state == "failed"
    assert told in report.error
    assert "\n" not in report.error


def test_without_a_network_the_message_says_so(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)  # asking a server may take minutes
    nowhere = PublishedNetwork(
        "net", "stylegan2", "nothing", 64, 1, "https://nowhere.invalid/n.pkl"
    )
    monkeypatch.setattr(downloads, "find_published", lambda name: nowhere)
    report = listener.wait(listener.downloads.start_job(TASK), ended)
    assert report.error.startswith("no connection to nowhere.invalid")
    assert "is there a network?" in report.error


def test_the_list_is_searched_by_any_word_and_shows_what_is_here_first(tmp_path: Path) -> None:
    cache = NetworkCache(tmp_path)
    (tmp_path / "stylegan3-r-afhqv2-512x512.pkl").write_bytes(b"x" * 1000)
    found = catalogue(cache).found("")
    assert [one.cached for one in found[:2]] == [True, False]
    assert found[0].name == "stylegan3-r-afhqv2-512x512"
    assert {one.kind for one in catalogue(cache).found("STYLEGAN3-T ffhq 1024")} == {"stylegan3-t"}
    assert [one.name for one in catalogue(cache).found("cached")] == [found[0].name]
    assert catalogue(cache).found("nothing of the kind") == []
