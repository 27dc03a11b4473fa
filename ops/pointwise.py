"""`bias_act` by a fast kernel, with derivatives of any order."""

from typing import Any, Protocol

import torch
from torch import Tensor

from ops import reference
from ops.spec import BiasActSpec


class PointwiseKernels(Protocol):
    """The fast kernel of one kind of device."""

    def why_not_bias_act(self, x: Tensor, spec: BiasActSpec) -> str | None:
        """Return why the kernel does not serve this call; None if it does.

        Raises:
            KernelsUnavailableError: It would serve it, but this machine has none.
        """

    def bias_act(
        self, x: Tensor, bias: Tensor | None, spec: BiasActSpec, dy: Tensor | None
    ) -> Tensor:
        """Return clamp(gain · f(x + bias)), or with `dy` its derivative times dy."""


def bias_act(
    x: Tensor, bias: Tensor | None, spec: BiasActSpec, kernels: PointwiseKernels
) -> Tensor:
    """Compute `ops.bias_act`, for calls the kernel serves."""
    return _BiasAct.apply(x, bias, spec, kernels)


class _BiasAct(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, bias: Tensor | None, spec: BiasActSpec, kernels: PointwiseKernels
    ) -> Tensor:
        ctx.spec, ctx.kernels = spec, kernels
        ctx.save_for_backward(x, bias)
        return kernels.bias_act(x, _widened(bias), spec, None)

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        x, bias = ctx.saved_tensors
        if torch.is_grad_enabled():
            # The derivative is to be derived in turn: PyTorch's operations know all orders.
            needed = ctx.needs_input_grad[:2]
            y = reference.bias_act(x, bias, ctx.spec)
            wanted = [t for t, need in zip((x, bias), needed, strict=True) if need]
            found = iter(torch.autograd.grad(y, wanted, dy, create_graph=True))
            dx, dbias = (next(found) if need else None for need in needed)
            return dx, dbias, None, None
        dx = ctx.kernels.bias_act(x, _widened(bias), ctx.spec, dy)
        dbias = None
        if ctx.needs_input_grad[1]:
            others = [d for d in range(x.ndim) if d != ctx.spec.dim % x.ndim]
            dbias = (dx.sum(others, dtype=torch.float32) if others else dx).to(bias.dtype)
        return dx, dbias, None, None


def _widened(bias: Tensor | None) -> Tensor | None:
    return None if bias is None else bias.detach().float().contiguous()
