"""Arguments of the CUDA kernels: one structure each, declared in the kernels' sources as well."""

import ctypes

from torch import Tensor

_SIZES = (
    "channels", "in_h", "in_w", "out_h", "out_w", "tiles_y", "tiles_x",
    "start_y", "start_x", "shift_y", "shift_x",
)  # fmt: skip
_STRIDES = (
    "x_stride_n", "x_stride_c", "x_stride_h", "x_stride_w",
    "y_stride_n", "y_stride_c", "y_stride_h", "y_stride_w",
)  # fmt: skip


class Geometry(ctypes.Structure):
    """Sizes, strides and tiles of a resampling; see geometry.cuh."""

    _fields_ = [
        *((name, ctypes.c_int32) for name in _SIZES),
        *((name, ctypes.c_int64) for name in _STRIDES),
    ]


class FilteredLreluArguments(ctypes.Structure):
    """One launch of `filtered_lrelu`."""

    _fields_ = [
        *((name, ctypes.c_void_p) for name in ("x", "y", "masks", "bias", "up_taps", "down_taps")),
        ("geometry", Geometry),
        *(
            (name, ctypes.c_int32)
            for name in ("mask_rows", "mask_columns", "mask_y", "mask_x", "kind")
        ),
        ("slope", ctypes.c_float),
        ("clamp", ctypes.c_float),
    ]


class UpfirdnArguments(ctypes.Structure):
    """One launch of `upfirdn2d`."""

    _fields_ = [
        *((name, ctypes.c_void_p) for name in ("x", "y", "taps")),
        ("geometry", Geometry),
    ]


class BiasActArguments(ctypes.Structure):
    """One launch of `bias_act`."""

    _fields_ = [
        *((name, ctypes.c_void_p) for name in ("x", "bias", "dy", "y")),
        ("count", ctypes.c_int64),
        ("bias_stride", ctypes.c_int64),
        ("bias_size", ctypes.c_int32),
        *((name, ctypes.c_float) for name in ("alpha", "gain", "clamp")),
    ]


STRUCTURES: dict[str, tuple[type[ctypes.Structure], ...]] = {
    "filtered_lrelu": (Geometry, FilteredLreluArguments),
    "upfirdn2d": (Geometry, UpfirdnArguments),
    "bias_act": (BiasActArguments,),
}
"""Structures that each kernel's source declares."""


def address(tensor: Tensor | None) -> int | None:
    """Return where a tensor's elements start; None for no tensor."""
    return None if tensor is None else tensor.data_ptr()
