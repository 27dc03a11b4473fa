"""Latents to a file: z, w and everything that was set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from viz.storage.session_files import NPZ_KEY

if TYPE_CHECKING:
    from pathlib import Path

    from viz.protocol.result import Result


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
    draft = path.with_name(f".{path.stem}.part.npz")
    try:
        np.savez(draft, **arrays)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
