"""Finds the kernels that were compiled before they were installed: one library per processor kind.

They lie beside the sources they were made of and carry their digest in their names: where sources
and libraries differ, as after a change, nothing fits and the kernels are compiled here instead.
"""

import platform
from pathlib import Path

import torch

from systems.names import system

FOLDER = Path(__file__).with_name("built")
VARIANTS = {
    "AVX512": ("avx512", "avx2"),
    "AVX2": ("avx2",),
    "DEFAULT": (),
}
"""What serves a processor, the best first, by what PyTorch calls its capability."""
SUFFIXES = {"macos": ".dylib", "windows": ".dll"}


def find(digest: str, folder: Path = FOLDER) -> Path | None:
    """Return the best library for this processor; None where none fits.

    Args:
        digest: Of the sources; see `ops.cpu.build.source_digest`.
        folder: Where they lie.
    """
    for variant in variants():
        path = folder / file_name(variant, digest, system())
        if path.is_file():
            return path
    return None


def variants() -> tuple[str, ...]:
    """Name the variants that run on this processor, the best first."""
    if platform.machine().lower() in ("aarch64", "arm64"):
        return ("neon",)
    return VARIANTS.get(torch.backends.cpu.get_cpu_capability(), ())


def file_name(variant: str, digest: str, of: str) -> str:
    """Name a library of a system, itself named as in `systems.names`."""
    return f"{variant}-{digest}{SUFFIXES.get(of, '.so')}"
