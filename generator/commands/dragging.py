"""`python -m generator drag`: what lies at some points of a picture, moved to others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from torch import Tensor
from tyro.conf import OmitArgPrefixes, Positional, arg

from generator.arguments import check_psi, check_seed
from generator.commands.terminal import make_folder
from generator.dragging import Dragged, DragOptions, DragPair, DragProgress, drag
from generator.dragging.points import checked_pairs
from generator.dragging.report import marked, write_drag
from generator.drawing.ways import MOST_FRAMES
from generator.files.archives import DAMAGED, opened_archive, read_array
from generator.files.checkpoint import load_network
from generator.files.pictures import decode
from generator.labels import BY_SEED, labels_for
from generator.network import Generator
from generator.seeds import seed_z

if TYPE_CHECKING:
    from PIL import Image

_PAIR = "20,30:26,34"


def drag_points(
    network: Positional[Annotated[str, arg(metavar="NETWORK")]],
    pairs: Positional[Annotated[tuple[str, ...], arg(metavar="X,Y:X,Y …")]],
    *,
    seed: int = 0,
    psi: float = 0.7,
    label: str = BY_SEED,
    start: Path | None = None,
    mask: Path | None = None,
    out: Path = Path("out/dragged"),
    device: str = "cpu",
    options: OmitArgPrefixes[DragOptions] = DragOptions(),  # noqa: B008 - frozen
) -> None:
    """Drag points of a picture to others: latent, before and after, and a film of the way.

    What was reached goes to NAME.npz, to be opened in the visualizer, NAME being seed0000 or the
    start's; NAME.png shows the picture before and after, NAME.webp the way, NAME.json the figures.

    Args:
        network: Network file, run folder, or name of a bundled or downloaded network.
        pairs: What is dragged and where to, such as 20,30:26,34: x,y of a handle and of its
            target, pixels from the upper left corner. A handle with itself as its target
            holds what is there.
        seed: Seed of the picture.
        psi: Its truncation: 1 draws from everything learned, 0 is the mean picture.
        label: Class, or classes with weights like 3:0.7,5:0.3, for networks that have classes;
            seed: the class that the seed chooses.
        start: NAME.npz of `project` or of another drag, instead of a seed.
        mask: Picture of the network's size, white where things may move; the rest is held.
        out: Folder; made if there is none.
        device: cpu, cuda or mps.
        options: How to drag.
    """
    wanted = [_pair(text) for text in pairs]
    check_seed(seed)
    check_psi(psi)
    net = load_network(network, device=device)
    checked_pairs(wanted, net.size)
    transform = None
    if start is None:
        name = f"seed{seed:04d}"
        labels = labels_for(label, [seed], z_dim=net.z_dim, c_dim=net.c_dim)
        labels = None if labels is None else labels.to(device)
        with torch.no_grad():
            ws = net.mapping(seed_z([seed], net.z_dim).to(device), labels, psi=psi)
    else:
        name = start.stem
        ws, transform = _read_start(start, net)
    free = None if mask is None else _read_mask(mask, net.size)
    make_folder(out)
    dragged, film = _dragged(net, ws.to(device), transform, wanted, free, options)
    write_drag(out, name, dragged, film, source=network, pairs=wanted)
    if dragged.note:
        print(dragged.note)
    ended = "Arrived" if dragged.arrived else "Came nearest"
    print(f"{ended} after {dragged.steps} steps of w, {dragged.distance_px:.1f} px from the target")
    print(f"Wrote {name}.npz, .png, .webp and .json to {out}")


def _dragged(
    net: Generator,
    ws: Tensor,
    transform: Tensor | None,
    pairs: list[DragPair],
    free: Tensor | None,
    options: DragOptions,
) -> tuple[Dragged, list[Image.Image]]:
    """Drag, with a bar on the terminal; returns the result and the pictures of the film."""

    def drawn(ws: Tensor, matrix: Tensor | None) -> Tensor:
        with torch.no_grad():
            image: Tensor = net.synthesis(ws, transform=matrix)
        return image

    every = -(-options.steps // MOST_FRAMES)
    handles = [(pair.x, pair.y) for pair in pairs]
    film: list[Image.Image] = [marked(drawn(ws, transform), handles, pairs)]
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[left]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("dragging", total=options.steps, left="")

        def show(now: DragProgress) -> None:
            if now.step % every == 0:
                film.append(marked(drawn(now.ws, now.transform), now.places.tolist(), pairs))
            bar.update(task, completed=now.step, left=f"{now.distance_px:.1f} px to go")

        dragged = drag(net, ws, transform, pairs, free, options, show)
    film.append(marked(drawn(dragged.ws, dragged.transform), dragged.places.tolist(), pairs))
    return dragged, film


def _pair(text: str) -> DragPair:
    """Read a handle and its target."""
    try:
        (x, y), (to_x, to_y) = (map(float, place.split(",")) for place in text.split(":"))
    except ValueError:
        raise ValueError(
            f"a handle and its target are written like {_PAIR}, got {text!r:.40}"
        ) from None
    return DragPair(x, y, to_x, to_y)


def _read_start(path: Path, net: Generator) -> tuple[Tensor, Tensor | None]:
    """Read the latent and the transform that `project` or a drag has written."""
    try:
        with opened_archive(path) as archive:
            arrays = {
                info.filename.removesuffix(".npy"): read_array(archive, info, "f")
                for info in archive.infolist()
                if info.filename in ("ws.npy", "transform.npy")
            }
    except DAMAGED:
        raise ValueError(f"{path.name} is no archive of NumPy arrays") from None
    ws, transform = arrays.get("ws"), arrays.get("transform")
    if ws is None or ws.shape != (net.num_ws, net.w_dim) or not np.isfinite(ws).all():
        raise ValueError(
            f"{path.name} holds no latent of this network, ws of [{net.num_ws}, {net.w_dim}]"
        )
    if transform is not None and (transform.shape != (3, 3) or not np.isfinite(transform).all()):
        raise ValueError(f"{path.name} holds a transform that is none")
    matrix = None if transform is None else torch.tensor(transform, dtype=torch.float64)
    return torch.tensor(ws, dtype=torch.float32)[None], matrix


def _read_mask(path: Path, size: tuple[int, int]) -> Tensor:
    """Read what may move, [H, W] bool."""
    if not path.is_file():
        raise ValueError(f"{path.name} is {'no plain file' if path.exists() else 'not there'}")
    with path.open("rb") as file:
        values = np.asarray(decode(file, path.name, channels=1).image)
    if values.shape != size:
        raise ValueError(
            f"{path.name} has {values.shape[1]} × {values.shape[0]} pixels, the network's pictures "
            f"have {size[1]} × {size[0]}"
        )
    return torch.from_numpy(values >= 128)
