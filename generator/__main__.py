"""The networks from the command line: `python -m generator --help` lists what can be done."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table
from tyro.conf import Positional, arg

from generator import load_network
from generator.equivariance import EquivarianceResult, Score, measure
from generator.file_commands import convert, download, info, list_networks
from generator.picture_commands import images, seams
from generator.ranks import joined_ranks

_Networks = Positional[Annotated[tuple[Path, ...], arg(metavar="NETWORK …")]]


def equivariance(
    networks: _Networks,
    *,
    samples: int = 1000,
    seed: int = 0,
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
        batch: Latents computed at a time.
        device: cpu, cuda, cuda:N or mps; auto takes a CUDA GPU if there is one, else all cores.
        json: Print JSON instead of a table.
    """
    if not networks:
        raise ValueError("name at least one network file; `list` shows the bundled ones")
    results = {}
    with joined_ranks(device) as (ranks, own_device):
        speaks = ranks.rank == 0
        console = Console(stderr=True)
        with Progress(
            *Progress.get_default_columns(), console=console, transient=True, disable=not speaks
        ) as progress:
            for source in networks:
                net = load_network(source, device=own_device)
                task = progress.add_task(source.name, total=samples)

                def show(done: int, _total: int, task: TaskID = task) -> None:
                    progress.update(task, completed=done)

                results[source] = measure(
                    net, samples=samples, seed=seed, batch=batch, ranks=ranks, progress=show
                )
    if not speaks:
        return
    if json:
        _print_json({str(source): result.to_json() for source, result in results.items()})
    else:
        Console().print(_equivariance_table(results))


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
        return f"{score.db:.2f} ({score.low_db:.1f}–{score.high_db:.1f})"

    # Run folders often hold files of the same name.
    unique = len({source.stem for source in results}) == len(results)
    for source, result in results.items():
        scores = (result.eq_t, result.eq_t_frac, result.eq_r)
        name = source.stem if unique else str(source)
        table.add_row(name, *(cell(score) for score in scores))
    return table


def _print_json(value: object) -> None:
    print(json.dumps(value, indent=2))


def main() -> int:
    """Run the command on the command line; 1 when it could not be done."""
    try:
        tyro.extras.subcommand_cli_from_dict(
            {
                "convert": convert,
                "download": download,
                "equivariance": equivariance,
                "images": images,
                "info": info,
                "list": list_networks,
                "seams": seams,
            },
            prog="python -m generator",
        )
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
