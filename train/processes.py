"""Processes of this machine that share a training: how many are fastest, and how they come and go.

A small network keeps two processes of one thread each busier than one process of two threads: every
operation divides among threads, and most are too short for that.
"""

import contextlib
import dataclasses
import multiprocessing
import os
import queue
import socket
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import torch

from generator.ranks import ALONE, LostProcessError, Ranks, joined_ranks
from train.config.divisions import Division, possible_divisions
from train.config.training import TrainConfig
from train.data.dataset import ImageDataset
from train.precision import step_seconds
from train.threads import ready_threads
from train.trainer import TrainingDivergedError

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

_HOST = "127.0.0.1"
_LONGEST_MEASUREMENT_S = 600.0
_WORTH_MEASURING_S = 300.0
_SEED = 0


def fastest_division(config: TrainConfig, cores: int) -> dict[Division, float]:
    """Measure the seconds of a step for every possible division, the one to take first.

    A training of a few minutes is not worth it: one process with all cores is then all there is.

    Args:
        config: The settings, made for the data, with a precision.
        cores: Cores this process may use.
    """
    plain = Division(1, cores)
    seconds = {plain: measure_division(config, plain)}
    if config.kimg * 1000 / config.batch * seconds[plain] > _WORTH_MEASURING_S:
        for division in possible_divisions(config.batch, cores):
            if division != plain:
                seconds[division] = measure_division(config, division)
    return dict(sorted(seconds.items(), key=lambda timed: timed[1]))


def measure_division(config: TrainConfig, division: Division) -> float:
    """Measure the seconds of a step of a fresh training.

    The processes compute their shares at the same time; what they exchange, a few megabytes, is
    left out.

    Args:
        config: The settings, made for the data, with a precision.
        division: How the batch is divided; it must be possible.

    Raises:
        RuntimeError: A process ended before it had measured.
    """
    share = dataclasses.replace(config, batch=config.batch // division.processes, micro_batch=None)
    if division.processes == 1:
        before = torch.get_num_threads()
        torch.set_num_threads(division.threads)
        try:
            return step_seconds(share, _noise_pictures(share))
        finally:
            torch.set_num_threads(before)
    context = multiprocessing.get_context("spawn")
    together, measured = context.Barrier(division.processes), context.Queue()
    workers = [
        context.Process(
            target=_measure_share, args=(share, division.threads, together, measured), daemon=True
        )
        for _ in range(division.processes)
    ]
    with _ended(workers):
        return max(_next(measured, workers) for _ in workers)


@contextlib.contextmanager
def sharing_ranks(count: int, task: Callable[[], object]) -> Iterator[Ranks]:
    """Start so many processes, this one counted, that share a training on the CPU.

    They end with this one, however it ends.

    Args:
        count: The processes; 1 starts none.
        task: What each other process does, where `joined_ranks` joins it to the group. It can be
            pickled.

    Yields:
        This process among them.
    """
    if count == 1:
        yield ALONE
        return
    group = {
        "MASTER_ADDR": _HOST,
        "MASTER_PORT": str(_free_port()),
        "WORLD_SIZE": str(count),
        "LOCAL_WORLD_SIZE": str(count),
    }
    context = multiprocessing.get_context("spawn")
    others = [
        context.Process(target=_accompany, args=(group | _numbered(rank), task), daemon=True)
        for rank in range(1, count)
    ]
    with _ended(others), _environment(group | _numbered(0)):
        with joined_ranks("cpu") as (ranks, _):
            yield ranks
        for other in others:
            other.join()


def _numbered(rank: int) -> dict[str, str]:
    return {"RANK": str(rank), "LOCAL_RANK": str(rank)}


def _accompany(environment: dict[str, str], task: Callable[[], object]) -> None:
    os.environ.update(environment)
    # The first process says what has happened; a second Ctrl-C ends all of them.
    with contextlib.suppress(LostProcessError, TrainingDivergedError, KeyboardInterrupt):
        task()


def _measure_share(
    share: TrainConfig, threads: int, together: Any, measured: "Queue[float]"
) -> None:
    ready_threads(threads)
    pictures = _noise_pictures(share)
    together.wait()
    measured.put(step_seconds(share, pictures))


def _noise_pictures(config: TrainConfig) -> ImageDataset:
    """Make a data set of the right shapes."""
    network, count = config.network, 2 * config.batch
    random = torch.Generator().manual_seed(_SEED)
    size = (count, network.height, network.width, network.img_channels)
    pixels = torch.randint(0, 256, size, dtype=torch.uint8, generator=random)
    labels = torch.zeros(count, network.c_dim)
    labels[:, :1] = 1
    return ImageDataset.from_arrays(pixels.numpy(), labels.numpy())


def _next(measured: "Queue[float]", workers: list[Any]) -> float:
    """Take the next result; a process that has ended without one is an error."""
    deadline = time.monotonic() + _LONGEST_MEASUREMENT_S
    while time.monotonic() < deadline and not any(worker.exitcode for worker in workers):
        with contextlib.suppress(queue.Empty):
            return measured.get(timeout=1)
    raise RuntimeError("processes that were to measure the speed did not come to an end")


@contextlib.contextmanager
def _ended(processes: list[Any]) -> Iterator[None]:
    """Start processes, and see to it that none is left."""
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
            process.join()


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set variables of the environment for a while."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((_HOST, 0))
        port: int = listener.getsockname()[1]
        return port
