"""The CUDA kernels without a GPU: sanitized, in whole networks, through the launch code itself."""

import ctypes
import importlib
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
import torch

import ops
from generator import NetworkConfig, build_network
from ops import dispatch, selftest
from ops.cpu.build import find_compiler
from ops.cuda import launch
from ops.cuda.kernels import CudaKernels
from tests.ops.cuda_host import cases
from tests.ops.cuda_host.emulator import EmulatedLauncher
from tests.ops.cuda_host.fixtures import SANITIZE, emulated, images, lowpass

__all__ = ["emulated", "test_golden_filtered_lrelu", "test_masks_hold_the_signs"]

# Also without the sanitizers: there each block finds its shared memory full of NaN.
test_golden_filtered_lrelu = cases.test_golden_filtered_lrelu
test_masks_hold_the_signs = cases.test_masks_hold_the_signs


@pytest.mark.soak
@pytest.mark.process
@pytest.mark.timeout(600)
def test_every_case_under_sanitizers(request: pytest.FixtureRequest) -> None:
    _run_cases(request, "not soak", timeout_s=600)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_every_kind_of_filter_under_sanitizers(request: pytest.FixtureRequest) -> None:
    _run_cases(request, "soak", timeout_s=7200)


def _run_cases(request: pytest.FixtureRequest, marker: str, timeout_s: float) -> None:
    found = subprocess.run(
        [find_compiler(), "-print-file-name=libasan.so"], capture_output=True, text=True
    ).stdout.strip()
    if not os.path.isabs(found):
        pytest.skip("the compiler has no AddressSanitizer")
    environment = {
        **os.environ,
        SANITIZE: "1",
        "LD_PRELOAD": found,
        # The interpreter and PyTorch keep what they allocate until the end: no leaks to look for.
        "ASAN_OPTIONS": "detect_leaks=0",
    }
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-m", marker, "-p", "no:faulthandler"]
    run = subprocess.run(
        [*command, str(Path(cases.__file__))],
        cwd=request.config.rootpath,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]


@pytest.mark.parametrize("kind", ["stylegan2", "stylegan3-t", "stylegan3-r"])
def test_whole_networks(kind: str, emulated: EmulatedLauncher) -> None:
    config = NetworkConfig(
        kind=kind, resolution=16, z_dim=8, w_dim=8, channel_base=64, channel_max=4, layers=6
    )
    net = build_network(config, seed=1)
    ws = net.mapping(images(1, 8, seed=3)).detach().requires_grad_()
    image = net.synthesis(ws)
    (gradient,) = torch.autograd.grad(image.square().sum(), ws)
    launches = len(emulated.launches)
    net, wide = net.double(), ws.detach().double().requires_grad_()
    expected = net.synthesis(wide)
    (expected_gradient,) = torch.autograd.grad(expected.square().sum(), wide)
    assert len(emulated.launches) == launches >= 14
    # As CUDA and CPU differ in the order of additions, through all layers.
    torch.testing.assert_close(image.double(), expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(gradient.double(), expected_gradient, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
def test_selftest_tells_right_from_wrong(
    emulated: EmulatedLauncher, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = torch.device("cpu")
    chosen = [
        case for case in selftest.cases(16, 2) if case.name.endswith(("2×2", "up 2", "lrelu"))
    ]
    assert len(chosen) == 3
    for case in chosen:
        outcomes = dict(selftest.check(case, torch.float32, device, repeats=1))
        assert set(outcomes) == {"forward", "backward"}
        for outcome in outcomes.values():
            assert outcome.error < selftest.TOLERANCE[torch.float32]
            assert outcome.native_ms > 0
            assert outcome.pytorch_ms > 0
    real = emulated.launch

    def wrong(variant: Any, blocks: int, *rest: Any) -> None:
        real(variant, blocks - 1, *rest)

    monkeypatch.setattr(emulated, "launch", wrong)
    for _, outcome in selftest.check(chosen[0], torch.float32, device, repeats=1):
        assert not outcome.error < selftest.TOLERANCE[torch.float32]


class FakeDevice:
    """Stands for `cuda.core.Device`, which needs a driver."""

    made_current: ClassVar[list[int]] = []

    def __init__(self, index: int) -> None:
        self.index = index

    def set_current(self) -> None:
        self.made_current.append(self.index)


def test_the_real_launcher_packs_what_the_kernel_reads(
    emulated: EmulatedLauncher, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuda_core = pytest.importorskip("cuda.core")
    driver = importlib.import_module("cuda.bindings.driver")
    loaded: list[Any] = []
    used: list[tuple[Any, ...]] = []

    def start(kernel: int, *rest: int) -> tuple[Any]:
        """Take what `cuLaunchKernel` takes."""
        x, y, z, threads, threads_y, threads_z, shared, stream, addresses, extra = rest
        assert (y, z, threads_y, threads_z, shared, extra) == (1, 1, 1, 1, 0, 0)
        (parameter,) = (ctypes.c_void_p * 1).from_address(addresses)
        used.append((stream, threads))
        assert loaded[kernel].launch(
            ctypes.c_uint(x), ctypes.c_uint(threads), ctypes.c_void_p(parameter), ctypes.c_int(0)
        )
        return (driver.CUresult.CUDA_SUCCESS,)

    def load(variant: Any, index: int) -> Any:
        emulated.prepare(variant, torch.device("cpu"))
        loaded.append(emulated.library(variant))
        return SimpleNamespace(handle=len(loaded) - 1)

    monkeypatch.setattr(driver, "cuLaunchKernel", start)
    monkeypatch.setattr(cuda_core, "Device", FakeDevice)
    monkeypatch.setattr(launch, "_load", load)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 3)
    monkeypatch.setattr(torch.cuda, "device", lambda index: _Entered())
    monkeypatch.setattr(
        torch.cuda, "current_stream", lambda index: SimpleNamespace(cuda_stream=1000 + index)
    )
    monkeypatch.setitem(dispatch.RESAMPLING, "cpu", CudaKernels(launch.CudaLauncher()))
    monkeypatch.setitem(dispatch.POINTWISE, "cpu", CudaKernels(launch.CudaLauncher()))

    x, bias, taps = images(2, 3, 17, 40), images(3, seed=1), lowpass(12)
    arguments: dict[str, Any] = {"up": 2, "down": 2, "padding": [11, 9, -2, 12], "clamp": 0.7}
    for native, plain in (
        (
            ops.filtered_lrelu(x, taps, taps, bias, backend="native", **arguments),
            ops.filtered_lrelu(x, taps, taps, bias, backend="reference", **arguments),
        ),
        (
            ops.upfirdn2d(x, taps, up=2, padding=7, backend="native"),
            ops.upfirdn2d(x, taps, up=2, padding=7, backend="reference"),
        ),
        (
            ops.bias_act(x, bias, activation="lrelu", backend="native"),
            ops.bias_act(x, bias, activation="lrelu", backend="reference"),
        ),
    ):
        torch.testing.assert_close(native, plain, rtol=1e-5, atol=1e-5)
    assert used == [(1003, 256)] * 3
    assert FakeDevice.made_current[-3:] == [3, 3, 3]

    refused = (driver.CUresult.CUDA_ERROR_INVALID_VALUE,)
    monkeypatch.setattr(driver, "cuLaunchKernel", lambda *arguments: refused)
    with pytest.raises(RuntimeError, match=r"did not start bias_act .*: CUDA_ERROR_INVALID_VALUE"):
        ops.bias_act(x, bias, activation="lrelu", backend="native")


class _Entered(SimpleNamespace):
    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> None: ...
