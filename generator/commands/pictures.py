"""Commands that draw pictures: `images` and `seams`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import torch
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from tyro.conf import Positional, arg

from generator import transforms
from generator.arguments import (
    check_number,
    check_psi,
    check_seed,
    check_whole,
    parse_pairs,
    parse_seeds,
)
from generator.commands.terminal import make_folder, shown
from generator.drawing.png_writer import PngWriter
from generator.drawing.poster import Poster, parse_size
from generator.drawing.seams import measure_seams
from generator.files.checkpoint import load_network
from generator.files.run_folders import Pick
from generator.labels import BY_SEED, labels_for
from generator.network import Generator
from generator.seeds import seed_z
from generator.synthesis import Noise

_Networks = Positional[Annotated[tuple[str, ...], arg(metavar="NETWORK …")]]


def images(
    networks: _Networks,
    *,
    seeds: str = "0-15",
    psi: float = 0.7,
    label: str = BY_SEED,
    transform: str | None = None,
    noise: Noise = "const",
    canvas: str | None = None,
    network: str | None = None,
    pick: Pick = "newest",
    out: Path = Path("out"),
) -> None:
    """Write pictures as PNG files, one per seed, named seed0000.png and so on.

    Args:
        networks: Network files, run folders, or names of downloaded networks. The pictures of
            several networks go to a folder each.
        seeds: Like 0-15 or 1,5,20-29.
        psi: Truncation: 1 draws from everything learned, 0 is the mean picture.
        label: Class, or classes with weights like 3:0.7,5:0.3, for networks that have classes;
            seed: the class that the seed chooses.
        transform: Enlarge, turn and move the picture at the network's input:
            scale=1.5,degrees=30,x=0.25,y=0 or any of these (x and y in fractions of the picture).
        noise: StyleGAN2's noise: const is the same in all pictures, random follows the seed.
        canvas: HEIGHTxWIDTH in pixels, like 1024x4096: draw so much of the plane instead of one
            picture, any size, tile by tile in bounded memory.
        network: Of a .pkl or .pt file, G_ema or G.
        pick: Of a run folder, the newest network or the one with the best score.
        out: Folder; made if there is none.
    """
    if not networks:
        raise ValueError("name at least one network file; `list` shows the bundled ones")
    chosen, psi = parse_seeds(seeds), check_psi(psi)
    size = None if canvas is None else parse_size(canvas)
    matrix = None if transform is None else parse_transform(transform)
    folders = _folders(networks, out)
    for folder in folders:
        make_folder(folder)
    for source, folder in zip(networks, folders, strict=True):
        net = load_network(source, network=network, pick=pick)
        labels = labels_for(label, chosen, z_dim=net.z_dim, c_dim=net.c_dim)
        for index, seed in enumerate(chosen):
            one = None if labels is None else labels[index : index + 1]
            with torch.inference_mode():
                ws = net.mapping(seed_z([seed], net.z_dim), one, psi=psi)
            poster = Poster(net, ws, size or net.size, transform=matrix, noise=noise)
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                write_poster(folder / f"seed{seed:04d}.png", poster)
    print(f"Wrote {len(chosen) * len(folders)} pictures to {out}")


def parse_transform(text: str) -> torch.Tensor:
    """Read a transform such as `scale=1.5,degrees=30,x=0.25,y=0`, for `synthesis`.

    The picture is enlarged, then turned anticlockwise, then moved.

    Returns:
        The inverse transform, [3, 3].

    Raises:
        ValueError: the text is no transform.
    """
    option, known = "--transform", dict.fromkeys(("x", "y", "degrees", "scale"), float)
    given = parse_pairs(text, known, option)
    scale = check_number(f"{option}: scale", given.get("scale", 1.0), 0.01, 100)
    degrees = check_number(f"{option}: degrees", given.get("degrees", 0.0), -36000, 36000)
    x, y = (check_number(f"{option}: {name}", given.get(name, 0.0), -1e4, 1e4) for name in "xy")
    return transforms.compose(
        transforms.scale(scale),
        transforms.rotation(math.radians(degrees)),
        transforms.translation(x, y),
    )


def _folders(networks: tuple[str, ...], out: Path) -> list[Path]:
    """A folder for the pictures of each network, by its name where there are several."""
    if len(networks) == 1:
        return [out]
    folders: list[Path] = []
    for source in networks:
        path = Path(source)
        name = (path.resolve().name if path.is_dir() else path.stem) or "network"
        folder, count = out / name, 1
        while folder in folders:
            count += 1
            folder = out / f"{name}-{count}"
        folders.append(folder)
    return folders


def write_poster(path: Path, poster: Poster) -> None:
    """Write a poster as a PNG, strip by strip, with a bar on the terminal.

    Raises:
        OSError: the file cannot be written.
    """
    with (
        Progress(console=Console(stderr=True), transient=True) as progress,
        PngWriter(path, poster.height, poster.width, channels=poster.net.img_channels) as file,
    ):
        task = progress.add_task(shown(path.name), total=None)

        def show(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        for strip in poster.strips(show):
            file.write(strip.numpy())


def seams(
    networks: _Networks,
    *,
    seed: int = 0,
    psi: float = 1.0,
    label: str = BY_SEED,
    rows: int = 3,
    columns: int = 3,
) -> None:
    """Draw tiles that overlap and measure how well they join, in dB at each border.

    Args:
        networks: Network files or run folders.
        seed: Of the latent.
        psi: Truncation.
        label: Class, as for `images`.
        rows: Tiles from top to bottom.
        columns: Tiles from left to right.
    """
    if not networks:
        raise ValueError("name at least one network file; `list` shows the bundled ones")
    check_seed(seed)
    check_psi(psi)
    check_whole("--rows", rows, 1, 1000)
    check_whole("--columns", columns, 1, 1000)
    table = Table(title=f"Seams in dB, {rows} × {columns} tiles", title_justify="left")
    table.add_column("network", overflow="fold")
    for heading in ("all borders", "worst", "best"):
        table.add_column(heading, justify="right", no_wrap=True)
    for source in networks:
        net = load_network(source)
        found = _seams_of(net, seed=seed, psi=psi, label=label, rows=rows, columns=columns)
        table.add_row(shown(Path(source).stem), *(f"{level:.1f}" for level in found))
    Console().print(table)


def _seams_of(
    net: Generator, *, seed: int, psi: float, label: str, rows: int, columns: int
) -> tuple[float, float, float]:
    """All borders together, the worst and the best, in dB."""
    labels = labels_for(label, [seed], z_dim=net.z_dim, c_dim=net.c_dim)
    with torch.inference_mode():
        ws = net.mapping(seed_z([seed], net.z_dim), labels, psi=psi)
        found = measure_seams(net, ws, rows=rows, columns=columns)
    levels = [*found.vertical_db.flat, *found.horizontal_db.flat]
    return found.pooled_db, min(levels), max(levels)
