"""The public operations on emulated CUDA kernels, and what they are compared with."""

import os
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor

import ops
from ops import dispatch
from ops.cpu.build import BuildError, find_compiler
from ops.cuda.kernels import CudaKernels
from tests.ops.cuda_host.emulator import EmulatedLauncher

SANITIZE = "CUDA_HOST_SANITIZE"
"""Environment variable: set when the process runs under AddressSanitizer."""

# float32: rounding of at most 576 products. float16: images, gradients and results are rounded to
# 11 digits, and the sum for the bias adds what has been rounded.
TOLERANCE = {torch.float32: 3e-6, torch.float16: 2**-9, torch.bfloat16: 2**-6}


@pytest.fixture
def emulated(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[EmulatedLauncher]:
    """Let the operations run CPU tensors on the CUDA kernels."""
    try:
        find_compiler()
    except BuildError as error:
        pytest.skip(str(error))
    sanitize = SANITIZE in os.environ
    folder = request.config.cache.mkdir("cuda-host")
    launcher = EmulatedLauncher(folder, sanitize)
    kernels = CudaKernels(launcher)
    monkeypatch.setitem(dispatch.RESAMPLING, "cpu", kernels)
    monkeypatch.setitem(dispatch.POINTWISE, "cpu", kernels)
    return launcher


def images(*shape: int, dtype: torch.dtype = torch.float32, seed: int = 0) -> Tensor:
    """Normally distributed, the same in every run."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(dtype)


def lowpass(taps: int, radial: bool = False) -> Tensor:
    """A filter of about the networks' bandwidth."""
    taps_or_none = ops.design_lowpass(taps, 4.0, 6.0, 32.0, radial=radial)
    return torch.ones(1) if taps_or_none is None else taps_or_none


def compare(operation: Callable[..., Tensor], *inputs: Tensor) -> None:
    """Compare values, first and second derivatives with the float64 reference.

    Args:
        operation: Takes the inputs and `backend`.
        inputs: Images, then maybe a bias; what the kernel gets, the reference gets too.
    """
    dtype = inputs[0].dtype
    found: dict[str, list[Tensor]] = {}
    for backend, working in (("reference", torch.float64), ("native", dtype)):
        xs = [x.detach().to(working, copy=True).requires_grad_() for x in inputs]
        y = operation(*xs, backend=backend)
        dy = wave(y.shape, 1.0).to(dtype).to(working).requires_grad_()
        gradients = torch.autograd.grad(y, xs, dy, create_graph=True)
        v = wave(gradients[0].shape, 0.7).to(dtype).to(working)
        (second,) = torch.autograd.grad(gradients[0], dy, v)
        found[backend] = [t.detach().double() for t in (y, *gradients, second)]
    names = ["y", *(f"d{i}" for i in range(len(inputs))), "ddy"]
    for name, expected, actual in zip(names, found["reference"], found["native"], strict=True):
        assert actual.shape == expected.shape
        # A bias's gradient is a sum whose terms cancel: its error is relative to what was added.
        added = found["reference"][1].abs() if expected.ndim == 1 else expected
        scale = added.sum() / added.shape[1] if expected.ndim == 1 else added.abs().max()
        error = (expected - actual).abs().max() / scale.clamp(min=1e-3)
        assert error < TOLERANCE[dtype], f"{name}: relative error {error:.2e}"


def wave(shape: torch.Size, step: float) -> Tensor:
    """Numbers in ±1 without a pattern that a wrong index could hit."""
    count = shape.numel()
    return (torch.arange(count, dtype=torch.float64) * step + 0.3).sin().reshape(shape)
