"""Kinds of network files, told by the ends of their names and by their first bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

FileKind = Literal["safetensors", "pickle", "torch", "other"]

_KINDS: dict[str, FileKind] = {
    ".safetensors": "safetensors",
    ".pkl": "pickle",
    ".pt": "torch",
    ".pth": "torch",
    ".ckpt": "torch",
}
_ZIP = b"PK\x03\x04"
_LOOKED_AT_BYTES = 1 << 20
_ROSINALITY = (b"g_ema", b"latent_avg")
"""Names in the checkpoints of rosinality's StyleGAN2 and of programs that came from it."""


def kind_of(path: Path) -> FileKind:
    """Tell the kind of a file by the end of its name, in small or capital letters."""
    return _KINDS.get(path.suffix.lower(), "other")


def is_zip(path: Path) -> bool:
    """Return whether a file begins like a zip, as archives of `torch.save` do."""
    with path.open("rb") as file:
        return file.read(len(_ZIP)) == _ZIP


def torch_archive_refusal(path: Path) -> str:
    """Explain in one line why a file of `torch.save` cannot be opened.

    Raises:
        OSError: the file cannot be read.
    """
    name = f"{path.name:.100}"
    beginning = _beginning(path)
    if beginning.startswith(_ZIP) and all(word in beginning for word in _ROSINALITY):
        return (
            f"{name} is a StyleGAN2 of rosinality's program, which cannot be read yet; "
            "a .pkl of NVIDIA's programs can"
        )
    return (
        f"{name} is an archive of torch.save, not a network file of NVIDIA's or of this program; "
        "a .pkl or .safetensors file can be read"
    )


def _beginning(path: Path) -> bytes:
    """Read the first bytes of a file; archives of `torch.save` have their values' names there.

    They stand there as they are, since such archives are not compressed.
    """
    with path.open("rb") as file:
        return file.read(_LOOKED_AT_BYTES)
