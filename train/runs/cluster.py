"""Trainings on a cluster: each task of a Slurm job is one process of the group.

A job that is preempted or runs out of time is queued again and goes on from its newest snapshot.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from systems.processes import command
from train.runs.launch import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

LOGS = "slurm"
"""Folder beside the run's files for what the tasks print."""


class TrainingJob:
    """The command line that each task runs, in an environment that PyTorch's groups understand.

    Args:
        arguments: Arguments of `python -m train`: `run …` or `resume …`.
        run: The run folder they name.
        entry: Entry point of the command line, which takes the arguments and returns the exit
            code. A task loads it by its name: it must be a module's function.
    """

    def __init__(
        self, arguments: Sequence[str], run: Path, entry: Callable[[list[str]], int]
    ) -> None:
        self.arguments = list(arguments)
        self.run = run
        self.entry = entry

    def __call__(self) -> int:
        """Train as one of the processes.

        Raises:
            RuntimeError: the training failed; what it printed says why.
        """
        from submitit.helpers import TorchDistributedEnvironment

        TorchDistributedEnvironment().export(set_cuda_visible_devices=False)
        code = self.entry(self.arguments)
        if code:
            raise RuntimeError(f"python -m train ended with exit code {code}")
        return code

    def checkpoint(self) -> Any:
        """Return what to queue when Slurm takes the job away; submitit calls this."""
        from submitit.helpers import DelayedSubmission

        has_state = any(self.run.glob("state-*.pt"))
        again = ["resume", str(self.run)] if has_state else self.arguments
        return DelayedSubmission(TrainingJob(again, self.run, self.entry))


@dataclass(frozen=True, kw_only=True)
class JobRequest:
    """Machines and time that a training asks of a cluster.

    Raises:
        ValueError: A number is out of range.
    """

    nodes: int = 1
    """Machines."""
    processes: int = 1
    """Processes on each of them."""
    gpus: bool = True
    """True if each process gets a GPU."""
    hours: float = 24.0
    """Longest time of one go; the training is queued again after that."""
    account: str | None = None
    partition: str | None = None
    memory_gb: float | None = None
    """Memory of each machine."""
    cpus_per_process: int | None = None

    def __post_init__(self) -> None:
        for name in ("nodes", "processes", "cpus_per_process"):
            value = getattr(self, name)
            if value is not None and not 1 <= value <= 100_000:
                raise ValueError(f"{name} must be 1 to 100,000, got {value}")
        for name in ("hours", "memory_gb"):
            value = getattr(self, name)
            if value is not None and not 0 < value < 1e6:
                raise ValueError(f"{name} must be a positive number, got {value}")

    @property
    def tasks(self) -> int:
        """All processes of the training."""
        return self.nodes * self.processes

    def parameters(self) -> dict[str, Any]:
        """Name the request as submitit's executors do."""
        shared = {
            "nodes": self.nodes,
            "tasks_per_node": self.processes,
            "gpus_per_node": self.processes if self.gpus else 0,
            "timeout_min": max(1, round(self.hours * 60)),
            "cpus_per_task": self.cpus_per_process,
            "mem_gb": self.memory_gb,
            "slurm_account": self.account,
            "slurm_partition": self.partition,
        }
        return {name: value for name, value in shared.items() if value is not None}


def submit(
    arguments: Sequence[str],
    run: Path,
    request: JobRequest,
    *,
    entry: Callable[[list[str]], int],
    cluster: str | None = None,
) -> Any:
    """Queue a training.

    Args:
        arguments: Arguments of `python -m train`: `run …` or `resume …`.
        run: The run folder they name.
        request: The machines.
        entry: Entry point of the command line; see `TrainingJob`.
        cluster: `slurm`, or `local` for processes on this machine; None takes Slurm where there
            is one.

    Returns:
        submitit's job.

    Raises:
        ValueError: submitit or Slurm is missing.
    """
    submitit = _submitit()
    try:
        executor = submitit.AutoExecutor(run / LOGS, cluster=cluster)
    except RuntimeError:
        raise ValueError(_NO_SLURM) from None
    if executor.cluster == "local" and request.nodes > 1:
        raise ValueError(_NO_SLURM if cluster is None else "local means this machine: --nodes 1")
    executor.update_parameters(name=f"train-{run.name}", **request.parameters())
    return executor.submit(TrainingJob(arguments, run, entry))


def script(arguments: Sequence[str], run: Path, request: JobRequest) -> str:
    """Write out the batch script of a job, without Slurm; nothing is queued.

    Args:
        arguments: As `submit`.
        run: As `submit`.
        request: As `submit`.

    Raises:
        ValueError: submitit is missing.
    """
    _submitit()
    from submitit.slurm.slurm import SlurmExecutor

    class Unsent(SlurmExecutor):  # type: ignore[misc]  # submitit is skipped: it has no types
        @classmethod
        def affinity(cls) -> int:
            return 1  # also where no Slurm is

    executor = Unsent(run / LOGS)
    names = {name.removeprefix("slurm_"): one for name, one in request.parameters().items()}
    parameters = executor._convert_parameters({"name": f"train-{run.name}", **names})
    executor.update_parameters(**parameters)
    task = shlex.join(command(PROGRAM, *arguments))
    text: str = executor._make_submission_file_text(executor._submitit_command_str, "job")
    return f"{text.rstrip()}\n\n# each task runs: {task}"


_NO_SLURM = (
    "there is no Slurm here (no srun): submit on the cluster's login node, or look at the job with "
    "--print; --cluster local trains on this machine"
)


def _submitit() -> Any:
    try:
        import submitit
    except ImportError:
        raise ValueError(
            "a cluster needs submitit: pip install -r requirements-slurm.txt"
        ) from None
    return submitit
