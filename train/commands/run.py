"""`python -m train run` and `python -m train resume`."""

import argparse
import dataclasses
import functools
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
import tyro
from rich.console import Console

from generator import load_network
from generator.ranks import Ranks, joined_ranks
from systems.machine import peak_memory_mib, usable_cores
from train.config.divisions import Division, rates_text
from train.config.presets import preset, stored_settings
from train.config.training import TrainConfig, augment_advice
from train.data.dataset import ImageDataset, unusable
from train.data.pixels import default_readers
from train.fine_tuning import Taken, start_text, take_weights
from train.growth import grow_weights, grown_config
from train.loop import train, train_along
from train.metrics.measure import check_ready
from train.precision import measured_precision, step_seconds
from train.processes import fastest_division, measure_division, sharing_ranks
from train.progress import duration_text
from train.runs.folder import RunFolder, RunSetup
from train.share import Share
from train.threads import check_threads, ready_threads
from train.trainer import Trainer
from train.words import counted


@dataclass(frozen=True, kw_only=True)
class Run:
    """Train from scratch, or from the weights of another training."""

    data: Path
    """Zip or folder of pictures, as `prepare` makes them."""
    out: Path
    """Run folder to make."""
    config: str = "stylegan3-t"
    """Preset that the settings below start from: stylegan2, stylegan3-t or stylegan3-r for the
    demo; ablation-a to ablation-h, ablation-t, ablation-r, ablation-t-n4, -t-n8, -t-m1 or -t-m4 for
    the configurations of the paper's ablation at the demo's size; ffhq-, ffhq-u-, metfaces-,
    metfaces-u-, afhqv2- or beaches- before a kind for a data set of the paper; or the config.json
    of another run."""
    init_from: Path | None = None
    """Start from these weights where names and shapes agree: a run folder, a .safetensors, .pkl
    or .pt file, or the name of a bundled network. See also --freeze-d."""
    allow_fresh: bool = False
    """Start from such weights although more than a tenth of a network's tensors are not in them."""
    grow_from: Path | None = None
    """Start a network of twice the size from the weights of this one, and take its sizes for the
    defaults below: what StyleGAN3 draws, through a window twice as wide, without the critically
    sampled layers; of StyleGAN2 all layers and one finer octave. See also --lr-g-rampup-kimg."""
    processes: int | None = None
    """Processes that share every batch; default, on a CPU: what is fastest here, together with the
    threads of each, measured once for some seconds."""
    threads: int | None = None
    """Threads of each process; default: what is fastest here, or the share of the cores that
    --processes leaves to each."""
    workers: int | None = None
    """Threads that read pictures while they are needed; 0 holds all in memory; default: that where
    they take at most a quarter of it."""
    device: str = "auto"
    """cpu, cuda, cuda:N or mps; auto: CUDA where there is any, else the CPU. Under torchrun each
    process takes a GPU of its own."""
    dry_run: bool = False
    """Only check every picture and print the settings, the networks' sizes, how long it would take
    and how much memory."""
    settings: TrainConfig = dataclasses.field(default_factory=lambda: preset("stylegan3-t"))

    def __call__(self, console: Console) -> int:
        """Carry the command out; returns the exit code."""
        with joined_ranks(self.device) as (ranks, device):
            return self._run(console if ranks.speaks else Console(quiet=True), ranks, device)

    def _run(self, console: Console, ranks: Ranks, device: str) -> int:
        if self.init_from is not None and self.grow_from is not None:
            raise ValueError("weights come from --init-from or from --grow-from, not from both")
        check_ready(self.settings.metrics)
        settings = self.settings
        together = Ranks(0, self.processes or 1) if ranks.count == 1 else ranks
        Share.of(settings.batch, settings.group_size, settings.micro_batch, together)
        _check_processes(self.processes, ranks, device)
        if self.dry_run:
            _check_pictures(self.data)
        data = ImageDataset.load(self.data, workers=self.workers)
        config = settings.for_data(size=data.size, c_dim=data.c_dim, channels=data.channels)
        threads = _ready_threads(self.threads, console)
        if self.dry_run:
            return self._estimate(config, data, console, device) if ranks.speaks else 0
        division = Division(1, threads)
        rates: Mapping[Division, float] = {}
        with RunFolder.create(self.out) if ranks.speaks else nullcontext() as folder:
            if folder is not None:
                config = _with_precision(config, data, console, device)
                if ranks.count == 1 and device == "cpu":
                    division, rates = self._division(config, console)
                folder.write_setup(
                    RunSetup(
                        config=config,
                        data=self.data,
                        fingerprint=data.fingerprint(),
                        threads=division.threads,
                        processes=division.processes,
                        start=self._start_text(),
                        measured=tuple(rates.items()),
                    )
                )
            companion = dataclasses.replace(self, threads=division.threads)
            with _sharing(division.processes, companion, ranks) as together:
                torch.set_num_threads(division.threads)
                trainer = Trainer(together.told(config), data, ranks=together, device=device)
                _advise(config, data, console)
                self._take_weights(trainer, console)
                return _train(trainer, folder, console)

    def _division(
        self, config: TrainConfig, console: Console
    ) -> tuple[Division, Mapping[Division, float]]:
        """Choose how to use the cores; returns it, and the images/s of all that were measured."""
        if self.threads is not None or self.processes is not None:
            return _given_division(self.processes, self.threads), {}
        seconds = fastest_division(config, usable_cores())
        rates = {division: config.batch / step for division, step in seconds.items()}
        if len(rates) > 1:
            console.print(rates_text(rates), highlight=False, soft_wrap=True)
        return next(iter(rates)), rates

    def _estimate(
        self, config: TrainConfig, data: ImageDataset, console: Console, device: str
    ) -> int:
        _advise(config, data, console)
        config = _with_precision(config, data, console, device)
        seconds = None
        if device == "cpu":
            division, rates = self._division(config, console)
            torch.set_num_threads(division.threads)
            seconds = (
                config.batch / rates[division] if rates else measure_division(config, division)
            )
        if seconds is None:
            seconds = step_seconds(config, data, device)
        memory = _memory_text(device)
        trainer = Trainer(config, data, device=device)
        self._take_weights(trainer, console)
        sizes = [
            sum(parameter.numel() for parameter in network.parameters()) / 1e6
            for network in (trainer.generator, trainer.discriminator)
        ]
        total = config.kimg * 1000 / config.batch * seconds
        shown = {
            **config.to_dict(),
            "gamma": config.r1_gamma,
            "ema_half_life_kimg": config.ema_half_life,
        }
        console.print_json(json.dumps(shown))
        console.print(
            f"{counted(len(data), 'picture')} of {data.size[1]}x{data.size[0]}; "
            f"generator {sizes[0]:.2f} M, discriminator {sizes[1]:.2f} M parameters; "
            f"{config.batch / seconds:.2f} images/s here, {duration_text(total)} in all{memory}",
            highlight=False,
            soft_wrap=True,
        )
        return 0

    def _start_text(self) -> str:
        if self.grow_from is not None:
            return f"{start_text(self.grow_from)}, grown"
        return "" if self.init_from is None else start_text(self.init_from)

    def _take_weights(self, trainer: Trainer, console: Console) -> None:
        taken: list[Taken] = []
        note = _yellow_lines(console)
        if self.grow_from is not None:
            taken = grow_weights(trainer, self.grow_from, note)
        elif self.init_from is not None:
            taken = take_weights(
                trainer, self.init_from, allow_fresh=self.allow_fresh, passed_over=note
            )
        for one in taken:
            console.print(str(one), highlight=False, soft_wrap=True)


