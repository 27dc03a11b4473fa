"""Files of latents (NPZ): written with everything that was set, read from any program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from generator.files.atomic_files import replacing
from viz.protocol.latent import GivenLatent, Kind
from viz.storage.archives import DAMAGED, opened_archive, read_array
from viz.storage.session_files import NPZ_KEY

if TYPE_CHECKING:
    from pathlib import Path

    from viz.protocol.result import Result

KEYS: dict[str, Kind] = {"ws": "ws", "w_plus": "ws", "w": "w", "z": "z"}
"""Names of latents in an archive; the first of these that it has is taken."""


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


def read_latent(path: Path) -> GivenLatent:
    """Read the latent in a NumPy archive of any program; nothing in it is executed.

    Understood are `z` [z_dim], `w` [w_dim], and `ws` or `w_plus` [layers, w_dim], of floating type;
    leading axes of one may stand before these, and a `w` of several rows is a w for each layer.

    Raises:
        ValueError: there is no such array in it, or it is damaged.
        OSError: the file cannot be read.
    """
    try:
        with opened_archive(path) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            key = next((key for key in KEYS if key in members), None)
            if key is None:
                raise ValueError(
                    f"{path.name} holds no latent: arrays called z, w, ws or w_plus are understood"
                )
            values = read_array(archive, members[key], "f")
    except DAMAGED:
        raise ValueError(f"{path.name} is no archive of NumPy arrays") from None
    while values.ndim > 1 and values.shape[0] == 1:
        values = values[0]
    kind = "ws" if values.ndim == 2 and key == "w" else KEYS[key]
    try:
        return GivenLatent.of(kind, values, path.stem)
    except ValueError as error:
        raise ValueError(f"{path.name}: {key} {error}") from None
