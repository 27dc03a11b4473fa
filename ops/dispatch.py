"""Chooses the backend of each call.

"auto" takes the native kernel where it serves the call and PyTorch's operations otherwise. When
the native kernels cannot be had at all, one warning says why.
"""

import warnings
from collections.abc import Callable
from functools import cache

from torch import Tensor

from ops import reference, resampling
from ops.cpu import build, kernels
from ops.spec import FilteredLreluSpec, ResampleSpec

BACKENDS = ("auto", "reference", "native")


def upfirdn2d(x: Tensor, taps: Tensor | None, spec: ResampleSpec, backend: str) -> Tensor:
    """Run the checked call on the chosen backend; see `ops.upfirdn2d`."""
    if _use_native(backend, lambda: kernels.why_not_upfirdn2d(x, taps, spec)):
        return resampling.upfirdn2d(x, taps, spec, kernels.CpuKernels())
    return reference.upfirdn2d(x, taps, spec)


def filtered_lrelu(
    x: Tensor,
    up_taps: Tensor | None,
    down_taps: Tensor | None,
    bias: Tensor | None,
    spec: FilteredLreluSpec,
    backend: str,
) -> Tensor:
    """Run the checked call on the chosen backend; see `ops.filtered_lrelu`."""
    if _use_native(backend, lambda: kernels.why_not_filtered_lrelu(x, up_taps, down_taps, spec)):
        return resampling.filtered_lrelu(x, up_taps, down_taps, bias, spec, kernels.CpuKernels())
    return reference.filtered_lrelu(x, up_taps, down_taps, bias, spec)


def _use_native(backend: str, why_not: Callable[[], str | None]) -> bool:
    if backend not in BACKENDS:
        raise ValueError(f"unknown backend {backend!r}: choose one of {', '.join(BACKENDS)}")
    if backend == "reference":
        return False
    reason = native_unavailable() if backend == "native" else None
    reason = reason or why_not()
    if backend == "native" and reason:
        raise ValueError(f"the native kernel cannot run this: {reason}")
    return reason is None and _native_or_warning()


@cache
def native_unavailable() -> str | None:
    """Why there are no native kernels on this machine; None if there are."""
    try:
        kernels.load()
    except build.BuildError as error:
        return str(error)
    return None


@cache
def _native_or_warning() -> bool:
    reason = native_unavailable()
    if reason:
        warnings.warn(
            f"Pictures will be slow: no native CPU kernels ({reason}). PyTorch's operations serve.",
            RuntimeWarning,
            stacklevel=2,
        )
    return reason is None


def backend_report() -> list[str]:
    """One line per operation: the backend in use on the CPU, and why the others are not."""
    reason = native_unavailable()
    native = "native CPU kernel" if reason is None else f"PyTorch (no native kernel: {reason})"
    return [
        f"upfirdn2d: {native}; other devices and dtypes: PyTorch",
        f"filtered_lrelu: {native}; other devices and dtypes: PyTorch",
        "bias_act: PyTorch (its operations are as fast as the memory)",
    ]