@dataclass(frozen=True, kw_only=True)
class Resume:
    """Continue a training exactly where its newest state was written."""

    run: tyro.conf.Positional[Path]
    """Its run folder."""
    data: Path | None = None
    """Path of the data set, if it has moved."""
    kimg: float | None = None
    """New length of the training, thousands of pictures."""
    processes: int | None = None
    """Processes that share every batch; default: as many as before."""
    threads: int | None = None
    """Threads of each process; default: as many as before, which exactness asks for."""
    workers: int | None = None
    """Threads that read pictures while they are needed; 0 holds all in memory; default: that where
    they take at most a quarter of it."""
    device: str = "auto"
    """cpu, cuda, cuda:N or mps; auto: CUDA where there is any, else the CPU."""

    def __call__(self, console: Console) -> int:
        """Carry the command out; returns the exit code."""
        with joined_ranks(self.device) as (ranks, device):
            own = console if ranks.speaks else Console(quiet=True)
            with RunFolder.open(self.run) if ranks.speaks else nullcontext() as folder:
                return self._resume(own, folder, ranks, device)

    def _resume(self, console: Console, folder: RunFolder | None, ranks: Ranks, device: str) -> int:
        setup = None if folder is None else folder.read_setup()
        processes = self.processes
        if processes is None and setup is not None and ranks.count == 1 and device == "cpu":
            processes = setup.processes
        _check_processes(processes, ranks, device)
        with _sharing(processes or 1, self, ranks) as together:
            before = together.told(setup)
            assert before is not None, "the first process has a folder"
            before = dataclasses.replace(before, processes=processes or 1)
            return self._continue(console, folder, before, together, device)

    def _continue(
        self,
        console: Console,
        folder: RunFolder | None,
        before: RunSetup,
        ranks: Ranks,
        device: str,
    ) -> int:
        config = before.config
        if self.kimg is not None:
            config = dataclasses.replace(config, kimg=self.kimg)
        check_ready(config.metrics)
        data_path = before.data if self.data is None else self.data
        data = ImageDataset.load(data_path, workers=self.workers)
        fingerprint = data.fingerprint()
        if before.fingerprint not in (None, fingerprint):
            raise ValueError(
                f"{data_path} holds other pictures or labels than this training began with; "
                "name the data set that it began with: --data"
            )
        threads = _ready_threads(before.threads if self.threads is None else self.threads, console)
        trainer = Trainer(config, data, ranks=ranks, device=device)
        state = ranks.told(None if folder is None else folder.load_state(_yellow_lines(console)))
        assert state is not None, "the first process has a folder"
        trainer.load_state_dict(state)
        if folder is not None:
            folder.write_setup(
                dataclasses.replace(
                    before, config=config, data=data_path, fingerprint=fingerprint, threads=threads
                )
            )
            folder.drop_log_after(trainer.steps_done)
        console.print(f"continuing at {trainer.images_seen} pictures", highlight=False)
        return _train(trainer, folder, console)


