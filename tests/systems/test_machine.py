"""What each system tells of the machine."""

from __future__ import annotations

import ctypes
import os
import sys
import types
from typing import TYPE_CHECKING

import pytest

from systems import machine

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("quota", "cores"),
    [("100000 100000", 1), ("20000 100000", 1), ("max 100000", None), ("?", None)],
)
def test_cores_within_a_containers_quota(quota: str, cores: int | None, tmp_path: Path) -> None:
    file = tmp_path / "cpu.max"
    unlimited = machine.usable_cores(file)
    assert unlimited >= 1
    file.write_text(quota + "\n")
    assert machine.usable_cores(file) == (cores or unlimited)


def test_without_affinity_all_cores_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert machine.usable_cores(tmp_path / "none") == 7


def test_free_memory_is_what_linux_says_or_all_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = tmp_path / "meminfo"
    facts.write_text("MemTotal: 9 kB\nMemAvailable:    3 kB\n")
    assert machine.free_memory_bytes(facts) == 3 << 10
    monkeypatch.setattr(
        os, "sysconf", {"SC_PHYS_PAGES": 5, "SC_PAGE_SIZE": 4096}.get, raising=False
    )
    assert machine.free_memory_bytes(tmp_path / "none") == 5 * 4096
    monkeypatch.delattr(os, "sysconf")
    assert machine.free_memory_bytes(tmp_path / "none") is None


@pytest.mark.parametrize(
    ("platform", "expected"), [("linux", 3.0), ("darwin", 3 / 1024), ("win32", None)]
)
def test_peak_memory_is_in_mib(
    platform: str, expected: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = types.ModuleType("resource")
    usage = types.SimpleNamespace(ru_maxrss=3 * 1024)
    resource.RUSAGE_SELF, resource.getrusage = 0, lambda _who: usage
    monkeypatch.setitem(sys.modules, "resource", None if platform == "win32" else resource)
    monkeypatch.setattr(sys, "platform", platform)
    assert machine.peak_memory_mib() == expected


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_only_glibc_is_told_to_keep_memory(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert not machine.keep_freed_memory()
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())  # musl
    assert not machine.keep_freed_memory()


def test_the_first_processor_is_described_by_linux_alone(tmp_path: Path) -> None:
    facts = tmp_path / "cpuinfo"
    facts.write_text("model name : one\nflags : fma\n\nmodel name : two\n")
    assert machine.processor_facts(facts) == ["model name : one", "flags : fma"]
    assert machine.processor_facts(tmp_path / "none") == []
