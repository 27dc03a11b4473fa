"""Starting of kernels: on the GPU here, on an emulated one in the tests."""

import ctypes
from functools import cache
from typing import TYPE_CHECKING, Protocol

import torch

from ops.cuda import build
from ops.cuda.variants import Variant
from ops.resampling import KernelsUnavailableError

if TYPE_CHECKING:
    from cuda.core import Kernel


class Launcher(Protocol):
    """Compiles and starts kernels."""

    def prepare(self, variant: Variant, device: torch.device) -> None:
        """Make the variant ready to start on that device.

        Raises:
            KernelsUnavailableError: It cannot be had; the message says why.
        """

    def launch(
        self, variant: Variant, blocks: int, arguments: ctypes.Structure, device: torch.device
    ) -> None:
        """Start blocks on the device's current stream, and do not wait for them.

        Args:
            variant: The kernel, prepared.
            blocks: Their number.
            arguments: What the kernel's source declares; copied before the call returns.
            device: Where the tensors are.
        """


class CudaLauncher:
    """Starts kernels through `cuda.core`, on PyTorch's current stream."""

    def prepare(self, variant: Variant, device: torch.device) -> None:
        """Compile and load the variant for the device."""
        _kernel(variant, _index(device))

    def launch(
        self, variant: Variant, blocks: int, arguments: ctypes.Structure, device: torch.device
    ) -> None:
        """Start the kernel on the device's current stream."""
        from cuda.bindings import driver
        from cuda.core import Device

        index = _index(device)
        kernel = _kernel(variant, index)
        # One parameter, by value; `cuda.core.launch` takes numbers and pointers alone.
        addresses = (ctypes.c_void_p * 1)(ctypes.addressof(arguments))
        with torch.cuda.device(index):
            # Backward passes run on threads of PyTorch's that may not have the context yet.
            Device(index).set_current()
            stream = torch.cuda.current_stream(index).cuda_stream
            (status,) = driver.cuLaunchKernel(
                int(kernel.handle), blocks, 1, 1, variant.threads, 1, 1, 0, stream,
                ctypes.addressof(addresses), 0,
            )  # fmt: skip
        if status != driver.CUresult.CUDA_SUCCESS:
            raise RuntimeError(f"the driver did not start {variant}: {status.name}")


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
