"""What one call costs: ctypes within an autograd.Function beside operators of torch.library.

    python -m benchmarks.calls

Every way computes the same leaky ReLU of a tiny map by the same kernel, so that the difference is
what the way costs by itself. The ways take turns; medians of processor time of one thread.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from benchmarks import report
from ops.cpu.elementwise import CpuElementwise
from ops.elementwise import Elementwise

KERNELS = CpuElementwise()
SHAPE = (1, 16, 4, 4)


@dataclass(frozen=True, kw_only=True)
class Options(report.Options):
    """Options of this benchmark."""

    rounds: int = 200
    """Turns of each way; the median counts."""
    calls: int = 50
    """Calls in a turn."""


def _map(x: Tensor) -> Elementwise:
    return Elementwise(x.shape, x.stride(), 1, False, 1, 1, 16, 16, 1.0, 0.2, float("inf"))


def _forward(x: Tensor) -> tuple[Tensor, Tensor]:
    from ops.spec import Terms

    y, mask, _ = KERNELS.activate(_map(x), x, Terms(), True)
    assert mask is not None
    return y, mask


def _backward(dy: Tensor, mask: Tensor) -> Tensor:
    return KERNELS.resample(_map(dy), dy, mask)


class _Function(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y, mask = _forward(x)
        ctx.save_for_backward(mask)
        return y

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> Tensor:
        return _backward(dy, *ctx.saved_tensors)


def _setup(ctx: Any, inputs: tuple[Tensor], output: tuple[Tensor, Tensor]) -> None:
    ctx.save_for_backward(output[1])
    ctx.mark_non_differentiable(output[1])
    ctx.set_materialize_grads(False)


def _registered() -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Register the operation as `custom_op` does, and with a `Library`, which checks less."""

    def derive(ctx: Any, dy: Tensor, _: Tensor | None) -> Tensor:
        return custom_backward(dy, *ctx.saved_tensors)

    def derive_too(ctx: Any, dy: Tensor, _: Tensor | None) -> Tensor:
        return torch.ops.benchmark.backward(dy, *ctx.saved_tensors)

    custom = torch.library.custom_op("benchmark::custom", _forward, mutates_args=())
    custom_backward = torch.library.custom_op(
        "benchmark::custom_backward", _backward, mutates_args=()
    )
    custom.register_autograd(derive, setup_context=_setup)

    torch.library.define("benchmark::forward", "(Tensor x) -> (Tensor, Tensor)")
    torch.library.define("benchmark::backward", "(Tensor dy, Tensor mask) -> Tensor")
    torch.library.impl("benchmark::forward", "cpu", _forward)
    torch.library.impl("benchmark::backward", "cpu", _backward)
    torch.library.register_autograd("benchmark::forward", derive_too, setup_context=_setup)
    return custom, torch.ops.benchmark.forward


def measure(options: Options) -> Iterator[report.Sheet]:
    """Time a call of every way."""
    torch.set_num_threads(1)
    custom, library = _registered()
    ways: dict[str, Callable[[Tensor], Tensor]] = {
        "autograd.Function": _Function.apply,
        "torch.library.custom_op": lambda x: custom(x)[0],
        "torch.library, define and impl": lambda x: library(x)[0],
    }
    sheet = report.Sheet(
        f"a leaky ReLU of {SHAPE}",
        ["way", "pass"],
        {"µs": "{:.1f}", "extra, µs": "{:+.1f}"},
    )
    dy = torch.randn(SHAPE)
    for backward in (False, True):
        x = torch.randn(SHAPE, requires_grad=backward)
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(options.rounds):
            for name, way in ways.items():
                begun = time.thread_time()
                for _ in range(options.calls):
                    y = way(x)
                    if backward:
                        torch.autograd.grad(y, x, dy)
                times[name].append((time.thread_time() - begun) / options.calls * 1e6)
        base = statistics.median(times["autograd.Function"])
        for name, found in times.items():
            own = statistics.median(found)
            sheet.add(name, "forward + backward" if backward else "forward", own, own - base)
    yield sheet


if __name__ == "__main__":
    report.run(measure, Options, __doc__)
