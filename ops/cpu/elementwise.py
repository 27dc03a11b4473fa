"""The Python side of the native kernel that works element by element."""

import ctypes

import torch
from torch import Tensor

from ops.cpu.jobs import ElementwiseJob
from ops.cpu.kernels import (
    ACTIVATE,
    ACTIVATE_MASK,
    APPLY_MASK,
    LANES,
    LINEAR,
    PRECISIONS,
    address,
    load,
    unless_built,
    why_not_tensor,
)
from ops.elementwise import Elementwise
from ops.resampling import Activated, Summed
from ops.spec import BiasActSpec, Terms

ACTIVATIONS = ("linear", "relu", "lrelu")
"""Those that are straight but for a corner: two bits tell their derivatives of any order."""
# Below this many elements waking other threads costs more than they save.
_ALONE = 1 << 15


class CpuElementwise:
    """`ops.resampling.OperationKernels` for `ops.elementwise`."""

    def why_not_bias_act(self, x: Tensor, spec: BiasActSpec) -> str | None:
        """Return why the kernel does not serve this call; None if it does."""
        reason = why_not_tensor(x)
        if spec.activation not in ACTIVATIONS:
            reason = reason or f"its activations are {', '.join(ACTIVATIONS)}"
        if spec.gain <= 0:
            reason = reason or "the gain is not positive"
        return unless_built(reason)

    def activate(
        self, operation: Elementwise, x: Tensor, terms: Terms, want_mask: bool
    ) -> Activated:
        """Return y, and the mask of its derivatives if they are not all the same."""
        if operation.is_linear:
            return Activated(_run(operation, x, LINEAR, terms)[0], None, False)
        if not want_mask:
            return Activated(_run(operation, x, ACTIVATE, terms)[0], None)
        apart = operation.inner > 1
        stretches = operation.images * operation.channels if apart else operation.images
        length = operation.inner if apart else operation.rows * operation.channels
        mask = torch.empty(stretches, -(-length // LANES), dtype=torch.int32)
        clamped = ctypes.c_int32(0)
        y, _ = _run(operation, x, ACTIVATE_MASK, terms, mask, clamped=clamped)
        return Activated(y, mask, bool(clamped.value))

    def resample(self, operation: Elementwise, x: Tensor, mask: Tensor | None) -> Tensor:
        """Return gain · mask · x."""
        return _run(operation, x, LINEAR if mask is None else APPLY_MASK, Terms(), mask)[0]

    def resample_and_sum(
        self,
        operation: Elementwise,
        x: Tensor,
        mask: Tensor | None,
        gain: Tensor | None = None,
        partner: Tensor | None = None,
    ) -> Summed:
        """Return the same times a gain, and its sums before that."""
        step = LINEAR if mask is None else APPLY_MASK
        terms = Terms(output_gain=gain)
        y, sums = _run(operation, x, step, terms, mask, want_sums=True, partner=partner)
        assert sums is not None
        return Summed(y, sums[:, 0], None if partner is None else sums[:, 1])


def _run(
    operation: Elementwise,
    x: Tensor,
    step: int,
    terms: Terms,
    mask: Tensor | None = None,
    *,
    clamped: ctypes.c_int32 | None = None,
    want_sums: bool = False,
    partner: Tensor | None = None,
) -> tuple[Tensor, Tensor | None]:
    """Run the kernel: the result, and where they are wanted the sums, [N, 2, C] or [1, 2, C]."""
    x = _as_laid_out(x, operation)
    y = torch.empty_strided(operation.shape, operation.stride, dtype=x.dtype)
    if x.numel() == 0:
        rows = x.shape[0] if operation.by_image else 1
        return y, torch.zeros(rows, 2, x.shape[operation.dim]) if want_sums else None
    if partner is not None:
        partner = _as_laid_out(partner, operation)
    job = ElementwiseJob(
        x.data_ptr(), y.data_ptr(), address(mask),
        address(terms.bias), address(terms.input_gain), address(terms.output_gain),
        None, address(partner), None if clamped is None else ctypes.addressof(clamped),
        operation.images, operation.rows, operation.channels, operation.inner,
        step, PRECISIONS[x.dtype], 1 if x.numel() < _ALONE else torch.get_num_threads(),
        operation.gain, operation.slope, operation.clamp,
    )  # fmt: skip
    library = load()
    parts = None
    if want_sums:
        parts = _empty_sums(operation, job, library)
        job.sums = parts.data_ptr()
    if library.afv_elementwise(ctypes.byref(job)):
        raise MemoryError("no memory is left for the buffers of the CPU kernels")
    return y, None if parts is None else _added_up(operation, parts)


def _empty_sums(operation: Elementwise, job: ElementwiseJob, library: ctypes.CDLL) -> Tensor:
    stretches, parts = ctypes.c_int64(), ctypes.c_int64()
    library.afv_stretches(ctypes.byref(job), ctypes.byref(stretches), ctypes.byref(parts))
    period = 1 if operation.inner > 1 else operation.channels
    return torch.empty(stretches.value, parts.value, 2, period)


def _added_up(operation: Elementwise, parts: Tensor) -> Tensor:
    """Add up the sums of all parts: [N, 2, C], or [1, 2, C] for all images together."""
    sums = parts.sum(1)
    if operation.inner > 1:
        sums = sums.view(operation.images, operation.channels, 2).transpose(1, 2)
    return sums if operation.by_image else sums.sum(0, keepdim=True)


def _as_laid_out(x: Tensor, operation: Elementwise) -> Tensor:
    if x.stride() == operation.stride:
        return x
    return torch.empty_strided(operation.shape, operation.stride, dtype=x.dtype).copy_(x)
