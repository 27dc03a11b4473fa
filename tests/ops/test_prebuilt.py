"""Which prebuilt kernels are taken, and what happens where none fit."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest
import torch

from ops.cpu import build, prebuilt

if TYPE_CHECKING:
    from pathlib import Path


def test_the_best_variant_that_runs_here_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr(sys, "platform", "linux")
    for variant in ("avx512", "avx2", "neon"):
        (tmp_path / f"{variant}-abc.so").touch()
    for capability, taken in {"AVX512": "avx512", "AVX2": "avx2", "DEFAULT": None}.items():
        monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda told=capability: told)
        found = prebuilt.find("abc", tmp_path)
        assert (found and found.name) == (taken and f"{taken}-abc.so")
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    (tmp_path / "avx512-abc.so").unlink()
    assert prebuilt.find("abc", tmp_path) == tmp_path / "avx2-abc.so"
    assert prebuilt.find("of other sources", tmp_path) is None
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    assert prebuilt.find("abc", tmp_path) == tmp_path / "neon-abc.so"


@pytest.mark.parametrize(("system", "ending"), [("macos", ".dylib"), ("windows", ".dll")])
def test_every_system_has_its_own_ending(system: str, ending: str) -> None:
    assert prebuilt.file_name("avx2", "0", system) == f"avx2-0{ending}"


def test_what_cannot_be_loaded_is_compiled_here(
    native: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged = tmp_path / "damaged.so"
    damaged.write_bytes(b"no library")
    monkeypatch.setattr(prebuilt, "find", lambda digest: damaged)
    assert hasattr(build.library.__wrapped__(), "afv_resample")


def test_the_digest_is_of_the_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    digest = build.source_digest()
    whole = build.sources()
    monkeypatch.setattr(build, "sources", lambda: whole.replace("\n", "\r\n"))
    assert build.source_digest() == digest
    monkeypatch.setattr(build, "sources", lambda: whole + " ")
    assert build.source_digest() != digest


def test_zig_compiles_where_the_system_has_no_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ziglang").mkdir()
    (tmp_path / "ziglang/__init__.py").touch()
    program = tmp_path / "ziglang" / ("zig.exe" if sys.platform == "win32" else "zig")
    program.touch()
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "ziglang", raising=False)
    assert build.find_compiler() == str(program)
    assert build.compile_command(str(program)) == [str(program), "c++"]
    assert build.compile_command("/usr/bin/c++") == ["/usr/bin/c++"]
