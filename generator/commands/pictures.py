"""Commands that draw pictures: `images` and `seams`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import torch
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from tyro.conf import Positional, arg

from generator.drawing.png_writer import PngWriter
from generator.drawing.poster import Poster, parse_size
from generator.drawing.seams import measure_seams
from generator.files.checkpoint import load_network
from generator.network import Generator
from generator.seeds import seed_z

_Network = Positional[Annotated[Path, arg(metavar="NETWORK")]]
_Networks = Positional[Annotated[tuple[Path, ...], arg(metavar="NETWORK …")]]


def images(
    network: _Network,
    *,
    seeds: str = "0-15",
    psi: float = 0.7,
    label: int | None = None,
    canvas: str | None = None,
    out: Path = Path("out"),
) -> None:
    """Write pictures as PNG files, one per seed, named seed0000.png and so on.

    Args:
        network: Network file or run folder.
        seeds: Like 0-15 or 1,5,20-29.
        psi: Truncation: 1 draws from everything learned, 0 is the mean picture.
        label: Class, for a network that has classes.
        canvas: HEIGHTxWIDTH in pixels, like 1024x4096: draw so much of the plane instead of one
            picture, any size, tile by tile in bounded memory.
        out: Folder; made if there is none.
    """
    chosen = parse_seeds(seeds)
    size = None if canvas is None else parse_size(canvas)
    net = load_network(network)
    labels = _one_hot(net, label)
    out.mkdir(parents=True, exist_ok=True)
    for seed in chosen:
        with torch.inference_mode():
            ws = net.mapping(seed_z([seed], net.z_dim), labels, psi=psi)
        path = out / f"seed{seed:04d}.png"
        write_poster(path, Poster(net, ws, size or (net.resolution, net.resolution)))
    print(f"Wrote {len(chosen)} pictures to {out}")


def write_poster(path: Path, poster: Poster) -> None:
    """Write a poster as a PNG, strip by strip, with a bar on the terminal.

    Raises:
        OSError: the file cannot be written.
    """
    with (
        Progress(console=Console(stderr=True), transient=True) as progress,
        PngWriter(path, poster.height, poster.width) as file,
    ):
        task = progress.add_task(path.name, total=None)

        def show(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        for strip in poster.strips(show):
            file.write(strip.numpy())


def seams(
    networks: _Networks,
    *,
    seed: int = 0,
    psi: float = 1.0,
    rows: int = 3,
    columns: int = 3,
) -> None:
    """Draw tiles that overlap and measure how well they join, in dB at each border.

    Args:
        networks: Network files or run folders.
        seed: Of the latent.
        psi: Truncation.
        rows: Tiles from top to bottom.
        columns: Tiles from left to right.
    """
    if not networks:
        raise ValueError("name at least one network file; `list` shows the bundled ones")
    table = Table(title=f"Seams in dB, {rows} × {columns} tiles", title_justify="left")
    table.add_column("network", overflow="fold")
    for heading in ("all borders", "worst", "best"):
        table.add_column(heading, justify="right", no_wrap=True)
    for source in networks:
        net = load_network(source)
        with torch.inference_mode():
            ws = net.mapping(seed_z([seed], net.z_dim), _first_class(net), psi=psi)
            found = measure_seams(net, ws, rows=rows, columns=columns)
        levels = [*found.vertical_db.flat, *found.horizontal_db.flat]
        figures = (found.pooled_db, min(levels), max(levels))
        table.add_row(source.stem, *(f"{level:.1f}" for level in figures))
    Console().print(table)


def parse_seeds(text: str) -> list[int]:
    """Whole numbers and ranges, comma-separated: "1,5,20-22" is [1, 5, 20, 21, 22].

    Raises:
        ValueError: the text is nothing of the kind, or asks for more than 100,000 seeds.
    """
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise ValueError(f"seeds look like 0-15 or 1,5,20-29, got {text!r}")
        low, high = int(first), int(last) if dash else int(first)
        if high < low:
            raise ValueError(f"the range {part.strip()} ends before it begins")
        if len(seeds) + high - low >= 100_000:
            raise ValueError("that is more than 100,000 seeds")
        seeds.extend(range(low, high + 1))
    return seeds


def _one_hot(net: Generator, label: int | None) -> torch.Tensor | None:
    if net.c_dim == 0:
        if label is not None:
            raise ValueError("this network has no classes, leave out --label")
        return None
    if label is None or not 0 <= label < net.c_dim:
        raise ValueError(f"this network has classes, give --label 0 … {net.c_dim - 1}")
    labels = torch.zeros(1, net.c_dim)
    labels[0, label] = 1
    return labels


def _first_class(net: Generator) -> torch.Tensor | None:
    return _one_hot(net, 0 if net.c_dim else None)
