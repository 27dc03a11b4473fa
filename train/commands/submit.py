"""`python -m train submit`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console

from generator.ranks import Ranks
from train.commands.run import Resume, parse_training
from train.metrics.measure import check_ready
from train.runs.cluster import LOGS, JobRequest, script, submit
from train.runs.folder import read_setup
from train.share import Share


@dataclass(frozen=True, kw_only=True)
class Submit:
    """Queue a training on a Slurm cluster: `submit --nodes 2 --processes 8 -- run … --out RUN`."""

    nodes: int = 1
    """Machines."""
    processes: int = 1
    """Processes on each of them, one per GPU."""
    gpus: bool = True
    """Ask for a GPU for each process."""
    hours: float = 24.0
    """Longest time of one go; a longer training is queued again and goes on."""
    account: str | None = None
    """Account that the job is charged to; default: your own."""
    partition: str | None = None
    """Partition of the cluster; default: the cluster's."""
    memory_gb: float | None = None
    """Memory of each machine in GB; default: the cluster's."""
    cpus_per_process: int | None = None
    """CPU cores of each process; default: the cluster's, often 1."""
    cluster: str | None = None
    """slurm, or local for processes on this machine; default: what there is."""
    print: bool = False
    """Print the batch script of the job instead of queueing it; needs no Slurm."""

    def __call__(
        self, console: Console, training_arguments: Sequence[str], entry: Callable[[list[str]], int]
    ) -> int:
        """Queue the training; returns the exit code.

        Args:
            console: Where to print.
            training_arguments: Arguments of `python -m train` that come after `--`.
            entry: Entry point of `python -m train`, which the job's tasks run.
        """
        training = parse_training(training_arguments)
        run = (training.run if isinstance(training, Resume) else training.out).absolute()
        request = JobRequest(
            nodes=self.nodes,
            processes=self.processes,
            gpus=self.gpus,
            hours=self.hours,
            account=self.account,
            partition=self.partition,
            memory_gb=self.memory_gb,
            cpus_per_process=self.cpus_per_process,
        )
        if isinstance(training, Resume):
            config = read_setup(run).config
        else:
            config = training.settings
        check_ready(config.metrics)
        tasks = Ranks(0, request.tasks)
        Share.of(config.batch, config.group_size, config.micro_batch, tasks)
        if self.print:
            print(script(training_arguments, run, request))
            return 0
        job = submit(training_arguments, run, request, entry=entry, cluster=self.cluster)
        console.print(
            f"job {job.job_id}; what it prints goes to {run / LOGS}",
            highlight=False,
            soft_wrap=True,
        )
        return 0
