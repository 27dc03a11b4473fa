"""A device that stands in for Apple's Metal where there is none.

Tensors of the meta device have shapes and dtypes, no values. Under `StandInMetal` they behave as
those of `mps` do as far as can be known elsewhere: a float64 on it is an error, as there, and so
is an operator for which PyTorch lists no Metal kernel. What is copied to the CPU, or read as a
number, has fixed random values.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torchgen
from torch import Tensor
from torch.optim import optimizer
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torchgen.gen import ParsedYaml, parse_native_yaml
from torchgen.model import DispatchKey

from ops import doubles

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest
    from torch._ops import OpOverload

DEVICE = "meta"

_TO_CPU = torch.ops.aten._to_copy.default
_COPY = torch.ops.aten.copy_.default
_READ = torch.ops.aten._local_scalar_dense.default
_NONZERO = torch.ops.aten.nonzero.default


class StandInMetal(TorchDispatchMode):
    """Every operator called on the device, checked; `operators` are their names."""

    def __init__(self) -> None:
        super().__init__()
        self.operators: set[str] = set()

    def __torch_dispatch__(
        self, operator: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Run one operator and check it."""
        kwargs = kwargs or {}
        given = [x for x in tree_leaves((args, kwargs)) if isinstance(x, Tensor)]
        there = any(x.device.type == DEVICE for x in given)
        if there and operator is _READ:
            return _values(args[0]).item()
        if there and operator is _TO_CPU and _is_cpu(kwargs.get("device")):
            return _values(args[0]).to(kwargs.get("dtype") or args[0].dtype)
        if there and operator is _COPY and _is_cpu(args[0].device):
            return args[0].copy_(_values(args[1]))
        if there and operator is _NONZERO:  # as if all were
            return args[0].new_empty((args[0].numel(), args[0].ndim), dtype=torch.int64)
        if torch.is_inference_mode_enabled():  # those made of others come as they are
            with self:
                results = operator.decompose(*args, **kwargs)
            if results is not NotImplemented:
                return results
        results = operator(*args, **kwargs)
        made = [x for x in tree_leaves(results) if isinstance(x, Tensor)]
        on_device = [x for x in (*given, *made) if x.device.type == DEVICE]
        for x in on_device:
            if x.dtype in (torch.float64, torch.complex128):
                raise TypeError(f"{operator} with {x.dtype}, which Metal does not have")
        if on_device:
            self.operators.add(str(operator))
            if not has_metal_kernel(operator):
                raise NotImplementedError(f"{operator} has no Metal kernel")
        return results


def _is_cpu(device: Any) -> bool:
    return device is not None and torch.device(device).type == "cpu"


def _values(x: Tensor) -> Tensor:
    """Values for a tensor that has none: in 0…1; whole numbers, often places, are 0."""
    if not x.dtype.is_complex and not x.dtype.is_floating_point:
        return torch.zeros(x.shape, dtype=x.dtype)
    generator = torch.Generator().manual_seed(x.numel())
    return torch.rand(x.shape, generator=generator, dtype=torch.float64).to(x.dtype)


def has_metal_kernel(operator: OpOverload) -> bool:
    """Tell whether PyTorch's list of operators has one for Metal, or builds it from others."""
    name = operator._schema.name.removeprefix("aten::")
    if operator._overloadname != "default":
        name += f".{operator._overloadname}"
    listed = _listed()
    if name not in listed[1]:
        return operator.namespace != "aten"
    function = listed[1][name]
    if function.structured_delegate is not None:
        function = listed[1][str(function.structured_delegate)]
    composite = (
        function.has_composite_implicit_autograd_kernel
        or function.has_composite_explicit_autograd_kernel
        or function.has_composite_explicit_autograd_non_functional_kernel
    )
    return composite or listed[0].backend_indices[DispatchKey.MPS].has_kernel(function)


@cache
def _listed() -> tuple[ParsedYaml, dict[str, Any]]:
    folder = Path(torchgen.__file__).parent / "packaged" / "ATen" / "native"
    parsed = parse_native_yaml(str(folder / "native_functions.yaml"), str(folder / "tags.yaml"))
    return parsed, {str(function.func.name): function for function in parsed.native_functions}


@contextmanager
def on_metal(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInMetal]:
    """Let `DEVICE` stand in for Metal within the context."""
    monkeypatch.setattr(doubles, "SINGLE_ONLY", {*doubles.SINGLE_ONLY, DEVICE})
    fused = [*torch.utils._foreach_utils._get_fused_kernels_supported_devices(), DEVICE]
    monkeypatch.setattr(optimizer, "_get_fused_kernels_supported_devices", lambda: fused)
    with StandInMetal() as metal:
        yield metal
