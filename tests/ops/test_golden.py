"""The reference operations reproduce arrays computed by an independent implementation."""

import pytest
import torch

import ops
from tests.ops.conftest import Golden

# The golden arrays are float64; 1e-6 relative leaves room for the float32 filter taps in them.
TOLERANCE = {"rtol": 1e-6, "atol": 1e-6}

FILTERS = Golden("filters")
UPFIRDN = Golden("upfirdn2d")
BIAS_ACT = Golden("bias_act")
FILTERED = Golden("filtered_lrelu")


@pytest.mark.parametrize("i", range(len(FILTERS.cases)))
def test_filter_design(i: int) -> None:
    case = FILTERS.cases[i]
    taps = ops.design_lowpass(
        case["numtaps"], case["cutoff"], case["width"], case["fs"], radial=case["radial"]
    )
    expected = FILTERS.tensor(f"taps{i}")
    if expected is None:
        assert taps is None
    else:
        torch.testing.assert_close(taps, expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("i", range(len(UPFIRDN.cases)))
def test_upfirdn2d(i: int) -> None:
    case = UPFIRDN.cases[i]
    x = UPFIRDN.tensor(f"x{i}").requires_grad_()
    y = ops.upfirdn2d(
        x,
        UPFIRDN.tensor(f"f{i}"),
        up=case["up"],
        down=case["down"],
        padding=case["padding"],
        flip=case["flip_filter"],
        gain=case["gain"],
    )
    torch.testing.assert_close(y, UPFIRDN.tensor(f"y{i}"), **TOLERANCE)
    (dx,) = torch.autograd.grad(y, x, UPFIRDN.tensor(f"dy{i}"))
    torch.testing.assert_close(dx, UPFIRDN.tensor(f"dx{i}"), **TOLERANCE)


@pytest.mark.parametrize("i", range(len(BIAS_ACT.cases)))
def test_bias_act(i: int) -> None:
    case = BIAS_ACT.cases[i]
    x = BIAS_ACT.tensor(f"x{i}").requires_grad_()
    bias = BIAS_ACT.tensor(f"b{i}").requires_grad_()
    y = ops.bias_act(
        x,
        bias,
        dim=case["dim"],
        activation=case["act"],
        alpha=case["alpha"],
        gain=case["gain"],
        clamp=case["clamp"],
    )
    torch.testing.assert_close(y, BIAS_ACT.tensor(f"y{i}"), **TOLERANCE)
    dx, dbias = torch.autograd.grad(y, [x, bias], BIAS_ACT.tensor(f"dy{i}"))
    torch.testing.assert_close(dx, BIAS_ACT.tensor(f"dx{i}"), **TOLERANCE)
    torch.testing.assert_close(dbias, BIAS_ACT.tensor(f"db{i}"), **TOLERANCE)


@pytest.mark.parametrize("i", range(len(FILTERED.cases)))
@pytest.mark.parametrize("backend", ["reference", "native"])
def test_filtered_lrelu(i: int, backend: str, native: None) -> None:
    case = FILTERED.cases[i]
    # The native kernel computes in float32: rounding of a few dozen additions.
    tolerance = TOLERANCE if backend == "reference" else {"rtol": 1e-5, "atol": 2e-5}
    dtype = torch.float64 if backend == "reference" else torch.float32
    x = FILTERED.tensor(f"x{i}").to(dtype).requires_grad_()
    bias = FILTERED.tensor(f"b{i}").to(dtype).requires_grad_()
    dy = FILTERED.tensor(f"dy{i}").to(dtype).requires_grad_()

    def check(actual: torch.Tensor, name: str) -> None:
        torch.testing.assert_close(actual.double(), FILTERED.tensor(f"{name}{i}"), **tolerance)

    y = ops.filtered_lrelu(
        x,
        FILTERED.tensor(f"fu{i}"),
        FILTERED.tensor(f"fd{i}"),
        bias,
        up=case["up"],
        down=case["down"],
        padding=case["padding"],
        gain=case["gain"],
        slope=case["slope"],
        clamp=case["clamp"],
        backend=backend,
    )
    check(y, "y")
    dx, dbias = torch.autograd.grad(y, [x, bias], dy, create_graph=True)
    check(dx, "dx")
    check(dbias, "db")
    (ddy,) = torch.autograd.grad(dx, dy, FILTERED.tensor(f"v{i}").to(dtype))
    check(ddy, "ddy")
