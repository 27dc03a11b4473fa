"""How a kernel is started: on the GPU here, on an emulated one in the tests."""

import ctypes
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Protocol

import torch

from ops.cuda import build
from ops.cuda.variants import Variant
from ops.resampling import KernelsUnavailableError

if TYPE_CHECKING:
    from cuda.core import Kernel

Argument = int | ctypes.c_int32 | ctypes.c_int64 | ctypes.c_float
"""Of a kernel: a plain int is a pointer, 0 for none."""


class Launcher(Protocol):
    """Compiles and starts kernels."""

    def prepare(self, variant: Variant, device: torch.device) -> None:
        """Make the variant ready to start on that device.

        Raises:
            KernelsUnavailableError: It cannot be had; the message says why.
        """

    def launch(
        self, variant: Variant, blocks: int, arguments: Sequence[Argument], device: torch.device
    ) -> None:
        """Start `blocks` blocks on the device's current stream, and do not wait for them."""


class CudaLauncher:
    """Starts kernels through `cuda.core`, on PyTorch's current stream."""

    def prepare(self, variant: Variant, device: torch.device) -> None:
        """Compile and load the variant for the device."""
        _kernel(variant, _index(device))

    def launch(
        self, variant: Variant, blocks: int, arguments: Sequence[Argument], device: torch.device
    ) -> None:
        """Start the kernel on the device's current stream."""
        from cuda.core import Device, LaunchConfig, launch

        index = _index(device)
        kernel = _kernel(variant, index)
        with torch.cuda.device(index):
            # Backward passes run on threads of PyTorch's that may not have the context yet.
            Device(index).set_current()
            stream = torch.cuda.current_stream(index)
            launch(stream, LaunchConfig(grid=blocks, block=variant.threads), kernel, *arguments)


def _index(device: torch.device) -> int:
    return torch.cuda.current_device() if device.index is None else device.index


def _kernel(variant: Variant, index: int) -> "Kernel":
    found = _load(variant, index)
    if isinstance(found, KernelsUnavailableError):
        raise found
    return found


@cache
def _load(variant: Variant, index: int) -> "Kernel | KernelsUnavailableError":
    """The kernel, or why there is none: a failure is not tried again with every call."""
    major, minor = torch.cuda.get_device_capability(index)
    try:
        code = build.compiled(variant, f"sm_{major}{minor}")
    except KernelsUnavailableError as error:
        return error
    from cuda.core import Device
    from cuda.core._utils.cuda_utils import CUDAError

    with torch.cuda.device(index):
        Device(index).set_current()
        try:
            return code.get_kernel(variant.kernel)
        except CUDAError as error:
            return KernelsUnavailableError(f"the driver refused {variant}: {error}")
