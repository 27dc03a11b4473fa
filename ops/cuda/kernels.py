"""The Python side of the CUDA kernels: geometry, tables of taps, arguments of the launches."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.weak import WeakIdKeyDictionary

from ops.cuda import variants
from ops.cuda.arguments import (
    BiasActArguments,
    FilteredLreluArguments,
    Geometry,
    UpfirdnArguments,
    address,
)
from ops.cuda.launch import Launcher
from ops.cuda.variants import POINTWISE_PER_THREAD, WORD, Variant
from ops.resampling import Activated, Resampling, Summed, why_not_factors
from ops.spec import BiasActSpec, FilteredLreluSpec, ResampleSpec, Terms, filter_size

MAX_FACTOR = 64
MAX_BLOCKS = 2**31 - 1
"""Blocks of one launch: a limit of CUDA."""

ACTIVATE, ACTIVATE_AND_REMEMBER, APPLY_MASK = range(3)
PRECISIONS = {
    torch.float32: "float32",
    torch.float16: "float16",
    torch.bfloat16: "bfloat16",
}


@dataclass(frozen=True)
class CudaKernels:
    """`ops.resampling.Kernels` of NVIDIA GPUs, and `bias_act`.

    Masks are [N * C, ceil(H / 16), W], int32: 16 samples down a column to a word.
    """

    launcher: Launcher
    folds_gains = False
    _tables: WeakIdKeyDictionary = field(default_factory=WeakIdKeyDictionary, repr=False)
    _identities: dict[Any, Tensor] = field(default_factory=dict, repr=False)

    def why_not_upfirdn2d(self, x: Tensor, taps: Tensor | None, spec: ResampleSpec) -> str | None:
        """Return why the kernel does not serve this call; None if it does."""
        if reason := _why_not_tensor(x) or _why_not_square(taps):
            return reason
        if reason := why_not_factors(spec.up, spec.down, MAX_FACTOR):
            return reason
        up, down = spec.up[0], spec.down[0]
        precision = PRECISIONS[x.dtype]
        size, plane = filter_size(taps)[0], taps is not None and taps.ndim == 2
        wanted = [variants.upfirdn2d(up, down, size, plane, precision)]
        height, width = x.shape[2:]
        sizes = [spec.output_size(height, width, taps), (height, width)]
        if torch.is_grad_enabled() and x.requires_grad:
            wanted.append(variants.upfirdn2d(down, up, size, plane, precision))
        return _why_not_blocks(x, wanted, sizes) or self._prepare(wanted, x.device)

    def why_not_filtered_lrelu(
        self,
        x: Tensor,
        up_taps: Tensor | None,
        down_taps: Tensor | None,
        spec: FilteredLreluSpec,
    ) -> str | None:
        """Return why the kernel does not serve this call; None if it does."""
        if reason := _why_not_tensor(x) or _why_not_square(up_taps) or _why_not_square(down_taps):
            return reason
        if spec.gain <= 0:
            return "the gain is not positive"
        up, down = spec.upsampling.up, spec.downsampling.down
        if reason := why_not_factors(up, down, MAX_FACTOR):
            return reason
        if WORD % up[0] or WORD % down[0]:
            return "factors other than 1, 2, 4, 8 and 16"
        wanted = [_filtered_lrelu_variant(up[0], down[0], up_taps, down_taps, x.dtype)]
        height, width = x.shape[2:]
        upsampled = spec.upsampling.output_size(height, width, up_taps)
        sizes = [spec.downsampling.output_size(*upsampled, down_taps), (height, width)]
        if torch.is_grad_enabled():
            # A bias may want a gradient where the images do not: be ready for the way back.
            wanted.append(_filtered_lrelu_variant(down[0], up[0], down_taps, up_taps, x.dtype))
        return _why_not_blocks(x, wanted, sizes) or self._prepare(wanted, x.device)

    def _prepare(self, wanted: Sequence[Variant | None], device: torch.device) -> str | None:
        for variant in wanted:
            if variant is None:
                return f"the filter does not fit into {variants.SHARED_LIMIT} bytes of memory"
            self.launcher.prepare(variant, device)
        return None

    def mask_start(self, up: int, pad_y: int, pad_x: int) -> tuple[int, int]:
        """Return where masks start: where the first aligned group of upsampled pixels does."""
        return _aligned(pad_y, up)[0], _aligned(pad_x, up)[0]

    def activate(
        self, operation: Resampling, x: Tensor, terms: Terms, want_mask: bool
    ) -> Activated:
        """Return D(lrelu(U(x + bias))), and the mask of its derivatives if it is wanted."""
        mask = None
        if want_mask:
            rows = -(-(operation.tmp_size[0] + operation.tmp_offset[0]) // WORD)
            columns = operation.tmp_size[1] + operation.tmp_offset[1]
            planes = x.shape[0] * x.shape[1]
            mask = torch.empty((planes, rows, columns), dtype=torch.int32, device=x.device)
        kind = ACTIVATE_AND_REMEMBER if want_mask else ACTIVATE
        return Activated(self._filtered_lrelu(operation, x, terms.bias, mask, kind), mask)

    def resample(self, operation: Resampling, x: Tensor, mask: Tensor | None) -> Tensor:
        """Return D(mask · U(x)), without a mask D(U(x))."""
        if mask is None:
            return self._upfirdn2d(operation, x)
        return self._filtered_lrelu(operation, x, None, mask, APPLY_MASK)

    def resample_and_sum(
        self,
        operation: Resampling,
        x: Tensor,
        mask: Tensor | None,
        gain: Tensor | None = None,
        partner: Tensor | None = None,
    ) -> Summed:
        """Return the same, and its sums over the pixels; gains are not folded here."""
        y = self.resample(operation, x, mask)
        return Summed(y, operation.sums(y))

    def why_not_bias_act(self, x: Tensor, spec: BiasActSpec) -> str | None:
        """Return why the kernel does not serve this call; None if it does."""
        if reason := _why_not_tensor(x):
            return reason
        precision = PRECISIONS[x.dtype]
        wanted = [variants.bias_act(spec.activation, False, precision)]
        if torch.is_grad_enabled():
            wanted.append(variants.bias_act(spec.activation, True, precision))
        return self._prepare(wanted, x.device)

    def bias_act(
        self, x: Tensor, bias: Tensor | None, spec: BiasActSpec, dy: Tensor | None
    ) -> Tensor:
        """Return clamp(gain · f(x + bias)), or with `dy` its derivative times dy."""
        if not _dense(x):
            x = x.contiguous()
        y = torch.empty_like(x)
        if x.numel() == 0:
            return y
        if dy is not None and dy.stride() != x.stride():
            dy = torch.empty_like(x).copy_(dy)
        variant = variants.bias_act(spec.activation, dy is not None, PRECISIONS[x.dtype])
        blocks = -(-x.numel() // (variant.threads * POINTWISE_PER_THREAD))
        # The stride of a dimension of size 1 may be anything, 0 included.
        size, stride = (1, 1) if bias is None else (bias.shape[0], max(x.stride(spec.dim), 1))
        arguments = BiasActArguments(
            x.data_ptr(), address(bias), address(dy), y.data_ptr(), x.numel(), stride, size,
            spec.alpha, spec.gain, math.inf if spec.clamp is None else spec.clamp,
        )  # fmt: skip
        self.launcher.launch(variant, blocks, arguments, x.device)
        return y

    def _filtered_lrelu(
        self,
        resampling: Resampling,
        x: Tensor,
        bias: Tensor | None,
        mask: Tensor | None,
        kind: int,
    ) -> Tensor:
        y = _empty_output(x, resampling.out_size)
        if y.numel() == 0:
            return y
        variant = _filtered_lrelu_variant(
            resampling.up, resampling.down, resampling.up_taps, resampling.down_taps, x.dtype
        )
        assert variant is not None
        up_table = self._up_table(
            resampling.up_taps, resampling.up, resampling.flip, resampling.up_gain, x.device
        )
        # On the way down there are no phases: the table of factor 1.
        down_table = self._up_table(
            resampling.down_taps, 1, resampling.flip, resampling.down_gain, x.device
        )
        geometry, blocks = _geometry(resampling, x, y, variant)
        arguments = FilteredLreluArguments(
            x.data_ptr(), y.data_ptr(), address(mask), address(bias),
            up_table.data_ptr(), down_table.data_ptr(), geometry,
            *((0, 0) if mask is None else mask.shape[1:]),
            resampling.tmp_offset[0] - geometry.shift_y,
            resampling.tmp_offset[1] - geometry.shift_x,
            kind, resampling.slope, resampling.clamp,
        )  # fmt: skip
        self.launcher.launch(variant, blocks, arguments, x.device)
        return y

    def _upfirdn2d(self, resampling: Resampling, x: Tensor) -> Tensor:
        y = _empty_output(x, resampling.out_size)
        if y.numel() == 0:
            return y
        # Of the two filters one is the identity: then it makes no difference which one.
        taps = resampling.down_taps if resampling.up_taps is None else resampling.up_taps
        size, plane = filter_size(taps)[0], taps is not None and taps.ndim == 2
        variant = variants.upfirdn2d(
            resampling.up, resampling.down, size, plane, PRECISIONS[x.dtype]
        )
        assert variant is not None
        gain = resampling.up_gain * resampling.down_gain
        table = self._up_table(taps, resampling.up, resampling.flip, gain, x.device)
        geometry, blocks = _geometry(resampling, x, y, variant)
        arguments = UpfirdnArguments(x.data_ptr(), y.data_ptr(), table.data_ptr(), geometry)
        self.launcher.launch(variant, blocks, arguments, x.device)
        return y

    def _up_table(
        self, taps: Tensor | None, up: int, flip: bool, gain: float, device: torch.device
    ) -> Tensor:
        """`polyphase` on the device, made once per filter tensor."""
        known = self._identities if taps is None else self._tables.setdefault(taps, {})
        key = (0 if taps is None else taps._version, up, flip, gain, device)
        if key not in known:
            array = np.ones(1) if taps is None else taps.detach().cpu().double().numpy()
            known[key] = torch.from_numpy(polyphase(array, up, flip, gain)).to(device)
        return known[key]


def polyphase(taps: np.ndarray, up: int, flip: bool, gain: float) -> np.ndarray:
    """Taps in the order in which the kernels use them.

    Args:
        taps: [k] or [k, k].
        up: Factor whose phases are told apart.
        flip: Correlate with the taps instead of convolving.
        gain: Multiplies the taps.

    Returns:
        float32, for [k]: [2, up, ceil(k / up)], rows then columns, the gain in the latter;
        for [k, k]: [up, ceil(k / up), up, ceil(k / up)], x before y. Entry (phase, i) is tap
        up - 1 - phase + up * i of the correlation.
    """
    if not flip:
        taps = taps[::-1, ::-1] if taps.ndim == 2 else taps[::-1]
    reach = -(-taps.shape[0] // up)
    padded = np.zeros((reach * up,) * taps.ndim)
    padded[tuple(slice(size) for size in taps.shape)] = taps
    if taps.ndim == 1:
        rows = padded.reshape(reach, up).T[::-1]
        table = np.stack([rows, rows * gain])
    else:
        y_x = padded.reshape(reach, up, reach, up)[:, ::-1, :, ::-1]
        table = y_x.transpose(3, 2, 1, 0) * gain
    return np.ascontiguousarray(table, dtype=np.float32)


def _aligned(pad: int, up: int) -> tuple[int, int]:
    """Pixels from the first aligned group to the upsampled image; the group's input pixel."""
    shift = (up - 1 - pad) % up
    return shift, (up - 1 - shift - pad) // up


