"""Number of threads that compute, and how they wait for each other."""

from systems.machine import keep_freed_memory, usable_cores

MOST_THREADS = 1024


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
    import torch  # the policy of `systems.machine.wait_passively` has to be set before it

    if threads is None:
        threads = min(torch.get_num_threads(), usable_cores())
    check_threads(threads)
    torch.set_num_threads(threads)
    keep_freed_memory()
    return threads
