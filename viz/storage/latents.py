"""Files of latents (NPZ): written with everything that was set, read from any program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from generator.files.archives import DAMAGED, opened_archive, read_array, read_array_file
from generator.files.atomic_files import replacing
from viz.protocol.latent import GivenLatent, Kind
from viz.storage.session_files import NPZ_KEY

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from viz.protocol.result import Result

KEYS: dict[str, Kind] = {"ws": "ws", "w_plus": "ws", "dlatents": "ws", "w": "w", "z": "z"}
"""Names of latents in an archive; the first of these that it has is taken."""
DIRECTION_KEYS = ("boundary", "direction")
COMPONENTS_KEY = "lat_comp"
"""GANSpace's principal components of w, [N, 1, w_dim] or [N, w_dim]: a stack of directions."""
MOST_STACKED = 64
"""Entries of a stack that are read."""
UNIT_TOLERANCE = 1e-3
"""How far the length of a direction may be from one; that of a w is several times as large."""


def write_latents(path: Path, result: Result, session: str) -> None:
    """Write a NumPy archive of what was drawn last.

    It holds `session` (the session as JSON text), `psi`, and for each network, counted from 0:
    `source_0`; `seeds_0` and `weights_0`, which blend to the place; `z_0` [seeds, z_dim], their z;
    `w_0` [num_ws, w_dim], what the synthesis took, truncated, mixed and moved.

    Raises:
        ValueError: nothing has been drawn yet.
        OSError: the file cannot be written.
    """
    arrays: dict[str, Any] = {NPZ_KEY: session, "psi": np.float32(result.request.psi)}
    drawn = 0
    for slot, network in enumerate(result.networks):
        if network.ws is None or network.z is None:
            continue
        drawn += 1
        seeds = result.request.place_of(slot).latent.seeds
        arrays[f"source_{slot}"] = network.source
        arrays[f"seeds_{slot}"] = np.array([seed for seed, _weight in seeds], np.int64)
        arrays[f"weights_{slot}"] = np.array([weight for _seed, weight in seeds], np.float32)
        arrays[f"z_{slot}"] = network.z
        arrays[f"w_{slot}"] = network.ws
    if not drawn:
        raise ValueError("there is no picture to save the latents of yet")
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        np.savez(file, **arrays)


def write_direction(path: Path, direction: GivenLatent) -> None:
    """Write a NumPy archive of a direction, [w_dim], for `read_latents` and other programs.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        np.savez(file, direction=direction.values()[0])


@dataclass(frozen=True)
class FoundLatents:
    """Latents in a file of another program."""

    latents: tuple[GivenLatent, ...]
    """One, or the first of a stack."""
    total: int = 1
    """Entries of the stack."""
    is_direction: bool = False
    """Whether it is no place but a direction in w, kept as a `w`."""


def read_latents(path: Path) -> FoundLatents:
    """Read the latents in a NumPy file of any program; nothing in it is executed.

    An archive (`.npz`) has them by name: `z` [z_dim], `w` [w_dim], `ws`, `w_plus` or `dlatents`
    [layers, w_dim], of floating type; leading axes of one may stand before these, a `w` of several
    rows is a w for each layer, and one more axis makes a stack. `boundary` or `direction` is a
    direction in w, and `lat_comp`, as GANSpace writes it, a stack of them. An array alone (`.npy`)
    is a w; a single row of length one, or in a file that is named so, is a direction.

    Raises:
        ValueError: there is no such array in it, or it is damaged.
        OSError: the file cannot be read.
    """
    key, values = _array_of(path)
    if values.ndim == 0:
        raise ValueError(f"{path.name}: {key} is a single number, no latent")
    while values.ndim > 1 and values.shape[0] == 1:
        values = values[0]
    is_direction = key in (*DIRECTION_KEYS, COMPONENTS_KEY)
    if key == COMPONENTS_KEY:
        values = values.reshape(-1, values.shape[-1])
    if values.ndim == 1 and path.suffix.lower() == ".npy":
        length = float(np.linalg.norm(values.astype(np.float64)))
        named = any(word in path.stem.lower() for word in DIRECTION_KEYS)
        is_direction = named or abs(length - 1) < UNIT_TOLERANCE
    kind = KEYS.get(key, "w")
    if kind == "w" and not is_direction and values.ndim >= 2:
        kind = "ws"
    stacked = key == COMPONENTS_KEY or (values.ndim == 3 and kind == "ws" and not is_direction)
    entries = values if stacked else values[None]
    several = len(entries) > 1
    try:
        latents = tuple(
            GivenLatent.of(kind, entry, f"{path.stem} {index}" if several else path.stem)
            for index, entry in enumerate(entries[:MOST_STACKED], 1)
        )
    except ValueError as error:
        raise ValueError(f"{path.name}: {key} {error}") from None
    if not latents:
        raise ValueError(f"{path.name}: {key} holds nothing")
    return FoundLatents(latents, len(entries), is_direction)


def _array_of(path: Path) -> tuple[str, NDArray[Any]]:
    """The name and the values of what a file holds."""
    if path.suffix.lower() == ".npy":
        return "the array", read_array_file(path, "f")
    try:
        with opened_archive(path) as archive:
            known = (*KEYS, *DIRECTION_KEYS, COMPONENTS_KEY)
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            key = next((key for key in known if key in members), None)
            if key is None:
                raise ValueError(
                    f"{path.name} holds no latent: arrays called {', '.join(KEYS)}, boundary, "
                    "direction or lat_comp are understood"
                )
            return key, read_array(archive, members[key], "f")
    except DAMAGED:
        raise ValueError(f"{path.name} is no archive of NumPy arrays") from None
