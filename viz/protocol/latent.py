"""A latent that came from elsewhere, as numbers: a z, a w, or a w for every layer.

It is kept as text, so that it travels in sessions and requests like any other field.
"""

from __future__ import annotations

import base64
import binascii
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from viz.storage.archives import DAMAGED, read_array

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

Kind = Literal["z", "w", "ws"]

KEYS: dict[str, Kind] = {"ws": "ws", "w_plus": "ws", "w": "w", "z": "z"}
"""What an archive of latents may call them; the first of these that it has is taken."""
MAX_ROWS, MAX_COLUMNS = 64, 8192


@dataclass(frozen=True, slots=True)
class GivenLatent:
    """A latent as numbers.

    Raises:
        ValueError: the numbers do not fit their description, or are not finite.
    """

    kind: Kind
    """`z`: goes through the mapping; `w`: the same for all layers; `ws`: one for each layer."""
    rows: int
    columns: int
    data: str
    """[rows, columns] float32, little-endian, row by row, in base64."""
    name: str = ""
    """Where it came from."""

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"must be z, w or ws, got {self.kind!r:.20}")
        if not (1 <= self.rows <= MAX_ROWS and 1 <= self.columns <= MAX_COLUMNS):
            raise ValueError(f"must have 1–{MAX_ROWS} rows of 1–{MAX_COLUMNS} numbers")
        if self.rows > 1 and self.kind != "ws":
            raise ValueError(f"a {self.kind} has one row, got {self.rows}")
        size = 4 * self.rows * self.columns
        if len(self.data) != 4 * -(-size // 3):
            raise ValueError(f"does not hold {self.rows} × {self.columns} numbers")
        try:
            values = self.values()
        except (binascii.Error, ValueError):
            raise ValueError("is no base64") from None
        if not np.isfinite(values).all():
            raise ValueError("must hold finite numbers")

    @staticmethod
    def of(kind: Kind, values: NDArray[Any], name: str = "") -> GivenLatent:
        """Keep an array, [columns] or [rows, columns], of any floating type.

        Raises:
            ValueError: its shape does not fit, or its numbers are not finite in float32.
        """
        rows = values.reshape(1, -1) if values.ndim == 1 else values
        if rows.ndim != 2:
            raise ValueError(f"a {kind} of shape {list(values.shape)} was not expected")
        with np.errstate(over="ignore"):
            data = base64.b64encode(rows.astype("<f4").tobytes()).decode("ascii")
        return GivenLatent(kind, rows.shape[0], rows.shape[1], data, name)

    def values(self) -> NDArray[np.float32]:
        """The numbers, [rows, columns]."""
        raw = base64.b64decode(self.data, validate=True)
        return np.frombuffer(raw, "<f4").reshape(self.rows, self.columns).astype(np.float32)

    @property
    def words(self) -> str:
        """What it is, for people."""
        return (
            f"w+ {self.rows} × {self.columns}"
            if self.kind == "ws"
            else f"{self.kind} {self.columns}"
        )


def read_latent(path: Path) -> GivenLatent:
    """The latent in a NumPy archive that some other program wrote; nothing in it is executed.

    Understood are `z` [z_dim], `w` [w_dim], and `ws` or `w_plus` [layers, w_dim], of floating type;
    leading axes of one may stand before these, and a `w` of several rows is a w for each layer.

    Raises:
        ValueError: there is no such array in it, or it is damaged.
        OSError: the file cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
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