def _check_processes(processes: int | None, ranks: Ranks, device: str) -> None:
    """Make sure that processes are asked for where they can be started.

    Raises:
        ValueError: They cannot, or their number is none.
    """
    if processes is None:
        return
    check_threads(processes, "processes")
    if ranks.count > 1:
        raise ValueError("under torchrun, --nproc-per-node says how many processes there are")
    if processes > 1 and device != "cpu":
        raise ValueError("--processes is for the CPU; several GPUs are used with torchrun")


def _given_division(processes: int | None, threads: int | None) -> Division:
    count = processes or 1
    return Division(count, threads or max(usable_cores() // count, 1))


def _sharing(
    processes: int, command: "Run | Resume", ranks: Ranks
) -> AbstractContextManager[Ranks]:
    """Start the processes that do the same as this one, unless they are here already."""
    if ranks.count > 1:
        return nullcontext(ranks)
    companion = dataclasses.replace(command, processes=None)
    return sharing_ranks(processes, functools.partial(_step_along, companion))


def _step_along(command: "Run | Resume") -> None:
    command(Console(quiet=True))


def _with_precision(
    config: TrainConfig, data: ImageDataset, console: Console, device: str
) -> TrainConfig:
    if config.precision != "auto":
        return config
    precision, _ = measured_precision(config, data, device)
    console.print(f"convolutions in {precision}, the faster here", highlight=False)
    return dataclasses.replace(config, precision=precision)


def _yellow_lines(console: Console) -> Callable[[str], None]:
    """Make a function that prints a text as a warning, as it is."""
    return functools.partial(
        console.print, style="yellow", highlight=False, markup=False, soft_wrap=True
    )


def _train(trainer: Trainer, folder: RunFolder | None, console: Console) -> int:
    """Train; the processes without the folder only step along."""
    if folder is None:
        train_along(trainer)
        return 0
    finished = train(trainer, folder, console)
    state = (
        f"finished at {trainer.images_seen} pictures"
        if finished
        else (
            f"stopped at {trainer.images_seen} pictures; continue with "
            f"python -m train resume {folder.path}"
        )
    )
    console.print(state, highlight=False, soft_wrap=True)
    return 0


def _ready_threads(threads: int | None, console: Console) -> int:
    """Ready the process; say so where more threads are asked for than it has cores."""
    chosen = ready_threads(threads)
    cores = usable_cores()
    if chosen > cores:
        console.print(
            f"{counted(chosen, 'thread')} on {counted(cores, 'core')}: they wait for each other, "
            "and more of them than cores make a training slower",
            style="yellow",
            highlight=False,
            soft_wrap=True,
        )
    return chosen


def _check_pictures(path: Path) -> None:
    faults = unusable(path, default_readers())
    if faults:
        more = f" (and {len(faults) - 3} more)" if len(faults) > 3 else ""
        raise ValueError(
            f"{'; '.join(faults[:3])}{more}; python -m train prepare leaves such pictures out"
        )


def _advise(config: TrainConfig, data: ImageDataset, console: Console) -> None:
    if (advice := augment_advice(config, len(data))) is not None:
        console.print(advice, style="yellow", highlight=False, soft_wrap=True)


def _memory_text(device: str) -> str:
    """Say how much memory was used at most; the first step of a training needs the most."""
    if device.startswith("cuda"):
        return f", {torch.cuda.max_memory_reserved(device) / 2**20:.0f} MiB of the GPU's memory"
    mib = peak_memory_mib()
    return "" if mib is None else f", {mib:.0f} MiB of memory"


def parse_training(arguments: Sequence[str]) -> Run | Resume:
    """Read a command line that starts or continues a training, without carrying it out.

    Raises:
        ValueError: It does neither.
        SystemExit: It cannot be understood; tyro has said why.
    """
    if list(arguments[:1]) not in (["run"], ["resume"]):
        raise ValueError(
            "after -- comes what to do: run … --out RUN …, or resume RUN, as without a cluster"
        )
    run = Annotated[Run, tyro.conf.subcommand("run", default=run_defaults(arguments))]
    return tyro.cli(
        run | Resume,
        prog="python -m train submit … --",
        args=list(arguments),
        config=(tyro.conf.OmitArgPrefixes, tyro.conf.OmitSubcommandPrefixes),
    )


def run_defaults(arguments: Sequence[str]) -> Run:
    """Make `run` with the defaults of the preset that the command line names."""
    finder = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    finder.add_argument("--config")
    finder.add_argument("--grow-from", "--grow_from")
    found = finder.parse_known_args(arguments)[0]
    network = (
        None if found.grow_from is None else grown_config(load_network(found.grow_from).config)
    )
    name = found.config or ("stylegan3-t" if network is None else network.kind)
    settings = stored_settings(Path(name)) if name.endswith(".json") else preset(name)
    if network is not None:
        if settings.network.kind != network.kind:
            raise ValueError(
                f"{found.grow_from} holds a {network.kind} network: --config {name} is for another"
            )
        settings = dataclasses.replace(settings, network=network)
    return Run(data=tyro.MISSING, out=tyro.MISSING, config=name, settings=settings)
