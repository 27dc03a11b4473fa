"""A worker behind a line: a command whose standard streams carry it."""

from __future__ import annotations

import hashlib
import os
import shlex
import signal
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.average_run import write_average_run
from tests.viz.worker.test_client import Listener, needs_signals
from viz.protocol.request import MapsRequest, Request
from viz.protocol.spectra import DataTask
from viz.protocol.worker_files import (
    PART_BYTES,
    FilePart,
    FilePartTask,
    FolderContents,
    FolderTask,
    PutPartTask,
)
from viz.render.renderer import Renderer
from viz.storage import bundled
from viz.worker.elsewhere import Elsewhere

if TYPE_CHECKING:
    from collections.abc import Iterator

    from viz.protocol.jobs import JobReport, Task

ROOT = Path(__file__).parents[3]


def serving(root: Path) -> str:
    program = ROOT / "visualizer.py"
    return shlex.join([sys.executable, str(program), "--serve", "--root", str(root)])


@pytest.fixture(scope="module")
def listener(network_files: dict[str, str]) -> Iterator[Listener]:
    folder = Path(network_files["stylegan3-t"]).parent
    listener = Listener(start=Elsewhere(serving(folder)))
    yield listener
    listener.worker.close()


@pytest.fixture
def request_(network_files: dict[str, str]) -> Request:
    return Request(networks=(network_files["stylegan3-t"],), threads=1)


def test_pictures_and_maps_are_those_of_the_renderer(listener: Listener, request_: Request) -> None:
    asked = replace(request_, maps=MapsRequest(0, "input", 0, 3))
    number = listener.worker.submit(asked)
    listener.wait(lambda: bool(listener.results))
    result = listener.results.pop()
    (drawn,), (expected,) = result.networks, Renderer().render(asked).networks
    assert (result.request, result.request.id) == (asked, number)
    assert drawn.picture is not None
    assert expected.picture is not None
    np.testing.assert_array_equal(drawn.picture, expected.picture)
    assert drawn.maps is not None
    assert expected.maps is not None
    np.testing.assert_array_equal(drawn.maps.maps, expected.maps.maps)
    assert drawn.summary == expected.summary


def test_files_outside_its_folders_are_not_opened(
    listener: Listener, network_files: dict[str, str], tmp_path: Path
) -> None:
    outside = tmp_path / "net.safetensors"
    outside.write_bytes(Path(network_files["stylegan2"]).read_bytes())
    inside = Path(network_files["stylegan2"]).parent / "link.safetensors"
    inside.symlink_to(outside)
    write_average_run(tmp_path / "run")
    up = os.path.relpath(outside.with_suffix(""), bundled.folder())
    sources = (str(outside), str(inside), f"library:{outside}", f"bundled:{up}")
    for both in (sources[:2], (*sources[2:], f"average:0.1:{tmp_path}/run")):
        _is_refused(listener, both)
    inside.unlink()


def test_its_own_networks_are_drawn(listener: Listener) -> None:
    listener.worker.submit(Request(networks=("bundled:relief-stylegan2",), threads=1))
    listener.wait(lambda: bool(listener.results))
    assert listener.results.pop().networks[0].picture is not None


def _is_refused(listener: Listener, sources: tuple[str, ...]) -> None:
    listener.worker.submit(Request(networks=sources, threads=1))
    listener.wait(lambda: bool(listener.results))
    for drawn in listener.results.pop().networks:
        assert "lies outside the worker's folders" in drawn.error
        assert drawn.picture is None


def test_a_job_on_such_a_file_fails(listener: Listener, tmp_path: Path) -> None:
    listener.worker.start_job(DataTask(str(tmp_path), 8))
    listener.wait(lambda: any(one.state == "failed" for one in listener.reports))
    assert "outside" in listener.reports[-1].error


