"""Bias, activation, gain and clamp."""

from dataclasses import dataclass

from torch import Tensor

from ops import dispatch
from ops.spec import BiasActSpec, check_clamp


@dataclass(frozen=True)
class _Defaults:
    gain: float
    """Keeps the variance of a normally distributed input near one."""
    alpha: float = 0.0


_DEFAULTS = {
    "linear": _Defaults(1.0),
    "relu": _Defaults(2**0.5),
    "lrelu": _Defaults(2**0.5, alpha=0.2),
    "tanh": _Defaults(1.0),
    "sigmoid": _Defaults(1.0),
    "elu": _Defaults(1.0),
    "selu": _Defaults(1.0),
    "softplus": _Defaults(1.0),
    "swish": _Defaults(2**0.5),
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
        backend: "auto", "reference" or "native".

    Returns:
        Like x.

    Raises:
        ValueError: Unknown activation, wrong bias, clamp not positive.

    Differentiable to any order with respect to x and bias.
    """
    defaults = _DEFAULTS.get(activation)
    if defaults is None:
        raise ValueError(f"unknown activation {activation!r}: choose one of {', '.join(_DEFAULTS)}")
    check_clamp(clamp)
    if bias is not None and (
        bias.ndim != 1 or not -x.ndim <= dim < x.ndim or bias.shape[0] != x.shape[dim]
    ):
        raise ValueError(
            f"bias must have one value per element of dimension {dim} of {list(x.shape)}, "
            f"got {list(bias.shape)}"
        )
    spec = BiasActSpec(
        dim,
        activation,
        defaults.alpha if alpha is None else alpha,
        defaults.gain if gain is None else gain,
        clamp,
    )
    return dispatch.bias_act(x, bias, spec, backend)
