"""The choice of the faster precision, from the times of pictures drawn anyway."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from viz.render.fastest_precision import SAMPLES, FastPrecision, resolve

if TYPE_CHECKING:
    from viz.protocol.request import Precision


def trained(full_s: float, half_s: float) -> FastPrecision:
    fast = FastPrecision()
    for index in range(2 * SAMPLES):
        precision = fast.choose()
        slow_start = 5.0 if index < 2 else 0.0
        fast.took(precision, slow_start + (full_s if precision == "fp32" else half_s))
    return fast


@pytest.mark.parametrize(
    ("full_s", "half_s", "chosen"),
    [(0.1, 0.05, "bf16"), (0.05, 0.1, "fp32"), (0.1, 0.098, "fp32")],
)
def test_both_are_tried_and_the_clearly_faster_one_stays(
    full_s: float, half_s: float, chosen: Precision
) -> None:
    fast = trained(full_s, half_s)
    assert fast.choose() == chosen
    fast.took(chosen, 100.0)
    assert fast.choose() == chosen, "one hiccup changes nothing"


def test_one_quick_picture_on_an_idle_machine_decides_nothing() -> None:
    fast = FastPrecision()
    for full_s, half_s in ((0.019, 0.047), (0.047, 0.023), (0.039, 0.023)):
        fast.took("fp32", full_s)
        fast.took("bf16", half_s)
    assert fast.choose() == "bf16"


def test_only_fast_is_a_question_and_what_is_measured_is_fp32() -> None:
    fast = trained(0.1, 0.01)
    assert resolve("fp32", fast, measured=False) == "fp32"
    assert resolve("bf16", fast, measured=False) == "bf16"
    assert resolve("bf16", fast, measured=True) == "fp32"
    assert resolve("fast", fast, measured=False) == "bf16"
    assert resolve("fast", fast, measured=True) == "fp32"
