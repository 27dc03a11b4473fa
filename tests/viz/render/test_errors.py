"""Memory that runs out, devices that fail, files that vanish, loading that is cancelled."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
import torch

from viz.protocol.request import Request
from viz.protocol.result import NetworkResult, WorkerEvent
from viz.render import networks
from viz.render.errors import is_lost_device, is_out_of_memory, readable
from viz.render.renderer import Renderer

if TYPE_CHECKING:
    from pathlib import Path

CPU, CUDA, MPS = torch.device("cpu"), torch.device("cuda"), torch.device("mps")


def real_allocation_failure() -> RuntimeError:
    with pytest.raises(RuntimeError) as failure:
        torch.empty(1 << 60, dtype=torch.uint8)
    return failure.value


def test_memory_that_cannot_be_had_names_the_remedy() -> None:
    for error in (real_allocation_failure(), MemoryError(), torch.OutOfMemoryError("CUDA …")):
        assert is_out_of_memory(error)
        assert "bf16" in readable(error, CPU)
        assert "\n" not in readable(error, CPU)
    assert is_out_of_memory(RuntimeError("MPS backend out of memory (MPS allocated: 5 GB)"))
    assert not is_out_of_memory(RuntimeError("shapes do not fit"))


def test_a_device_that_fails_is_told_from_other_errors() -> None:
    gone = RuntimeError("CUDA error: unspecified launch failure\nCUDA kernel errors …")
    assert is_lost_device(gone, CUDA)
    assert "choose cpu" in readable(gone, CUDA)
    assert not is_lost_device(gone, CPU)
    assert not is_lost_device(torch.OutOfMemoryError("CUDA out of memory"), CUDA)
    assert not is_lost_device(RuntimeError("shapes do not fit"), MPS)
    assert readable(RuntimeError("shapes\ndo not fit"), MPS) == "RuntimeError: shapes do not fit"
    assert readable(ValueError("no such layer"), CPU) == "no such layer"


def drawn(renderer: Renderer, source: str | Path, **changes: object) -> NetworkResult:
    return renderer.render(Request(networks=(str(source),), **changes)).networks[0]  # type: ignore[arg-type]


@pytest.fixture
def copy(network_files: dict[str, str], tmp_path: Path) -> Path:
    path = tmp_path / "mine.safetensors"
    shutil.copy(network_files["stylegan2"], path)
    return path


def test_a_picture_too_large_for_the_memory_is_an_error_of_its_own(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renderer = Renderer()
    assert drawn(renderer, copy).picture is not None
    net = renderer.networks.get(str(copy), CPU).net
    error = real_allocation_failure()

    def synthesis(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(type(net.synthesis), "forward", synthesis)
        failed = drawn(renderer, copy, psi=0.5)
    assert "not enough memory" in failed.error
    assert failed.picture is None
    assert not renderer.has_lost_device
    assert drawn(renderer, copy, psi=0.5).picture is not None, "and the next one is drawn"


def test_a_file_that_vanishes_is_drawn_from_memory_with_a_notice(copy: Path) -> None:
    renderer = Renderer()
    before = drawn(renderer, copy)
    copy.unlink()
    after = drawn(renderer, copy)
    assert not after.error
    assert "there is no file" in after.notice
    assert after.picture is not None
    assert (after.picture == before.picture).all()
    assert "there is no file" in drawn(Renderer(), copy).error, "another process never had it"


def test_a_file_replaced_by_a_broken_one_and_then_by_a_good_one(
    copy: Path, network_files: dict[str, str]
) -> None:
    renderer = Renderer()
    drawn(renderer, copy)
    copy.write_bytes(b"half a download")
    broken = drawn(renderer, copy)
    assert broken.picture is not None
    assert "mine.safetensors" in broken.notice
    shutil.copy(network_files["stylegan3-t"], copy)
    os.utime(copy, ns=(1, 1))
    mended = drawn(renderer, copy)
    assert not mended.notice
    assert mended.summary is not None
    assert mended.summary.kind == "stylegan3-t"


def test_loading_tells_how_far_it_is_and_can_be_cancelled(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks, "REPORT_EVERY_S", 0.0)
    events: list[WorkerEvent] = []
    unwanted = False
    renderer = Renderer(events.append, lambda: unwanted)
    drawn(renderer, copy)
    fractions = [event.fraction for event in events if event.kind == "loading"]
    assert fractions[0] is None
    assert fractions[-1] == 1.0
    assert fractions[1:] == sorted(fractions[1:])  # type: ignore[type-var]
    assert events[-1] == WorkerEvent("loaded", "", source=str(copy))

    unwanted, other = True, copy.with_name("other.safetensors")
    shutil.copy(copy, other)
    cancelled = drawn(renderer, other)
    assert "cancelled" in cancelled.error
    assert cancelled.picture is None
    assert events[-1].kind == "loaded"
    unwanted = False
    assert "cancelled" in drawn(renderer, other, psi=0.5).error, "not tried again by itself"
    assert drawn(renderer, other, attempt=1).picture is not None, "but when it is asked for"


def test_the_time_for_a_large_picture_is_told(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "LARGE_PX", 32)
    monkeypatch.setattr(networks, "expected_seconds", lambda config: 7.654)
    events: list[WorkerEvent] = []
    result = drawn(Renderer(events.append), copy)
    assert events[-1].message == "mine is large: about 7.7 s a picture on this CPU"
    assert result.summary is not None
    assert ("Picture takes", "about 7.7 s") in result.summary.facts


def test_kernels_that_have_to_be_compiled_are_told_of_before_anything_is_read(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []
    monkeypatch.setattr("viz.render.renderer.kernels_to_compile", lambda _device: True)
    monkeypatch.setattr("viz.render.renderer.prepare_kernels", compiled.append)
    events: list[WorkerEvent] = []
    renderer = Renderer(events.append)
    for psi in (1.0, 0.5):
        drawn(renderer, copy, psi=psi)
    kinds = [event.kind for event in events]
    assert kinds[:3] == ["compiling", "compiled", "loading"]
    assert kinds.count("compiling") == 1
    assert compiled == ["cpu"]
