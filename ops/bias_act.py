"""Bias, activation, gain and clamp."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class _Activation:
    function: Callable[[Tensor, float], Tensor]
    gain: float
    """Keeps the variance of a normally distributed input near one; the default gain."""
    alpha: float = 0.0


_ACTIVATIONS = {
    "linear": _Activation(lambda x, alpha: x, 1.0),
    "relu": _Activation(lambda x, alpha: F.relu(x), 2**0.5),
    "lrelu": _Activation(lambda x, alpha: F.leaky_relu(x, alpha), 2**0.5, alpha=0.2),
    "tanh": _Activation(lambda x, alpha: torch.tanh(x), 1.0),
    "sigmoid": _Activation(lambda x, alpha: torch.sigmoid(x), 1.0),
    "elu": _Activation(lambda x, alpha: F.elu(x), 1.0),
    "selu": _Activation(lambda x, alpha: F.selu(x), 1.0),
    "softplus": _Activation(lambda x, alpha: F.softplus(x), 1.0),
    "swish": _Activation(lambda x, alpha: torch.sigmoid(x) * x, 2**0.5),
}


def bias_act(
    x: Tensor,
    bias: Tensor | None = None,
    *,
    dim: int = 1,
    activation: str = "linear",
    alpha: float | None = None,
    gain: float | None = None,
    clamp: float | None = None,
    backend: str = "auto",
) -> Tensor:
    """Add a bias, apply an activation, multiply, clamp.

    Args:
        x: Any shape, any floating dtype.
        bias: [x.shape[dim]], or None.
        dim: The dimension the bias runs along.
        activation: One of linear, relu, lrelu, tanh, sigmoid, elu, selu, softplus, swish.
        alpha: Slope of lrelu below zero; default 0.2.
        gain: Multiplies the activation; default √2 for relu, lrelu and swish, 1 otherwise.
        clamp: Limits the result to ± this value, or None.
        backend: "auto" or "reference"; both are PyTorch's own operations.

    Returns:
        Like x.

    Raises:
        ValueError: Unknown activation, wrong bias, clamp not positive.

    Differentiable to any order with respect to x and bias.
    """
    if activation not in _ACTIVATIONS:
        raise ValueError(
            f"unknown activation {activation!r}: choose one of {', '.join(_ACTIVATIONS)}"
        )
    if clamp is not None and clamp <= 0:
        raise ValueError(f"clamp must be positive, got {clamp:g}")
    if backend not in ("auto", "reference"):
        raise ValueError(f"bias_act has the backends auto and reference, not {backend!r}")
    kind = _ACTIVATIONS[activation]
    if bias is not None:
        if bias.ndim != 1 or not -x.ndim <= dim < x.ndim or bias.shape[0] != x.shape[dim]:
            raise ValueError(
                f"bias must have one value per element of dimension {dim} of {list(x.shape)}, "
                f"got {list(bias.shape)}"
            )
        shape = [1] * x.ndim
        shape[dim] = -1
        x = x + bias.to(x.dtype).reshape(shape)
    x = kind.function(x, kind.alpha if alpha is None else alpha)
    gain = kind.gain if gain is None else gain
    if gain != 1:
        x = x * gain
    if clamp is not None:
        x = x.clamp(-clamp, clamp)
    return x
