"""`python -m generator project`: pictures of one's own, found in a network's latent space."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from torch import Tensor
from tyro.conf import OmitArgPrefixes, Positional, arg

from generator.commands.terminal import make_folder, shown
from generator.files.checkpoint import load_network
from generator.network import Generator
from generator.projection import (
    Projection,
    ProjectionOptions,
    ProjectionProgress,
    project,
    read_target,
)
from generator.projection.report import write_projection


def project_pictures(
    network: Positional[Annotated[str, arg(metavar="NETWORK")]],
    pictures: Positional[Annotated[tuple[Path, ...], arg(metavar="PICTURE …")]],
    *,
    out: Path = Path("out/projected"),
    device: str = "cpu",
    options: OmitArgPrefixes[ProjectionOptions] = ProjectionOptions(),  # noqa: B008 - frozen
) -> None:
    """Find pictures in a network: latent, pose, a comparison and a film of the way for each.

    What was found goes to NAME.npz, to be opened in the visualizer; NAME.png shows what was
    looked for, what was found and their difference; NAME.json has the figures; NAME.webp is the
    film. With --tune a copy of the network, NAME.safetensors, is tuned to draw the picture.

    Args:
        network: Network file, run folder, or name of a bundled or downloaded network.
        pictures: PNG, JPEG, WebP, AVIF, GIF, BMP or TIFF files of any size; their middle
            is looked for.
        out: Folder; made if there is none.
        device: cpu, cuda or mps.
        options: How long and how closely to look.
    """
    if not pictures:
        raise ValueError("name at least one picture")
    net = load_network(network, device=device)
    targets = [read_target(path, net.size, net.img_channels) for path in pictures]
    make_folder(out)
    table = Table(title=f"Found in {shown(network)}", title_justify="left")
    table.add_column("picture", overflow="fold")
    for heading in ("PSNR, dB", "tuned, dB", "x", "y", "angle, °", "scale", "seconds"):
        table.add_column(heading, justify="right", no_wrap=True)
    for path, name, target in zip(pictures, _names(pictures), targets, strict=True):
        for note in target.notes:
            Console(stderr=True).print(f"{shown(path.name)}: {note}", highlight=False)
        way: list[Tensor] = []
        began = time.perf_counter()
        found = _found(net, target.image, options, shown(path.name), way)
        write_projection(out, name, found, way, source=network, options=options)
        pose, tuned = found.pose, found.tuned_psnr_db
        table.add_row(
            shown(path.name),
            f"{found.psnr_db:.1f}",
            "–" if tuned is None else f"{tuned:.1f}",
            f"{pose.x:.3f}",
            f"{pose.y:.3f}",
            f"{57.29578 * pose.angle_rad:.1f}",
            f"{pose.scale:.2f}",
            f"{time.perf_counter() - began:.0f}",
        )
    Console().print(table)
    print(f"Wrote latents, comparisons and films to {out}")


def _found(
    net: Generator, target: Tensor, options: ProjectionOptions, name: str, way: list[Tensor]
) -> Projection:
    """Find one picture, with a bar on the terminal; the pictures on the way go to `way`."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[level]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=None, level="")

        def show(now: ProjectionProgress) -> None:
            level = "" if now.psnr_db is None else f"{now.psnr_db:.1f} dB"
            text = f"{name}, {now.stage}"
            bar.update(task, completed=now.done, total=now.total, description=text, level=level)
            if now.image is not None:
                way.append(now.image.cpu())

        return project(net, target, options, show)


def _names(pictures: tuple[Path, ...]) -> list[str]:
    """Names of the results, unlike each other."""
    names: list[str] = []
    for path in pictures:
        name, count = path.stem, 1
        while name in names:
            count += 1
            name = f"{path.stem}-{count}"
        names.append(name)
    return names
