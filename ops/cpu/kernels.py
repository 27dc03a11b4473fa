"""The Python side of the native CPU kernel: calls through ctypes."""

import ctypes
import glob
import os
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor
from torch.utils.weak import WeakIdKeyDictionary

from ops.cpu import build
from ops.cpu.jobs import ResampleJob
from ops.resampling import (
    Activated,
    KernelsUnavailableError,
    Resampling,
    Summed,
    why_not_factors,
)
from ops.spec import FilteredLreluSpec, ResampleSpec, Terms, filter_size

LANES = 16
# Limits of the kernel's buffers for either direction: the derivative exchanges up and down.
MAX_TAPS = 256
MAX_FACTOR = 64

LINEAR, ACTIVATE, ACTIVATE_MASK, APPLY_MASK = range(4)
PRECISIONS = {torch.float32: 0, torch.bfloat16: 1}


@dataclass(frozen=True)
class _Filter:
    """FIR taps as the kernel takes them: for correlation, scaled, float32."""

    size: int
    along_x: np.ndarray | None
    along_y: np.ndarray | None
    plane: np.ndarray | None


@cache
def load() -> ctypes.CDLL:
    """Return the compiled kernels, which share PyTorch's thread pool.

    Raises:
        build.BuildError: This machine has none.
    """
    library = build.library()
    if parallel := _openmp_parallel():
        library.afv_use_openmp(parallel)
    return library


def _openmp_parallel() -> int | None:
    """Return the address of GOMP_parallel in the OpenMP library of PyTorch; None if it has none."""
    folder = os.path.join(os.path.dirname(torch.__file__), "lib")
    for path in glob.glob(os.path.join(folder, "lib*omp*")):
        try:
            return ctypes.cast(ctypes.CDLL(path).GOMP_parallel, ctypes.c_void_p).value
        except (OSError, AttributeError):
            continue
    return None


@cache
def unavailable() -> str | None:
    """Return why there are no native kernels on this machine; None if there are."""
    try:
        load()
    except build.BuildError as error:
        return str(error)
    return None


def unless_built(reason: str | None) -> str | None:
    """Return `reason`; without one, raise KernelsUnavailableError if there are no kernels."""
    if reason is None and (missing := unavailable()):
        raise KernelsUnavailableError(missing)
    return reason


def why_not_upfirdn2d(x: Tensor, taps: Tensor | None, spec: ResampleSpec) -> str | None:
    """Return why the native kernel does not serve this call; None if it does."""
    return (
        why_not_tensor(x)
        or why_not_factors(spec.up, spec.down, MAX_FACTOR)
        or _why_not_filter(taps)
    )


def why_not_filtered_lrelu(
    x: Tensor, up_taps: Tensor | None, down_taps: Tensor | None, spec: FilteredLreluSpec
) -> str | None:
    """Return why the native kernel does not serve this call; None if it does."""
    if spec.gain <= 0:
        return "the gain is not positive"
    return (
        why_not_tensor(x)
        or why_not_factors(spec.upsampling.up, spec.downsampling.down, MAX_FACTOR)
        or _why_not_filter(up_taps)
        or _why_not_filter(down_taps)
    )


def why_not_tensor(x: Tensor) -> str | None:
    """Return why the kernels do not take such images; None if they do."""
    if x.device.type != "cpu":
        return f"the images are on {x.device}"
    if x.dtype not in PRECISIONS:
        return f"the images are {x.dtype}".replace("torch.", "")
    return None


def _why_not_filter(taps: Tensor | None) -> str | None:
    height, width = filter_size(taps)
    if height != width:
        return "the filter is not square"
    if taps is not None and taps.requires_grad:
        return "the filter wants a gradient"
    if height > MAX_TAPS:
        return f"the filter is longer than {MAX_TAPS} taps"
    return None


