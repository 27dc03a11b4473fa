"""Numbers and lists of the command lines."""

from __future__ import annotations

import numpy as np
import pytest

from generator import seed_class, seed_z
from generator.arguments import (
    MAX_SEED,
    check_number,
    check_psi,
    check_seed,
    check_whole,
    parse_pairs,
    parse_seeds,
)


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("7", [7]), ("0-3", [0, 1, 2, 3]), ("1,5, 8-9", [1, 5, 8, 9]), (str(MAX_SEED), [MAX_SEED])],
)
def test_seeds_are_parsed(text: str, seeds: list[int]) -> None:
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize(
    "text",
    ["", "a", "3-", "-3", "5-2", "1,,2", "0-99999999", "4294967296", "²", "9" * 5000, "0-1-2"],
)
def test_what_are_no_seeds_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="--seeds") as error:
        parse_seeds(text)
    assert len(str(error.value)) < 200


def test_ranges() -> None:
    assert check_whole("--rows", 3, 1, 3) == 3
    assert check_seed(MAX_SEED) == MAX_SEED
    assert check_number("--x", 0.5, 0, 1) == 0.5
    assert check_psi(-0.5) == -0.5
    for wrong in (0, 4, True, 10**5000, 2.0):
        with pytest.raises(ValueError, match="--rows"):
            check_whole("--rows", wrong, 1, 3)  # type: ignore[arg-type]
    for seed in (-1, MAX_SEED + 1, 10**5000):
        with pytest.raises(ValueError, match=f"--seed must be 0 to {MAX_SEED}"):
            check_seed(seed)
    for number in (float("nan"), float("inf"), 2.5):
        with pytest.raises(ValueError, match="--psi must be -1 to 2"):
            check_psi(number)


def test_pairs_are_parsed() -> None:
    known = {"x": float, "waves": int}
    assert parse_pairs("x = 0.5, waves=3", known, "--walk") == {"x": 0.5, "waves": 3}
    for text in ("", "x", "x=", "y=1", "x=1,x=2", "waves=1.5", "x=nan", "x=inf"):
        with pytest.raises(ValueError, match="--walk"):
            parse_pairs(text, known, "--walk")


def test_the_class_of_a_seed_is_drawn_after_its_latent() -> None:
    random = np.random.RandomState(11)
    np.testing.assert_array_equal(random.randn(8).astype(np.float32), seed_z([11], 8)[0])
    assert seed_class(11, 8, 100) == random.randint(100)
    for seed, classes in ((-1, 3), (2**32, 3), (0, 0)):
        with pytest.raises(ValueError, match=r"seed|c_dim"):
            seed_class(seed, 8, classes)