def test_its_folders_can_be_looked_into_and_their_files_read(
    listener: Listener, network_files: dict[str, str], tmp_path: Path
) -> None:
    network = Path(network_files["stylegan3-t"])
    link = network.with_name("way-out")
    link.symlink_to(tmp_path)
    (network.parent / ".hidden").write_text("x")
    listener.pid()
    listener.wait(lambda: bool(listener.worker.roots))
    (root,) = listener.worker.roots
    assert Path(root) == network.parent.resolve()
    contents = _outcome(listener, FolderTask(root)).result
    assert isinstance(contents, FolderContents)
    assert Path(contents.parent) == Path(root).parent
    kinds = {one.name: one.kind for one in contents.entries}
    assert kinds[network.name] == "network"
    assert kinds["way-out"] == "folder"
    assert ".hidden" not in kinds
    part = _outcome(listener, FilePartTask(str(network), 5)).result
    assert isinstance(part, FilePart)
    assert part.data == network.read_bytes()[5 : 5 + PART_BYTES]
    assert part.size == network.stat().st_size
    secret = tmp_path / "secret"
    secret.write_text("x")
    for outside in (FolderTask(str(link)), FilePartTask(str(link / "secret"), 0)):
        assert "outside" in _outcome(listener, outside).error
    assert "cannot be looked into" in _outcome(listener, FolderTask(f"{root}/nowhere")).error
    link.unlink()


def test_a_file_is_put_together_there_checked_and_never_written_over(
    listener: Listener, network_files: dict[str, str], tmp_path: Path
) -> None:
    folder = Path(network_files["stylegan3-t"]).parent
    data, there = bytes(range(256)), folder / "sent.bin"
    digest = hashlib.sha256(data).hexdigest()
    put = partial(PutPartTask, str(there), size=256)
    assert "is missing" in _outcome(listener, put(start=100, data=data[100:], sha256=digest)).error
    for sha256, error in (("0" * 64, "not come as it was sent"), (digest, "")):
        assert _outcome(listener, put(start=0, data=data[:100], sha256="")).state == "done"
        assert not there.exists()
        report = _outcome(listener, put(start=100, data=data[100:], sha256=sha256))
        assert error in report.error
        assert isinstance(report.task, PutPartTask)
        assert report.task.data == b"", "what has just come does not go back"
    assert there.read_bytes() == data
    assert "is there already" in _outcome(listener, put(start=0, data=b"x", sha256="")).error
    own = str(bundled.folder() / "sent.bin")
    outside = PutPartTask(own, 0, data, 256, digest)
    refused = _outcome(listener, outside)
    assert "lies outside" in refused.error
    assert refused.task == outside.without_content()
    there.unlink()


def _outcome(listener: Listener, task: Task) -> JobReport:
    job = listener.worker.start_job(task)
    ended: list[JobReport] = []

    def has_ended() -> bool:
        ended.extend(one for one in listener.reports if one.id == job and not one.at_work)
        return bool(ended)

    listener.wait(has_ended)
    return ended[0]


@needs_signals
def test_a_lost_line_is_taken_up_again_and_the_newest_request_answered(
    network_files: dict[str, str], request_: Request
) -> None:
    listener = Listener(start=Elsewhere(serving(Path(network_files["stylegan3-t"]).parent)))
    try:
        first = listener.pid()
        os.kill(first, signal.SIGKILL)
        number = listener.worker.submit(request_)
        listener.wait(lambda: bool(listener.results))
        assert listener.results.pop().request.id == number
        assert listener.pid() != first
        (lost,) = (event for event in listener.events if event.kind == "crashed")
        assert "the line to the worker was lost" in lost.message
        assert "connecting again" in lost.message
    finally:
        listener.worker.close()


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("/nowhere/afv --serve", "No such file or directory"),
        (f"{sys.executable} -c 'import sys; sys.exit(\"no such host\")'", "no such host"),
        (f"{sys.executable} -c 'print(1); print(2)'", "1 2 (the line has ended)"),
    ],
)
def test_who_cannot_be_reached_is_said_with_what_was_printed(command: str, reason: str) -> None:
    listener = Listener(start=Elsewhere(command))
    try:
        listener.wait(lambda: listener.count("crashed") == 1)
        assert reason in listener.events[-1].message
    finally:
        listener.worker.close()


def test_a_command_without_words_is_refused() -> None:
    for command, reason in (("", "is empty"), ("'", "cannot be read")):
        with pytest.raises(ValueError, match=reason):
            Elsewhere(command)
