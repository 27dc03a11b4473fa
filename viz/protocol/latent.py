"""A latent that came from elsewhere, as numbers: a z, a w, or a w for every layer.

It is kept as text, so that it travels in sessions and requests like any other field.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["z", "w", "ws"]

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
    """Name of the file that it came from."""

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
        """Kind and size as text, as in `w+ 16 × 512`."""
        return (
            f"w+ {self.rows} × {self.columns}"
            if self.kind == "ws"
            else f"{self.kind} {self.columns}"
        )