class CpuKernels:
    """`ops.resampling.Kernels` of the CPU: masks are [N, ceil(C / 16), H, W], int32."""

    folds_gains = True

    def why_not_upfirdn2d(self, x: Tensor, taps: Tensor | None, spec: ResampleSpec) -> str | None:
        """Return why the kernel does not serve this call; None if it does."""
        return unless_built(why_not_upfirdn2d(x, taps, spec))

    def why_not_filtered_lrelu(
        self,
        x: Tensor,
        up_taps: Tensor | None,
        down_taps: Tensor | None,
        spec: FilteredLreluSpec,
    ) -> str | None:
        """Return why the kernel does not serve this call; None if it does."""
        return unless_built(why_not_filtered_lrelu(x, up_taps, down_taps, spec))

    def mask_start(self, up: int, pad_y: int, pad_x: int) -> tuple[int, int]:
        """Return (0, 0): the masks are as large as the upsampled image."""
        return 0, 0

    def activate(
        self, operation: Resampling, x: Tensor, terms: Terms, want_mask: bool
    ) -> Activated:
        """Return D(lrelu(U(input_gain · x + bias))) · output_gain."""
        if not want_mask:
            return Activated(_run(operation, x, ACTIVATE, terms=terms)[0], None)
        blocks = -(-x.shape[1] // LANES)
        mask = torch.empty((x.shape[0], blocks, *operation.tmp_size), dtype=torch.int32)
        clamped = ctypes.c_int32(0)
        y, _ = _run(operation, x, ACTIVATE_MASK, terms=terms, mask=mask, clamped=clamped)
        return Activated(y, mask, bool(clamped.value))

    def resample(self, operation: Resampling, x: Tensor, mask: Tensor | None) -> Tensor:
        """Return D(mask · U(x)), without a mask D(U(x))."""
        return _run(operation, x, LINEAR if mask is None else APPLY_MASK, mask=mask)[0]

    def resample_and_sum(
        self,
        operation: Resampling,
        x: Tensor,
        mask: Tensor | None,
        gain: Tensor | None = None,
        partner: Tensor | None = None,
    ) -> Summed:
        """Return the same times a gain, and its sums before that."""
        step = LINEAR if mask is None else APPLY_MASK
        terms = Terms(output_gain=gain)
        y, sums = _run(operation, x, step, terms=terms, mask=mask, want_sums=True, partner=partner)
        assert sums is not None
        return Summed(y, sums[:, 0], None if partner is None else sums[:, 1])


_NO_TERMS = Terms()


def _run(
    resampling: Resampling,
    x: Tensor,
    step: int,
    *,
    terms: Terms = _NO_TERMS,
    mask: Tensor | None = None,
    clamped: ctypes.c_int32 | None = None,
    want_sums: bool = False,
    partner: Tensor | None = None,
) -> tuple[Tensor, Tensor | None]:
    """Run the kernel: the result, and where they are wanted the sums, [N, 2, C]."""
    channels_last = x.is_contiguous(memory_format=torch.channels_last)
    restore = not channels_last and x.is_contiguous()
    if not channels_last:
        x = x.contiguous(memory_format=torch.channels_last)
    if partner is not None:
        partner = partner.contiguous(memory_format=torch.channels_last)
    n, c, h, w = x.shape
    out_h, out_w = resampling.out_size
    y = torch.empty((n, c, out_h, out_w), dtype=x.dtype, memory_format=torch.channels_last)
    if y.numel() == 0:
        return y, torch.zeros(n, 2, c) if want_sums else None
    up_filter = _prepared(resampling.up_taps, resampling.flip, resampling.up_gain)
    down_filter = _prepared(resampling.down_taps, resampling.flip, resampling.down_gain)
    job = ResampleJob(
        x.data_ptr(),
        y.data_ptr(),
        address(mask),
        address(terms.bias),
        address(terms.input_gain),
        address(terms.output_gain),
        None,
        address(partner),
        None if clamped is None else ctypes.addressof(clamped),
        *_addresses(up_filter),
        *_addresses(down_filter),
        n, c, h, w,
        # Strides of dimensions of size 1 may be anything: state what they would be.
        c * w * h, c * w, c,
        out_h, out_w,
        c * out_w * out_h, c * out_w, c,
        *((0, 0) if mask is None else mask.shape[2:]),
        *resampling.tmp_offset,
        resampling.pad_x, resampling.pad_y,
        resampling.up, resampling.down, up_filter.size, down_filter.size,
        step, PRECISIONS[x.dtype], torch.get_num_threads(),
        resampling.slope, resampling.clamp,
    )  # fmt: skip
    library = load()
    sums = None
    if want_sums:
        # Every tile adds up its own pixels: the total does not depend on who took which.
        tiles = torch.empty(library.afv_tiles(ctypes.byref(job)), 2, LANES)
        job.sums = tiles.data_ptr()
    if library.afv_resample(ctypes.byref(job)):
        raise MemoryError("no memory is left for the buffers of the CPU kernels")
    if want_sums:
        blocks = -(-c // LANES)
        by_image = tiles.view(n, blocks, -1, 2, LANES).sum(2)
        sums = by_image.transpose(1, 2).reshape(n, 2, -1)[:, :, :c]
    return y.contiguous() if restore else y, sums


def address(tensor: Tensor | None) -> int | None:
    """Return where a tensor's elements start; None for no tensor."""
    return None if tensor is None else tensor.data_ptr()


def _addresses(taps: _Filter) -> list[int | None]:
    return [
        None if part is None else part.ctypes.data
        for part in (taps.along_x, taps.along_y, taps.plane)
    ]


_PREPARED: WeakIdKeyDictionary = WeakIdKeyDictionary()


def _prepared(taps: Tensor | None, flip: bool, gain: float) -> _Filter:
    """Return the taps for correlation, times `gain`; made once per filter tensor."""
    if taps is None:
        return _identity(gain)
    known = _PREPARED.setdefault(taps, {})
    # Inference tensors have no version: nothing can change them in place.
    key = (0 if taps.is_inference() else taps._version, flip, gain)
    if key not in known:
        array = taps.detach().cpu().double().numpy()
        if not flip:
            array = array[::-1, ::-1] if array.ndim == 2 else array[::-1]
        plain, scaled = _float32(array), _float32(array * gain)
        if array.ndim == 2:
            known[key] = _Filter(array.shape[0], None, None, scaled)
        else:
            known[key] = _Filter(array.shape[0], plain, scaled, None)
    return known[key]


@cache
def _identity(gain: float) -> _Filter:
    return _Filter(1, np.ones(1, np.float32), np.full(1, gain, np.float32), None)


def _float32(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array, dtype=np.float32)
