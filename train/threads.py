"""Number of threads that compute, and how they wait for each other."""

import os

from systems.machine import keep_freed_memory, usable_cores

MOST_THREADS = 1024


def wait_passively() -> None:
    """Let threads sleep at barriers; to be called before PyTorch is loaded.

    Threads that spin there take the core from whoever they wait for: on a busy machine that makes
    a step many times as long. A policy that the user has set stays.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def check_threads(threads: object, name: str = "threads") -> None:
    """Make sure that a number of threads, or processes, is one that a machine could have.

    Raises:
        ValueError: It is no whole number from 1 to `MOST_THREADS`.
    """
    if (
        isinstance(threads, bool)
        or not isinstance(threads, int)
        or not 1 <= threads <= MOST_THREADS
    ):
        raise ValueError(
            f"{name} must be a whole number from 1 to {MOST_THREADS}, got {threads!r:.60}"
        )


def ready_threads(threads: int | None) -> int:
    """Ready the process to train and measure; returns the threads that will compute.

    Args:
        threads: None takes one per core that this process may use.

    Raises:
        ValueError: `threads` is out of range.
    """
    import torch  # `wait_passively` has to come before it

    if threads is None:
        threads = min(torch.get_num_threads(), usable_cores())
    check_threads(threads)
    torch.set_num_threads(threads)
    keep_freed_memory()
    return threads
