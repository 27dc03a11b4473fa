"""Arguments of the CPU kernels: the structures of src/job.h, which explains the fields."""

import ctypes
from typing import Any

_RESAMPLE_POINTERS = (
    "x", "y", "mask", "bias", "in_gain", "out_gain", "sums", "partner", "clamped",
    "up_x", "up_y", "up_2d", "down_x", "down_y", "down_2d",
)  # fmt: skip
_RESAMPLE_SIZES = (
    "n", "c", "h", "w", "x_stride_n", "x_stride_h", "x_stride_w", "out_h", "out_w",
    "y_stride_n", "y_stride_h", "y_stride_w", "mask_h", "mask_w", "mask_y", "mask_x",
    "pad_x", "pad_y",
)  # fmt: skip
_RESAMPLE_NUMBERS = ("up", "down", "up_size", "down_size", "step", "precision", "threads")


class ResampleJob(ctypes.Structure):
    """One call of `afv_resample`."""

    _fields_ = [
        *((name, ctypes.c_void_p) for name in _RESAMPLE_POINTERS),
        *((name, ctypes.c_int64) for name in _RESAMPLE_SIZES),
        *((name, ctypes.c_int32) for name in _RESAMPLE_NUMBERS),
        ("slope", ctypes.c_float),
        ("clamp", ctypes.c_float),
    ]


class ElementwiseJob(ctypes.Structure):
    """One call of `afv_elementwise`."""

    _fields_ = [
        *(
            (name, ctypes.c_void_p)
            for name in (
                "x", "y", "mask", "bias", "in_gain", "out_gain", "sums", "partner", "clamped",
            )
        ),
        *((name, ctypes.c_int64) for name in ("images", "rows", "channels", "inner")),
        *((name, ctypes.c_int32) for name in ("step", "precision", "threads")),
        *((name, ctypes.c_float) for name in ("gain", "slope", "clamp")),
    ]  # fmt: skip


class WinogradWeightsJob(ctypes.Structure):
    """One call of `afv_winograd_weights`."""

    _fields_ = [
        *((name, ctypes.c_void_p) for name in ("weight", "to")),
        *(
            (name, ctypes.c_int64)
            for name in ("in_c", "out_c", "stride_o", "stride_i", "stride_y", "stride_x")
        ),
        ("threads", ctypes.c_int32),
    ]


_WINOGRAD_SIZES = ("n", "in_c", "out_c", "h", "w", "out_h", "out_w", "pad")


class WinogradJob(ctypes.Structure):
    """One call of `afv_winograd`."""

    _fields_ = [
        *(
            (name, ctypes.c_void_p)
            for name in ("x", "weights", "y", "in_gain", "out_gain", "offset")
        ),
        *((name, ctypes.c_int64) for name in (*_WINOGRAD_SIZES, "offset_stride_n")),
        ("threads", ctypes.c_int32),
    ]


class WinogradGradientJob(ctypes.Structure):
    """One call of `afv_winograd_gradient`."""

    _fields_ = [
        *((name, ctypes.c_void_p) for name in ("x", "dy", "dw", "scratch")),
        *((name, ctypes.c_int64) for name in _WINOGRAD_SIZES),
        *((f"stride_{name}", ctypes.c_int64) for name in "oiyx"),
        ("threads", ctypes.c_int32),
    ]


JOBS: tuple[type[ctypes.Structure], ...] = (
    ResampleJob,
    ElementwiseJob,
    WinogradWeightsJob,
    WinogradJob,
    WinogradGradientJob,
)

PROTOTYPES: dict[str, tuple[Any, ...]] = {
    "afv_use_openmp": (None, ctypes.c_void_p),
    "afv_tiles": (ctypes.c_int64, ctypes.POINTER(ResampleJob)),
    "afv_resample": (ctypes.c_int32, ctypes.POINTER(ResampleJob)),
    "afv_stretches": (
        None,
        ctypes.POINTER(ElementwiseJob),
        ctypes.POINTER(ctypes.c_int64),
        ctypes.POINTER(ctypes.c_int64),
    ),
    "afv_elementwise": (ctypes.c_int32, ctypes.POINTER(ElementwiseJob)),
    "afv_winograd_weights": (ctypes.c_int32, ctypes.POINTER(WinogradWeightsJob)),
    "afv_winograd": (ctypes.c_int32, ctypes.POINTER(WinogradJob)),
    "afv_winograd_gradient": (ctypes.c_int32, ctypes.POINTER(WinogradGradientJob)),
    "afv_winograd_scratch": (ctypes.c_int64, ctypes.POINTER(WinogradGradientJob)),
}
"""Result and arguments of each function of the library."""