def _filtered_lrelu_variant(
    up: int, down: int, up_taps: Tensor | None, down_taps: Tensor | None, dtype: torch.dtype
) -> Variant | None:
    return variants.filtered_lrelu(
        up,
        down,
        filter_size(up_taps)[0],
        filter_size(down_taps)[0],
        up_taps is not None and up_taps.ndim == 2,
        down_taps is not None and down_taps.ndim == 2,
        PRECISIONS[dtype],
    )


def _why_not_blocks(
    x: Tensor, wanted: Sequence[Variant | None], sizes: Sequence[tuple[int, int]]
) -> str | None:
    """Return why a grid cannot hold all blocks of the forward or the backward pass, or None."""
    for variant, (height, width) in zip(wanted, sizes, strict=False):
        if variant is not None:
            tiles_y, tiles_x = _tiles((height, width), variant)
            if x.shape[0] * x.shape[1] * tiles_y * tiles_x > MAX_BLOCKS:
                return "there are more tiles than one launch can have blocks"
    return None


def _geometry(
    resampling: Resampling, x: Tensor, y: Tensor, variant: Variant
) -> tuple[Geometry, int]:
    """Return where the tiles lie, and how many blocks take them."""
    shift_y, start_y = _aligned(resampling.pad_y, resampling.up)
    shift_x, start_x = _aligned(resampling.pad_x, resampling.up)
    tiles_y, tiles_x = _tiles(resampling.out_size, variant)
    geometry = Geometry(
        x.shape[1], *x.shape[2:], *y.shape[2:], tiles_y, tiles_x,
        start_y, start_x, shift_y, shift_x, *x.stride(), *y.stride(),
    )  # fmt: skip
    return geometry, tiles_y * tiles_x * x.shape[0] * x.shape[1]


def _tiles(size: tuple[int, int], variant: Variant) -> tuple[int, int]:
    return -(-size[0] // variant.tile[0]), -(-size[1] // variant.tile[1])


def _empty_output(x: Tensor, size: tuple[int, int]) -> Tensor:
    last = x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous()
    return torch.empty(
        (*x.shape[:2], *size),
        dtype=x.dtype,
        device=x.device,
        memory_format=torch.channels_last if last else torch.contiguous_format,
    )


def _why_not_tensor(x: Tensor) -> str | None:
    if x.dtype not in PRECISIONS:
        return f"the images are {x.dtype}".replace("torch.", "")
    return None


def _why_not_square(taps: Tensor | None) -> str | None:
    height, width = filter_size(taps)
    return "the filter is not square" if height != width else None


def _dense(x: Tensor) -> bool:
    """Tell whether the elements fill one stretch of memory, in any order."""
    expected = 1
    for stride, size in sorted(zip(x.stride(), x.shape, strict=True)):
        if size != 1:
            if stride != expected:
                return False
            expected *= size
    return True
