"""A training from start to end: ticks, snapshots, signals."""

import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from PIL import Image
from rich.console import Console
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from generator import to_uint8
from systems.machine import peak_memory_mib
from train.averages import save_averages
from train.metrics.measure import measure
from train.progress import ProgressLine, StepTimer, duration_text
from train.randomness import Stream, keyed_generator
from train.runs.folder import RunFolder
from train.sanity import Finding, Sanity
from train.trainer import StepReport, Trainer, TrainingDivergedError

_GRID_COLUMNS, _GRID_ROWS = 8, 4
_SAMPLE_BATCH = 8


@dataclass
class _Tick:
    """Means of what the steps since the last line of the log reported."""

    reports: list[StepReport] = field(default_factory=list)
    seconds: float = 0.0

    def means(self) -> dict[str, float]:
        """Return the mean of every value that was measured at least once."""
        means = {}
        for name in StepReport.__dataclass_fields__:
            values = [getattr(report, name) for report in self.reports]
            measured = [value for value in values if value is not None]
            if measured:
                means[name] = sum(measured) / len(measured)
        return means


def train(trainer: Trainer, folder: RunFolder, console: Console) -> bool:
    """Train until the end, or until a signal asks to stop; both end with a snapshot.

    Args:
        trainer: Fresh, or with a loaded state.
        folder: Where everything goes.
        console: Where progress is shown.

    Returns:
        Whether the training reached its end.

    Raises:
        TrainingDivergedError: A loss or a weight is not finite; the snapshots written before
            stay.
        OSError: The folder cannot be written any more; the same holds.
    """
    try:
        return _train(trainer, folder, console)
    except OSError as error:
        states = folder.states()
        kept = f"{states[-1].name} is whole" if states else "there is no snapshot yet"
        raise OSError(
            f"cannot write in {folder.path}: {error.strerror or error}; {kept}; free some space or "
            f"make it writable, then continue with python -m train resume {folder.path}"
        ) from error


def _train(trainer: Trainer, folder: RunFolder, console: Console) -> bool:
    config = trainer.config
    total = _total_images(trainer)
    if trainer.steps_done == 0:
        folder.save_picture("reals.png", picture_grid(_first_reals(trainer)))
    sanity = Sanity.of_run(folder.standing_warnings())
    timer = StepTimer(config.batch)
    tick, ticks_done = _Tick(), trainer.images_seen // _images(config.tick_kimg)
    snapshots_done = trainer.images_seen // _images(config.snapshot_kimg)
    saved_at = trainer.images_seen or None
    with (
        _stop_requests() as stop_requested,
        ProgressLine(total, console) as line,
        SummaryWriter(str(folder.path), purge_step=trainer.images_seen + 1) as events,
    ):
        try:
            while trainer.images_seen < total and not _agreed(trainer, stop_requested()):
                timer.start()
                tick.reports.append(trainer.step())
                tick.seconds += timer.stop()
                seen = trainer.images_seen
                seconds_left = (total - seen) / timer.images_per_second
                line.show(seen, timer.images_per_second, seconds_left)
                if seen // _images(config.tick_kimg) > ticks_done or seen >= total:
                    ticks_done = seen // _images(config.tick_kimg)
                    entry = _log_entry(trainer, tick, seconds_left)
                    folder.log(entry)
                    _write_events(events, entry)
                    line.tick(_tick_text(entry))
                    _warn(sanity.after_tick(tick.means()), trainer, folder, line)
                    tick = _Tick()
                if seen // _images(config.snapshot_kimg) > snapshots_done or seen >= total:
                    snapshots_done = seen // _images(config.snapshot_kimg)
                    fakes = _snapshot(trainer, folder)
                    warnings = sanity.after_snapshot(fakes, _first_reals(trainer), seen / 1000)
                    _warn(warnings, trainer, folder, line)
                    saved_at = seen
                    if snapshots_done % config.metrics_every == 0 or seen >= total:
                        _measure(trainer, folder, events, line)
            if saved_at != trainer.images_seen:
                _snapshot(trainer, folder)
        except TrainingDivergedError as error:
            kept = f"the snapshot of {saved_at} pictures" if saved_at else "no snapshot"
            raise TrainingDivergedError(f"{error}; kept is {kept}") from None
    return trainer.images_seen >= total


def train_along(trainer: Trainer) -> bool:
    """Step along in the other processes that share a training, and do nothing else.

    Returns:
        Whether the training reached its end.
    """
    total = _total_images(trainer)
    with _stop_requests() as stop_requested:
        while trainer.images_seen < total and not _agreed(trainer, stop_requested()):
            trainer.step()
    return trainer.images_seen >= total


def _first_reals(trainer: Trainer) -> Tensor:
    """Take a gridful of real pictures, always the same, [N, 3, r, r]."""
    config = trainer.config
    first = torch.arange(min(_GRID_COLUMNS * _GRID_ROWS, len(trainer.data)))
    images, _ = trainer.data.batch(first, seed=config.seed, mirror=config.mirror)
    return images


def _total_images(trainer: Trainer) -> int:
    config = trainer.config
    return math.ceil(config.kimg * 1000 / config.batch) * config.batch


def _agreed(trainer: Trainer, stop: bool) -> bool:
    """Find out whether any process was asked to stop: all stop after the same step."""
    asked = torch.tensor([float(stop)], device=trainer.device)
    trainer.ranks.add_up([asked])
    return bool(asked.item())


def _images(kimg: float) -> int:
    return max(round(kimg * 1000), 1)


