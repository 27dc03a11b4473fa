"""Prebuilt kernels: for every system, with all they promise, right where they can be run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import ops
from ops.cpu import elementwise, kernels, prebuilt
from ops.cpu.jobs import PROTOTYPES
from tests.ops.conftest import Golden
from tests.release.foreign import ForeignLibrary

DRIVER = Path(__file__).with_name("driver.c")
KEPT = Path(__file__).parents[2] / "build/kernels"
TOLERANCE = {"rtol": 1e-4, "atol": 1e-5}
"""Float32 beside golden arrays in float64: a few hundred products a pixel."""
MAGIC = {"so": b"\x7fELF", "dylib": b"\xcf\xfa\xed\xfe", "dll": b"MZ"}


@pytest.fixture(scope="module", params=["linux-x86_64", "linux-aarch64", "macos-arm64", "macos-x86_64", "windows-x86_64"])  # fmt: skip  # noqa: E501
def built(request: pytest.FixtureRequest) -> tuple[str, list[Path]]:
    """A system, and its libraries."""
    pytest.importorskip("ziglang")
    from release.kernels import build_kernels

    return request.param, build_kernels(request.param, KEPT / request.param)


@pytest.mark.soak
@pytest.mark.process
def test_every_library_has_all_functions(built: tuple[str, list[Path]]) -> None:
    for path in built[1]:
        content = path.read_bytes()
        assert content.startswith(MAGIC[path.suffix[1:]])
        for name in PROTOTYPES:
            assert name.encode() in content
        # Nothing that a system may lack: no C++ library of GCC, no OpenMP, no torch.
        for foreign in (b"libstdc++.so", b"libgomp", b"libomp", b"libtorch", b"libgcc_s"):
            assert foreign not in content


@pytest.mark.soak
@pytest.mark.process
def test_kernels_reproduce_the_golden_arrays(
    built: tuple[str, list[Path]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here on this processor, of Windows under Wine, of ARM64 under QEMU."""
    system, paths = built
    runners = {
        "linux-x86_64": [],
        "windows-x86_64": [shutil.which("wine64", path=f"{os.defpath}:/usr/lib/wine")],
        "linux-aarch64": [shutil.which("qemu-aarch64"), "-L", "/usr/aarch64-linux-gnu"],
    }
    if system not in runners or (runners[system] and runners[system][0] is None):
        pytest.skip(f"nothing here runs programs of {system}")
    from release.kernels import SYSTEMS

    driver = tmp_path / "driver.exe"
    target = SYSTEMS[system].target
    command = [sys.executable, "-m", "ziglang", "cc", "-target", target, "-O1", DRIVER, "-ldl"]
    subprocess.run([*command, "-o", driver], check=True)
    for path in paths:
        if path.stem.startswith("avx512") and "avx512" not in prebuilt.variants():
            continue
        library = f"Z:{path}" if system.startswith("windows") else str(path)
        foreign = ForeignLibrary([*runners[system], str(driver)], library, tmp_path)
        with monkeypatch.context() as patch:
            for module in (kernels, elementwise):
                patch.setattr(module, "load", lambda one=foreign: one)
            _compare_with_golden()
        assert foreign.calls > 10


def _compare_with_golden() -> None:
    resampling, activations = Golden("upfirdn2d"), Golden("bias_act")
    filtered = Golden("filtered_lrelu")

    def of(golden: Golden, name: str, i: int) -> torch.Tensor | None:
        found = golden.tensor(f"{name}{i}")
        return None if found is None else found.float()

    for i, case in enumerate(resampling.cases[:6]):
        x = of(resampling, "x", i).requires_grad_()
        options = {name: case[name] for name in ("up", "down", "padding", "gain")}
        taps = of(resampling, "f", i)
        if any(isinstance(case[name], list) for name in ("up", "down")):
            continue  # the kernels have one factor for both directions
        y = ops.upfirdn2d(x, taps, flip=case["flip_filter"], **options, backend="native")
        torch.testing.assert_close(y, of(resampling, "y", i), **TOLERANCE)
        (dx,) = torch.autograd.grad(y, x, of(resampling, "dy", i))
        torch.testing.assert_close(dx, of(resampling, "dx", i), **TOLERANCE)
    for i, case in enumerate(activations.cases[:6]):
        if case["act"] not in elementwise.ACTIVATIONS:
            continue
        y = ops.bias_act(
            of(activations, "x", i), of(activations, "b", i), dim=case["dim"],
            activation=case["act"], alpha=case["alpha"], gain=case["gain"], clamp=case["clamp"],
            backend="native",
        )  # fmt: skip
        torch.testing.assert_close(y, of(activations, "y", i), **TOLERANCE)
    for i, case in enumerate(filtered.cases[:6]):
        y = ops.filtered_lrelu(
            of(filtered, "x", i), of(filtered, "fu", i), of(filtered, "fd", i),
            of(filtered, "b", i), up=case["up"], down=case["down"], padding=case["padding"],
            gain=case["gain"], slope=case["slope"], clamp=case["clamp"], backend="native",
        )  # fmt: skip
        torch.testing.assert_close(y, of(filtered, "y", i), **TOLERANCE)
