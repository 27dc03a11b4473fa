"""Records to bytes and back: msgpack, with arrays compressed.

A record travels as its name and its fields; only those of `viz.wire.schema` are made, and only if
every field is there and fits its type. Nothing is executed, whatever comes.
"""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import zstandard
from PIL import Image

from viz.wire.schema import PLAIN, WireError, fields, fits, known_records, names

VERSION = 1
"""Rises with every change to what messages mean; both ends must have the same."""

LARGEST_FRAME = 256 << 20
"""Bytes of a message at most, and of an array in it."""

_RECORD, _TUPLE, _ARRAY, _PATH, _LOSSY = range(5)
_FAST = 1
"""Level of zstandard: pictures must not wait for it."""
_DEEPEST = 32
_MOST_DIMENSIONS = 8


_UNREADABLE = (
    ValueError,  # of which msgpack's and Unicode's are
    TypeError,
    OverflowError,
    RecursionError,
    MemoryError,
    OSError,  # of which Pillow's are
    SyntaxError,  # as Pillow calls a broken header
    zstandard.ZstdError,
    msgpack.exceptions.UnpackException,
)


def encode(message: Any, *, quality: int | None = None) -> bytes:
    """Encode a record.

    Args:
        message: A record of `viz.wire.schema`.
        quality: RGBA pictures become JPEG of this quality, 1 to 95; all other arrays stay exact.
            None: they, too.

    Raises:
        TypeError: something in it cannot cross the line.
        WireError: it is too large.
    """
    packed: bytes = msgpack.packb(_Encoder(quality).tree(message), use_bin_type=True)
    if len(packed) > LARGEST_FRAME:
        raise WireError(f"a message of {len(packed) >> 20} MiB is too large for the line")
    return packed


def decode(packed: bytes) -> Any:
    """Decode a record.

    Raises:
        WireError: it is none, or one of another version.
    """
    try:
        message = _unpacked(packed, 0)
    except WireError:
        raise
    except _UNREADABLE as error:
        raise WireError(f"an unreadable message came: {error}"[:200]) from None
    if type(message) not in names():
        raise WireError("what came is no message")
    return message


class _Encoder:
    def __init__(self, quality: int | None) -> None:
        self._quality = quality

    def tree(self, value: Any) -> Any:
        """Turn a value into what msgpack knows."""
        kind = type(value)
        if (name := names().get(kind)) is not None:
            own = {one: self.tree(getattr(value, one)) for one in fields(kind)}
            return msgpack.ExtType(_RECORD, msgpack.packb([name, own]))
        if kind is tuple:
            return msgpack.ExtType(_TUPLE, msgpack.packb([self.tree(one) for one in value]))
        if kind is list:
            return [self.tree(one) for one in value]
        if kind is dict:
            return {key: self.tree(one) for key, one in value.items()}
        if isinstance(value, np.ndarray):
            return self._array(value)
        if isinstance(value, Path):
            return msgpack.ExtType(_PATH, str(value).encode())
        if isinstance(value, np.generic):
            return value.item()
        if kind not in PLAIN:
            raise TypeError(f"{kind.__name__} cannot cross the line")
        return value

    def _array(self, values: np.ndarray[Any, Any]) -> msgpack.ExtType:
        if values.dtype.kind not in "buif":
            raise TypeError(f"arrays of {values.dtype} cannot cross the line")
        if self._quality is not None and _is_picture(values):
            return msgpack.ExtType(_LOSSY, _as_jpeg(values, self._quality))
        packed = zstandard.compress(np.ascontiguousarray(values).tobytes(), _FAST)
        return msgpack.ExtType(
            _ARRAY, msgpack.packb([values.dtype.str, list(values.shape), packed])
        )


def _unpacked(packed: bytes, depth: int) -> Any:
    if depth > _DEEPEST:
        raise WireError("a message is nested too deeply")

    def made(code: int, data: bytes) -> Any:
        match code:
            case 0:
                return _record(_unpacked(data, depth + 1))
            case 1:
                return tuple(_unpacked(data, depth + 1))
            case 2:
                return _array(*_unpacked(data, depth + 1))
            case 3:
                return Path(data.decode())
            case 4:
                return _from_jpeg(data)
        raise WireError(f"a message has a part of an unknown kind, {code}")

    # What it makes room for is bounded by the length of what came.
    return msgpack.unpackb(packed, raw=False, strict_map_key=True, ext_hook=made)


def _record(tree: Any) -> Any:
    name, own = tree
    kind = known_records().get(name) if isinstance(name, str) else None
    if kind is None:
        raise WireError(f"a message of an unknown kind came: {name!r:.60}")
    wanted = fields(kind)
    if not isinstance(own, dict) or own.keys() != wanted.keys():
        raise WireError(f"{name} has other fields than here")
    for field, value in own.items():
        if not fits(value, wanted[field]):
            raise WireError(f"{name}.{field} is not of its type")
    try:
        return kind(**own)
    except (TypeError, ValueError) as error:
        raise WireError(f"{name} is not valid: {error}"[:200]) from None


def _array(dtype: str, shape: list[int], packed: bytes) -> np.ndarray[Any, Any]:
    kind = np.dtype(dtype)
    if kind.kind not in "buif" or not 0 <= len(shape) <= _MOST_DIMENSIONS:
        raise WireError("an array of an unknown type came")
    if any(not isinstance(side, int) or side < 0 for side in shape):
        raise WireError("an array has an impossible shape")
    size = math.prod(shape) * kind.itemsize
    if size > LARGEST_FRAME:
        raise WireError("an array is too large")
    reader = zstandard.ZstdDecompressor().stream_reader(packed)
    content = reader.read(size)
    if len(content) != size or reader.read(1):
        raise WireError("an array's bytes do not fit its shape")
    return np.frombuffer(bytearray(content), kind).reshape(shape)


def _is_picture(values: np.ndarray[Any, Any]) -> bool:
    """Tell whether an array is an opaque RGBA picture."""
    return (
        values.dtype == np.uint8
        and values.ndim == 3
        and values.shape[2] == 4
        and min(values.shape[:2]) >= 8
        and bool((values[..., 3] == 255).all())
    )


def _as_jpeg(values: np.ndarray[Any, Any], quality: int) -> bytes:
    content = io.BytesIO()
    picture = Image.fromarray(np.ascontiguousarray(values[..., :3]))
    picture.save(content, "JPEG", quality=quality, subsampling=0)
    return content.getvalue()


def _from_jpeg(content: bytes) -> np.ndarray[Any, Any]:
    with Image.open(io.BytesIO(content), formats=["JPEG"]) as picture:
        if picture.width * picture.height * 4 > LARGEST_FRAME:
            raise WireError("a picture is too large")
        return np.asarray(picture.convert("RGBA")).copy()
