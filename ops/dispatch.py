"""Chooses the backend of each call.

"auto" takes the kernel of the tensor's device where it serves the call and PyTorch's operations
otherwise. When the kernels cannot be had at all, one warning says why.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

import torch
from torch import Tensor

from ops import convolution, elementwise, pointwise, reference, resampling
from ops.cpu.build import is_to_be_compiled
from ops.cpu.elementwise import CpuElementwise
from ops.cpu.kernels import CpuKernels
from ops.cpu.kernels import unavailable as native_unavailable
from ops.cpu.winograd import WinogradKernels
from ops.cuda.kernels import CudaKernels
from ops.cuda.launch import CudaLauncher
from ops.resampling import KernelsUnavailableError
from ops.spec import BiasActSpec, FilteredLreluSpec, ResampleSpec, Terms

BACKENDS = ("auto", "reference", "native")

_CUDA = CudaKernels(CudaLauncher())
# By the type of the tensor's device.
RESAMPLING: dict[str, resampling.Kernels] = {"cpu": CpuKernels(), "cuda": _CUDA}
POINTWISE: dict[str, pointwise.PointwiseKernels | CpuElementwise] = {
    "cpu": CpuElementwise(),
    "cuda": _CUDA,
}
CONVOLUTION: dict[str, convolution.ConvolutionKernels] = {"cpu": WinogradKernels()}

_K = TypeVar("_K")

_REFERENCE_ONLY = ContextVar("reference_only", default=False)


@contextmanager
def reference_only() -> Iterator[None]:
    """Let PyTorch's operations serve every call with `backend="auto"` within the context.

    For what has to see through the operations, as tracing does. It holds for the thread that
    enters it alone: others keep their kernels.
    """
    token = _REFERENCE_ONLY.set(True)
    try:
        yield
    finally:
        _REFERENCE_ONLY.reset(token)


def upfirdn2d(x: Tensor, taps: Tensor | None, spec: ResampleSpec, backend: str) -> Tensor:
    """Run the checked call on the chosen backend; see `ops.upfirdn2d`."""
    kernels = _choose(RESAMPLING, x, backend, lambda k: k.why_not_upfirdn2d(x, taps, spec))
    if kernels is None:
        return reference.upfirdn2d(x, taps, spec)
    return resampling.upfirdn2d(x, taps, spec, kernels)


def filtered_lrelu(
    x: Tensor,
    up_taps: Tensor | None,
    down_taps: Tensor | None,
    terms: Terms,
    spec: FilteredLreluSpec,
    backend: str,
) -> Tensor:
    """Run the checked call on the chosen backend; see `ops.filtered_lrelu`."""
    kernels = _choose(
        RESAMPLING, x, backend, lambda k: k.why_not_filtered_lrelu(x, up_taps, down_taps, spec)
    )
    if kernels is None:
        return reference.filtered_lrelu(x, up_taps, down_taps, terms, spec)
    if spec.is_elementwise and up_taps is None and down_taps is None:
        serving = POINTWISE.get(x.device.type)
        if isinstance(serving, CpuElementwise):
            return elementwise.filtered_lrelu(x, terms, spec, serving)
    return resampling.filtered_lrelu(x, up_taps, down_taps, terms, spec, kernels)


def bias_act(x: Tensor, bias: Tensor | None, spec: BiasActSpec, backend: str) -> Tensor:
    """Run the checked call on the chosen backend; see `ops.bias_act`."""
    kernels = _choose(POINTWISE, x, backend, lambda k: k.why_not_bias_act(x, spec))
    if kernels is None:
        return reference.bias_act(x, bias, spec)
    if isinstance(kernels, CpuElementwise):
        return elementwise.bias_act(x, bias, spec, kernels)
    return pointwise.bias_act(x, bias, spec, kernels)


def convolve(
    x: Tensor,
    weight: Tensor,
    padding: int,
    around: convolution.Around,
    backend: str,
) -> Tensor:
    """Run the checked call on the chosen backend; see `ops.convolve`."""
    kernels = None
    # Most other calls are small: they are told apart at once.
    ready = weight.shape[2:] == (3, 3) and x.is_contiguous(memory_format=torch.channels_last)
    if backend != "auto" or (ready and x.device.type in CONVOLUTION):
        kernels = _choose(CONVOLUTION, x, backend, lambda k: k.why_not(x, weight, padding))
    return convolution.convolve(x, weight, padding, around, kernels, backend == "native")


def is_winograd_faster(
    weight: Tensor, size: Sequence[int], dtype: torch.dtype, padding: int
) -> bool:
    """Tell whether "auto" takes Winograd's algorithm; see `ops.is_winograd_faster`."""
    if dtype != weight.dtype or weight.device.type not in CONVOLUTION:
        return False
    kernels = _choose(CONVOLUTION, weight, "auto", lambda k: k.why_not(weight, weight, padding))
    return kernels is not None and kernels.is_faster(convolution.Shape.of(1, size, weight, padding))


