"""`python -m ops.selftest`: every kernel against the reference, with times, as a table to send in.

Made for a machine with an NVIDIA GPU; with `--device cpu` it checks the CPU's kernels.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

import ops
from ops.resampling import KernelsUnavailableError

REPEATS = 21
WARM_UP = 3
# Relative to the largest value: rounding of a few hundred products in float32; of the images, the
# gradient and the result to 11 or 8 digits in the half precisions.
TOLERANCE = {torch.float32: 5e-6, torch.float16: 2**-9, torch.bfloat16: 2**-6}
FLIPPED = 1e-4
"""Share of the pixels that may deviate more."""


@dataclass(frozen=True)
class Case:
    """One call of one operation."""

    name: str
    shape: tuple[int, int, int, int]
    call: Callable[[Tensor, Tensor, str], Tensor]
    """(images, bias, backend) to images."""


@dataclass(frozen=True)
class Outcome:
    """Result of one case in one direction."""

    error: float
    """Largest but for FLIPPED of the pixels, relative to the largest value."""
    native_ms: float
    pytorch_ms: float


def cases(size: int, channels: int) -> list[Case]:
    """Return a call of every kind that the networks make, on images of about `size` pixels."""

    def lowpass(taps: int, radial: bool = False) -> Tensor:
        designed = ops.design_lowpass(taps, 4.0, 6.0, 32.0, radial=radial)
        assert designed is not None
        return designed

    def filtered(up: int, radial: bool) -> Callable[[Tensor, Tensor, str], Tensor]:
        up_taps, down_taps = lowpass(6 * up), lowpass(12, radial)
        padding = [3 * up + 4, 3 * up + 5]
        return lambda x, bias, backend: ops.filtered_lrelu(
            x, up_taps, down_taps, bias, up=up, down=2, padding=padding, clamp=256.0,
            backend=backend,
        )  # fmt: skip

    def resampled(up: int, down: int, padding: list[int]) -> Callable[..., Tensor]:
        bilinear = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
        taps = bilinear[:, None] * bilinear[None, :]
        return lambda x, bias, backend: ops.upfirdn2d(
            x, taps, up=up, down=down, padding=padding, gain=up * up, backend=backend
        )

    def activated(activation: str) -> Callable[..., Tensor]:
        return lambda x, bias, backend: ops.bias_act(
            x, bias, activation=activation, clamp=256.0, backend=backend
        )

    whole, half = (2, channels, size, size), (2, channels, size // 2, size // 2)
    return [
        Case("filtered_lrelu 2×2", whole, filtered(2, False)),
        Case("filtered_lrelu 4×2", half, filtered(4, False)),
        Case("filtered_lrelu 2×2 radial", whole, filtered(2, True)),
        Case("filtered_lrelu 4×2 radial", half, filtered(4, True)),
        Case("upfirdn2d up 2", half, resampled(2, 1, [2, 1, 2, 1])),
        Case("upfirdn2d down 2", whole, resampled(1, 2, [1, 1, 1, 1])),
        Case("upfirdn2d blur", whole, resampled(1, 1, [2, 1, 2, 1])),
        Case("bias_act linear", whole, activated("linear")),
        Case("bias_act lrelu", whole, activated("lrelu")),
    ]


def check(
    case: Case, dtype: torch.dtype, device: torch.device, repeats: int = REPEATS
) -> Iterator[tuple[str, Outcome]]:
    """Run a case forwards and backwards; yields the direction and its outcome.

    Raises:
        ValueError: No kernel serves the case.
    """
    generator = torch.Generator().manual_seed(0)
    # bias_act's PyTorch path rounds after each step: what both get is what the dtype can hold.
    x = torch.randn(case.shape, generator=generator).to(device, dtype)
    bias = torch.randn(case.shape[1], generator=generator).to(device, dtype)
    exact_x = x.double().requires_grad_()
    exact = case.call(exact_x, bias.double(), "reference")
    dy = torch.randn(exact.shape, generator=generator).to(device, dtype)
    (exact_dx,) = torch.autograd.grad(exact, exact_x, dy.double())
    x.requires_grad_()
    with fresh_memory_is_nan():
        native = case.call(x, bias, "native")
        (native_dx,) = torch.autograd.grad(native, x, dy, retain_graph=True)
    plain = case.call(x, bias, "reference")

    def forward(backend: str) -> Callable[[], object]:
        return lambda: case.call(x.detach(), bias, backend)

    def backward(y: Tensor) -> Callable[[], object]:
        return lambda: torch.autograd.grad(y, x, dy, retain_graph=True)

    def outcome(
        expected: Tensor, actual: Tensor, fast: Callable[[], object], slow: Callable[[], object]
    ) -> Outcome:
        # Where an upsampled value is 0 but for rounding, its derivative may be either slope: that
        # happens to a few samples in ten million, each of which reaches some dozen pixels.
        deviation = (expected - actual.double()).abs().flatten()
        worst = deviation.topk(1 + int(deviation.numel() * FLIPPED)).values[-1]
        # One value that is no number is too many: nothing wrote it.
        error = (worst + 0 * deviation.max()) / expected.abs().max()
        return Outcome(
            error.item(), median_ms(fast, device, repeats), median_ms(slow, device, repeats)
        )

    yield "forward", outcome(exact.detach(), native, forward("native"), forward("reference"))
    yield "backward", outcome(exact_dx, native_dx, backward(native), backward(plain))


@contextmanager
def fresh_memory_is_nan() -> Iterator[None]:
    """Fill new memory with NaN, so that what a kernel leaves unwritten shows."""
    enabled = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    # PyTorch fills new memory in its deterministic mode, and there alone.
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(enabled, warn_only=warn_only)


def median_ms(call: Callable[[], object], device: torch.device, repeats: int) -> float:
    """Return the median time of a call: device events on a GPU, the wall clock on a CPU."""
    for _ in range(WARM_UP):
        call()
    times = []
    for _ in range(repeats):
        if device.type == "cuda":
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            start.record()
            call()
            end.record()
            end.synchronize()
            times.append(start.elapsed_time(end))
        else:
            begun = time.perf_counter()
            call()
            times.append(1000 * (time.perf_counter() - begun))
    return statistics.median(times)


def main() -> int:
    """Print the table; the exit status says whether everything agreed."""
    parser = argparse.ArgumentParser(prog="python -m ops.selftest", description=__doc__)
    parser.add_argument("--device", default="cuda", help="cuda, cuda:1, cpu (default: cuda)")
    parser.add_argument("--size", type=int, default=256, help="pixels (default: 256)")
    parser.add_argument("--channels", type=int, default=64, help="default: 64")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        print("No NVIDIA GPU, or no PyTorch for one. --device cpu checks the CPU's kernels.")
        return 2
    console = Console(width=110)
    console.print(f"Python {sys.version.split()[0]}, PyTorch {torch.__version__}", highlight=False)
    dtypes = [torch.float32, torch.bfloat16]
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        console.print(
            f"{properties.name}, sm_{properties.major}{properties.minor}, "
            f"{properties.multi_processor_count} multiprocessors, CUDA {torch.version.cuda}",
            highlight=False,
        )
        dtypes.insert(1, torch.float16)
    table = Table("kernel", "direction", "dtype", "error", "", "kernel ms", "PyTorch ms", "ratio")
    failed = False
    for case in cases(arguments.size, arguments.channels):
        for dtype in dtypes:
            name = str(dtype).removeprefix("torch.")
            try:
                for direction, found in check(case, dtype, device):
                    agrees = found.error < TOLERANCE[dtype]
                    failed |= not agrees
                    table.add_row(
                        case.name, direction, name, f"{found.error:.1e}",
                        "ok" if agrees else "WRONG", f"{found.native_ms:.3f}",
                        f"{found.pytorch_ms:.3f}", f"{found.pytorch_ms / found.native_ms:.1f}×",
                    )  # fmt: skip
            except (ValueError, KernelsUnavailableError) as error:
                failed = True
                table.add_row(case.name, "", name, "", "NONE", str(error))
    console.print(table)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
