"""Trainings on a cluster: each task of a Slurm job is one process of the group.

A job that is preempted or runs out of time is queued again and goes on from its newest snapshot.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

LOGS = "slurm"
"""Folder beside the run's files for what the tasks print."""


class TrainingJob:
    """What a task runs: the command line in an environment that PyTorch's groups understand.

    Args:
        arguments: Of `python -m train`: `run …` or `resume …`.
        run: The run folder they name.
    """

    def __init__(self, arguments: Sequence[str], run: Path) -> None:
        self.arguments = list(arguments)
        self.run = run

    def __call__(self) -> int:
        """Train as one of the processes.

        Raises:
            RuntimeError: the training failed; what it printed says why.
        """
        from submitit.helpers import TorchDistributedEnvironment

        from train.commands.main import main

        TorchDistributedEnvironment().export(set_cuda_visible_devices=False)
        code = main(self.arguments)
        if code:
            raise RuntimeError(f"python -m train ended with exit code {code}")
        return code

    def checkpoint(self) -> Any:
        """What to queue when Slurm takes the job away; submitit calls this."""
        from submitit.helpers import DelayedSubmission

        has_state = any(self.run.glob("state-*.pt"))
        again = ["resume", str(self.run)] if has_state else self.arguments
        return DelayedSubmission(TrainingJob(again, self.run))


def submit(
    arguments: Sequence[str],
    *,
    nodes: int,
    processes: int,
    gpus: bool,
    hours: float,
    partition: str | None = None,
    cluster: str | None = None,
) -> Any:
    """Queue a training.

    Args:
        arguments: Of `python -m train`: `run … --out RUN …` or `resume RUN …`.
        nodes: Machines.
        processes: On each of them.
        gpus: Whether each process has a GPU.
        hours: Longest time of one go; it is queued again after that.
        partition: Of the cluster; None: the default one.
        cluster: submitit's: `slurm`, or `local` for processes on this machine; None: what there is.

    Returns:
        submitit's job.

    Raises:
        ValueError: submitit is missing, or the arguments name no run folder.
    """
    try:
        import submitit
    except ImportError:
        raise ValueError(
            "a cluster needs submitit: pip install -r requirements-slurm.txt"
        ) from None
    run = run_folder_of(arguments)
    executor = submitit.AutoExecutor(run / LOGS, cluster=cluster)
    executor.update_parameters(
        name=f"train-{run.name}",
        nodes=nodes,
        tasks_per_node=processes,
        gpus_per_node=processes if gpus else 0,
        timeout_min=max(1, round(hours * 60)),
        **({"slurm_partition": partition} if partition else {}),
    )
    return executor.submit(TrainingJob(arguments, run))


def run_folder_of(arguments: Sequence[str]) -> Path:
    """The run folder that arguments of `python -m train` name.

    Raises:
        ValueError: they name none.
    """
    match list(arguments):
        case ["run", *rest] if "--out" in rest[:-1]:
            return Path(rest[rest.index("--out") + 1]).absolute()
        case ["resume", folder, *_] if not folder.startswith("-"):
            return Path(folder).absolute()
    raise ValueError(
        "after -- comes what to do: run … --out RUN …, or resume RUN, as without a cluster"
    )
