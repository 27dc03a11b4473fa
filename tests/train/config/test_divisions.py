"""Ways to divide a training among the cores of a machine."""

import pytest

from train.config.divisions import Division, possible_divisions, rates_of, rates_text


@pytest.mark.parametrize(
    ("batch", "cores", "expected"),
    [
        (4, 1, [(1, 1)]),
        (4, 2, [(1, 1), (1, 2), (2, 1)]),
        (3, 2, [(1, 1), (1, 2)]),
        (8, 6, [(1, 3), (1, 6), (2, 3)]),
        (4, 8, [(1, 4), (1, 8), (2, 4), (4, 2)]),
    ],
)
def test_divisions_share_batch_and_cores_without_a_rest(
    batch: int, cores: int, expected: list[tuple[int, int]]
) -> None:
    divisions = possible_divisions(batch, cores)
    assert [(one.processes, one.threads) for one in divisions] == expected


def test_rates_are_read_as_they_are_written():
    rates = {Division(2, 1): 14.1, Division(1, 2): 9.8, Division(1, 1): 6.6}
    text = rates_text(rates)
    assert (
        text
        == "2 processes of 1 thread: 14.1 images/s; 2 threads: 9.8 images/s; 1 thread: 6.6 images/s"
    )
    assert rates_of(f"something before\n{text}\n8 pictures; 14.10 images/s here") == rates
    assert rates_of("nothing") == {}
