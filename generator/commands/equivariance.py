"""`python -m generator equivariance` and `layers`: how networks move with their input, in dB."""

from __future__ import annotations

import json as json_format
import math
from pathlib import Path
from typing import Annotated

from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table
from torch import Tensor
from tyro.conf import Positional, arg

from generator.arguments import check_seed, check_whole
from generator.commands.terminal import shown
from generator.equivariance.comparison import Moves
from generator.equivariance.layers import layer_scores
from generator.equivariance.metrics import EquivarianceResult, Score, draw_samples, measure
from generator.files.checkpoint import load_network
from generator.labels import BY_SEED, parse_label
from generator.network import Generator
from generator.ranks import joined_ranks

MAX_SAMPLES = 10**7
_Networks = Positional[Annotated[tuple[Path, ...], arg(metavar="NETWORK …")]]


def equivariance(
    networks: _Networks,
    *,
    samples: int = 1000,
    seed: int = 0,
    label: str = BY_SEED,
    batch: int = 8,
    device: str = "auto",
    json: bool = False,
) -> None:
    """Measure how pictures move and turn with a network's input: EQ-T, EQ-T_frac and EQ-R.

    Under `torchrun` the processes share the samples, each on a GPU of its own where there are any.

    Args:
        networks: Network files or run folders.
        samples: Random latents, each shifted and turned once; the paper takes 50,000.
        seed: Of the random draws.
        label: Class, or classes with weights like 3:0.7,5:0.3, for networks that have classes;
            seed: a random one for each sample.
        batch: Latents computed at a time.
        device: cpu, cuda, cuda:N or mps; auto takes a CUDA GPU if there is one, else all cores.
        json: Print JSON instead of a table.
    """
    if not networks:
        raise ValueError("name at least one network file; `list` shows the bundled ones")
    check_whole("--samples", samples, 1, MAX_SAMPLES)
    check_whole("--batch", batch, 1, MAX_SAMPLES)
    check_seed(seed)
    results = {}
    with joined_ranks(device) as (ranks, own_device):
        speaks = ranks.rank == 0
        console = Console(stderr=True)
        with Progress(
            *Progress.get_default_columns(), console=console, transient=True, disable=not speaks
        ) as progress:
            for source in networks:
                net = load_network(source, device=own_device)
                task = progress.add_task(shown(source.name), total=samples)

                def show(done: int, _total: int, task: TaskID = task) -> None:
                    progress.update(task, completed=done)

                results[source] = measure(
                    net,
                    samples=samples,
                    seed=seed,
                    batch=batch,
                    ranks=ranks,
                    label=parse_label(label, net.c_dim),
                    progress=show,
                )
    if not speaks:
        return
    if json:
        _print_json({str(source): result.to_json() for source, result in results.items()})
    else:
        Console().print(_equivariance_table(results))


def layers(
    networks: _Networks,
    *,
    samples: int = 8,
    seed: int = 0,
    label: str = BY_SEED,
    device: str = "auto",
    json: bool = False,
) -> None:
    """Measure where equivariance breaks: every layer's feature maps, shifted and turned.

    Args:
        networks: Network files or run folders.
        samples: Random latents, each shifted by any distance and turned once; all drawn at once.
        seed: Of the random draws.
        label, device: As for `equivariance`.
        json: Print JSON instead of a table.
    """
    if not networks:
        raise ValueError("name at least one network file; `list` shows the bundled ones")
    check_whole("--samples", samples, 1, MAX_SAMPLES)
    check_seed(seed)
    printed = {}
    with joined_ranks(device) as (ranks, own_device):
        if ranks.rank != 0:
            return
        for source in networks:
            net = load_network(source, device=own_device)
            chosen = parse_label(label, net.c_dim)
            shifted, turned = _layer_levels(net, samples, seed, chosen)
            if json:
                printed[str(source)] = [
                    {"layer": name, "shift_db": _finite(shifted[name]), "turn_db": _finite(db)}
                    for name, db in turned.items()
                ]
                continue
            title = f"{shown(source.stem)}, dB over {samples} samples"
            table = Table(title=title, title_justify="left")
            table.add_column("layer")
            for heading in ("shifted", "turned"):
                table.add_column(heading, justify="right")
            for name, db in turned.items():
                table.add_row(name, *(_level_text(one) for one in (shifted[name], db)))
            Console().print(table)
    if json:
        _print_json(printed)


def _layer_levels(
    net: Generator, samples: int, seed: int, label: Tensor | None
) -> tuple[dict[str, float], ...]:
    """dB by layer, in drawing order, for shifts and for turns."""
    drawn = draw_samples(net, seed, range(samples), label)

    def levels(moves: Moves) -> dict[str, float]:
        scores = layer_scores(net, drawn.ws, moves)
        return {score.layer: score.db for score in scores if score.complete}

    shifts = Moves.of("fractional", drawn.shifts, net.resolution)
    return levels(shifts), levels(Moves.of("rotation", drawn.angles_rad, net.resolution))


def _finite(db: float) -> float | None:
    return db if math.isfinite(db) else None


def _level_text(db: float) -> str:
    return "–" if math.isnan(db) else f"{db:.1f}"


def _equivariance_table(results: dict[Path, EquivarianceResult]) -> Table:
    any_result = next(iter(results.values()))
    table = Table(
        title=f"Equivariance in dB, {any_result.samples} samples (95 % interval)",
        title_justify="left",
    )
    table.add_column("network", overflow="fold")
    for heading in ("EQ-T", "EQ-T_frac", "EQ-R"):
        table.add_column(heading, justify="right", no_wrap=True)

    def cell(score: Score) -> str:
        return f"{score.db:.2f} ({score.low_db:.1f} … {score.high_db:.1f})"

    # Run folders often hold files of the same name.
    unique = len({source.stem for source in results}) == len(results)
    for source, result in results.items():
        scores = (result.eq_t, result.eq_t_frac, result.eq_r)
        name = source.stem if unique else str(source)
        table.add_row(shown(name), *(cell(score) for score in scores))
    return table


def _print_json(value: object) -> None:
    print(json_format.dumps(value, indent=2))
