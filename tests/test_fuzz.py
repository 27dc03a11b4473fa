"""Files of every kind, changed at random: each is read, or refused in one line, in bounded time."""

from __future__ import annotations

import io
import json
import os
import random
import time
import zipfile
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from generator import NetworkConfig, build_network, load_network, save_network
from tests.generator.nvidia_files import write_golden
from tests.generator.rosinality_files import write_rosinality
from tests.generator.xl_files import write_xl
from train.data.dataset import ImageDataset
from train.runs.reader import RunReader
from viz.export.codecs import write_png
from viz.export.film import Film
from viz.protocol.latent import GivenLatent
from viz.state.app_state import starting_state
from viz.state.inputs import Favourite
from viz.storage.classify import classify
from viz.storage.favourites import NAME, FavouriteShelf
from viz.storage.latents import read_latents
from viz.storage.session import session_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECONDS = 10.0
"""Processor time that no small file may take, however it was changed."""
FUZZ_S = float(os.environ.get("FUZZ_SECONDS", "600"))
"""Length of the long run."""


def pictures(folder: Path) -> Path:
    """A zip of four pictures with labels."""
    path = folder / "data.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for index, kind in enumerate(("PNG", "JPEG", "WEBP", "PNG")):
            data = io.BytesIO()
            colours = np.random.default_rng(index).integers(0, 256, (16, 16, 3), np.uint8)
            Image.fromarray(colours).save(data, kind)
            archive.writestr(f"p{index}.{kind.lower()}", data.getvalue())
        labels = [[f"p{index}.png", index] for index in range(4)]
        archive.writestr("dataset.json", json.dumps({"labels": labels}))
    return path


def favourites(folder: Path) -> Path:
    """A file of favourites: a seed with a name, and a latent as numbers."""
    given = GivenLatent.of("w", np.zeros(8, np.float32), "a file")
    FavouriteShelf(folder).save([Favourite("Coast", 3.0, 1.0, psi=0.7), Favourite(given=given)])
    return folder / NAME


def run_folder(folder: Path) -> Path:
    """The log of a training; the rest of the folder stays whole."""
    run = folder / "run"
    run.mkdir()
    (run / "config.json").write_text(json.dumps({"config": {"batch": 4}, "data": "data.zip"}))
    path = run / "log.jsonl"
    lines = (json.dumps({"kimg": 0.1 * tick, "loss_g": 1.0 / (tick + 1)}) for tick in range(20))
    path.write_text("\n".join(lines) + "\n")
    return path


def originals(folder: Path) -> dict[Path, Callable[[Path], object]]:
    """A valid file of every kind, and what reads it."""
    text = session_text(starting_state(["bundled:relief-stylegan2"]))
    grey = np.full((32, 32, 3), 128, np.uint8)
    config = NetworkConfig(
        kind="stylegan3-t", resolution=16, z_dim=8, w_dim=8, channel_base=64, channel_max=8
    )
    save_network(folder / "net.safetensors", build_network(config))
    write_golden(folder / "net.pkl", "stylegan2")
    (folder / "session.json").write_text(text)
    write_png(folder / "still.png", grey, text)
    Image.fromarray(grey).save(folder / "picture.jpg")
    np.savez(folder / "session.npz", session=np.array(text), w_0=np.zeros((2, 8), np.float32))
    np.savez(folder / "latent.npz", w=np.zeros((1, 8), np.float32))
    for ending in (".mp4", ".webm", ".gif"):
        with Film(folder / f"film{ending}", session=text) as film:
            film.add(grey)
            film.add(grey)
    log = run_folder(folder)
    readers: dict[Path, Callable[[Path], object]] = {
        folder / "net.safetensors": load_network,
        folder / "net.pkl": load_network,
        write_rosinality(folder / "net.pt"): load_network,
        write_xl(folder / "xl.pkl", "super"): load_network,
        write_rosinality(folder / "legacy.pt", legacy=True): load_network,
        folder / "latent.npz": read_latents,
        favourites(folder): lambda path: FavouriteShelf(path.parent).load(),
        pictures(folder): lambda path: ImageDataset.load(path, workers=0),
        log: lambda path: RunReader(path.parent).read(),
        log.with_name("config.json"): lambda path: RunReader(path.parent).read(),
    }
    names = ("session.json", "still.png", "picture.jpg", "session.npz")
    films = ("film.mp4", "film.webm", "film.gif")
    return readers | {folder / name: classify for name in (*names, *films)}


def changed(original: bytes, draw: random.Random) -> bytes:
    """Change, remove, repeat or cut off a few bytes."""
    data = bytearray(original)
    for _ in range(draw.choice((1, 1, 2, 5, 50))):
        at = draw.randrange(len(data) or 1)
        match draw.randrange(5):
            case 0:
                data[at : at + 1] = bytes([draw.randrange(256)])
            case 1:
                del data[at : at + draw.randrange(9)]
            case 2:
                data[at:at] = draw.choice((b"\0", b"\xff" * 4, b"9" * 12, b"[" * 40, b'"', b"-"))
            case 3:
                data[at:at] = data[: draw.randrange(1, 200)]
            case _:
                del data[draw.randrange(len(data) // 2 or 1) + len(data) // 2 :]
    return bytes(data)


def fuzz(folder: Path, seed: int, *, most: int, seconds: float) -> Counter[str]:
    """Read changed files for so long; returns how many were tried, by name."""
    draw, tried = random.Random(seed), Counter[str]()
    readers = originals(folder)
    whole = {path: path.read_bytes() for path in readers}
    until = time.monotonic() + seconds
    while tried.total() < most and time.monotonic() < until:
        path, read = draw.choice(list(readers.items()))
        path.write_bytes(changed(whole[path], draw))
        began, refusal = time.process_time(), ""
        try:
            read(path)
        except (ValueError, OSError) as error:
            refusal = str(error)
        assert "\n" not in refusal, (seed, path.name, refusal)
        assert time.process_time() - began < SECONDS, (seed, path.name)
        path.write_bytes(whole[path])
        tried[path.name] += 1
    return tried


@pytest.mark.slow
def test_changed_files_are_read_or_refused(tmp_path: Path) -> None:
    fuzz(tmp_path, seed=7, most=300, seconds=60.0)


@pytest.mark.soak
@pytest.mark.timeout(2 * 900)
def test_changed_files_are_read_or_refused_for_minutes(tmp_path: Path) -> None:
    tried = fuzz(tmp_path, int(time.time()), most=10**9, seconds=FUZZ_S)
    print(dict(tried))
    assert tried.total() > 100