def _log_entry(trainer: Trainer, tick: _Tick, seconds_left: float) -> dict[str, Any]:
    steps, memory_mib = len(tick.reports), peak_memory_mib()
    return {
        "step": trainer.steps_done,
        "images": trainer.images_seen,
        "kimg": trainer.images_seen / 1000,
        "time": time.time(),
        "images_per_second": steps * trainer.config.batch / tick.seconds,
        "seconds_per_step": tick.seconds / steps,
        "seconds_left": seconds_left,
        **({} if memory_mib is None else {"memory_mib": memory_mib}),
        **tick.means(),
        **trainer.magnitudes(),
    }


def _tick_text(entry: dict[str, Any]) -> str:
    r1 = f"  r1 {entry['r1']:.3g}" if "r1" in entry else ""
    return (
        f"{entry['kimg']:8.2f} kimg  {entry['images_per_second']:.2f} images/s  "
        f"{duration_text(entry['seconds_left'])} left  "
        f"loss G {entry['loss_g']:.3f} D {entry['loss_d']:.3f}  "
        f"sign real {entry['real_sign']:+.2f} fake {entry['fake_sign']:+.2f}{r1}"
    )


def _write_events(events: SummaryWriter, entry: dict[str, Any]) -> None:
    groups = {
        "loss_g": "loss",
        "loss_d": "loss",
        **dict.fromkeys(("real_sign", "fake_sign", "real_score", "fake_score"), "scores"),
        **dict.fromkeys(("magnitude_mean", "magnitude_max"), "magnitudes"),
    }
    for name, value in entry.items():
        if name not in ("step", "images", "time"):
            events.add_scalar(f"{groups.get(name, 'training')}/{name}", value, entry["images"])
    events.flush()


def _snapshot(trainer: Trainer, folder: RunFolder) -> Tensor:
    """Write state, network and samples; returns the samples, [N, 3, r, r]."""
    trainer.check_finite()
    config = trainer.config
    folder.save_state(trainer.state_dict(), trainer.images_seen, keep=config.keep_states)
    if trainer.averages:
        save_averages(folder.path, trainer.averages, trainer.images_seen)
    info = {
        "images_seen": trainer.images_seen,
        "kimg": trainer.images_seen / 1000,
        # Files travel: only the name of the data set goes with them, not where it lay.
        "data": Path(trainer.data.name).name,
        "pictures": len(trainer.data),
        "batch": config.batch,
        "gamma": config.r1_gamma,
        "seed": config.seed,
    }
    if start := folder.read_setup().start:
        info["about_start"] = start
    samples = sample_images(trainer)
    grid = picture_grid(samples)
    folder.save_network(trainer.ema.network, trainer.images_seen // 1000, info, grid)
    if config.keep_networks is not None:
        folder.drop_networks(config.keep_networks)
    return samples


def _warn(findings: list[Finding], trainer: Trainer, folder: RunFolder, line: ProgressLine) -> None:
    for finding in findings:
        folder.log_warning(finding.message, trainer.images_seen, name=finding.name)
        if finding.message:
            line.tick(f"[yellow]{finding.message}[/yellow]")


def _measure(
    trainer: Trainer, folder: RunFolder, events: SummaryWriter, line: ProgressLine
) -> None:
    """Write the metrics that the settings name, of the averaged generator, to folder and events."""
    config = trainer.config
    if not config.metrics:
        return
    values = measure(
        trainer.ema.network,
        trainer.data,
        config.metrics,
        samples=config.metrics_samples,
        seed=config.seed,
    )
    line.tick("  ".join(f"{value.name} {value}" for value in values))
    for value in values:
        folder.log_metric(value.name, value.value, trainer.images_seen)
        events.add_scalar(f"metrics/{value.name}", value.value, trainer.images_seen)
    events.flush()


@torch.no_grad()
def sample_images(trainer: Trainer) -> Tensor:
    """Draw pictures of fixed latents with the averaged generator, [N, channels, h, w]."""
    net = trainer.ema.network
    count = _GRID_COLUMNS * _GRID_ROWS
    random = keyed_generator(trainer.config.seed, Stream.SAMPLES)
    z = torch.randn(count, net.z_dim, generator=random).to(trainer.device)
    chosen = torch.randint(len(trainer.data), (count,), generator=random)
    labels = trainer.data.labels[chosen].to(trainer.device)
    ws = net.mapping(z, labels if net.c_dim else None)
    return torch.cat([net.synthesis(part) for part in ws.split(_SAMPLE_BATCH)])


def picture_grid(images: Tensor) -> Image.Image:
    """Arrange pictures, [N, channels, h, w] of -1..1, in rows of eight."""
    columns = min(_GRID_COLUMNS, len(images))
    rows = math.ceil(len(images) / columns)
    channels, height, width = images.shape[1:]
    sheet = torch.zeros(rows * height, columns * width, channels, dtype=torch.uint8)
    for index, pixels in enumerate(to_uint8(images).permute(0, 2, 3, 1)):
        top, left = index // columns * height, index % columns * width
        sheet[top : top + height, left : left + width] = pixels
    return Image.fromarray(sheet.squeeze(2).numpy())


@contextmanager
def _stop_requests() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C or SIGTERM into a request; the second acts as it always does."""
    requested = False
    before: dict[signal.Signals, Any] = {}

    def request(number: int, _: FrameType | None) -> None:
        nonlocal requested
        requested = True
        signal.signal(number, before[signal.Signals(number)])

    for watched in (signal.SIGINT, signal.SIGTERM):
        before[watched] = signal.signal(watched, request)
    try:
        yield lambda: requested
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