def _choose(
    native: dict[str, _K], x: Tensor, backend: str, why_not: Callable[[_K], str | None]
) -> _K | None:
    """Return the kernels to run the call on; None for PyTorch's operations."""
    if backend not in BACKENDS:
        raise ValueError(f"unknown backend {backend!r}: choose one of {', '.join(BACKENDS)}")
    if backend == "reference" or (backend == "auto" and _REFERENCE_ONLY.get()):
        return None
    kernels = native.get(x.device.type)
    if kernels is None:
        reason: str | None = f"there is none for {x.device}"
    else:
        try:
            reason = why_not(kernels)
        except KernelsUnavailableError as error:
            reason = str(error)
            if backend == "auto":
                _say_once(x.device.type, reason)
    if reason is None:
        return kernels
    if backend == "native":
        raise ValueError(f"the native kernel cannot run this: {reason}")
    return None


_UNAVAILABLE: dict[str, str] = {}


def _say_once(device_type: str, reason: str) -> None:
    if device_type not in _UNAVAILABLE:
        _UNAVAILABLE[device_type] = reason
        warnings.warn(
            f"Pictures will be slow: no native {device_type.upper()} kernels ({reason}). "
            "PyTorch's operations serve.",
            RuntimeWarning,
            stacklevel=2,
        )


def missing_kernels(device_type: str) -> str | None:
    """Return why PyTorch's operations have served on a type of device, as "cpu", or None.

    Known once an operation has been called there with `backend="auto"`.
    """
    return _UNAVAILABLE.get(device_type)


def kernels_to_compile(device_type: str) -> bool:
    """Return whether the next call on a type of device, as "cpu", will first compile kernels.

    Known of the CPU alone: for GPUs, kernels are compiled one by one, as calls need them.
    """
    return device_type == "cpu" and is_to_be_compiled()


def prepare_kernels(device_type: str) -> None:
    """Compile now what the first call would; that there is no compiler is told by that call."""
    if device_type == "cpu":
        native_unavailable()


def backend_report() -> list[str]:
    """Return one line per operation and device: the backend in use, and why the others are not."""
    reason = native_unavailable()
    native = "native CPU kernel" if reason is None else f"PyTorch (no native kernel: {reason})"
    lines = [
        f"upfirdn2d: {native}",
        f"filtered_lrelu: {native}",
        f"convolve: {native} where it is faster, as measured"
        if reason is None
        else "convolve: PyTorch",
        f"bias_act: {native} for linear, relu and lrelu, PyTorch for other activations",
    ]
    if torch.cuda.is_available():
        missing = _UNAVAILABLE.get("cuda")
        state = f"PyTorch (no native kernel: {missing})" if missing else "native CUDA kernels"
        lines.append(f"all three on {torch.cuda.get_device_name()}: {state}")
    lines.append("other devices and dtypes: PyTorch")
    return lines
