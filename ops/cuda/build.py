"""Compiles variants of the CUDA kernels by NVRTC and keeps the objects in the user's cache.

NVRTC is a library that PyTorch's CUDA wheels bring along: neither nvcc nor a host compiler nor,
for compiling alone, a GPU or its driver is needed.
"""

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ops.cache import private_folder
from ops.cuda.arguments import STRUCTURES
from ops.cuda.variants import Variant
from ops.layout import assertions
from ops.resampling import KernelsUnavailableError

if TYPE_CHECKING:
    from cuda.core import ObjectCode

FOLDER = Path(__file__).parent
CACHE_LIMIT_BYTES = 64 * 2**20


def source(kernel: str) -> str:
    """Return the text of one kernel, complete: no path has to be found later.

    Headers stand in their places, and behind the kernel what makes sure that Python passes what it
    reads.
    """
    return _read(f"{kernel}.cu") + "\n" + assertions(*STRUCTURES[kernel])


def _read(name: str) -> str:
    text = (FOLDER / name).read_text(encoding="utf-8")
    return re.sub(r'^#include "(.+)"$', lambda found: _read(found[1]), text, flags=re.MULTILINE)


def compiled(variant: Variant, arch: str) -> "ObjectCode":
    """Return the variant's machine code, from the cache if it has been compiled before.

    Args:
        variant: What to compile.
        arch: The GPU's architecture, such as "sm_90".

    Raises:
        KernelsUnavailableError: There is no NVRTC, or it failed.
    """
    try:
        from cuda.core import Program, ProgramOptions

        # The base of what cuda.core raises has no public name yet.
        from cuda.core._utils.cuda_utils import CUDAError
    except ImportError as error:
        remedy = "pip install -r requirements-cuda.txt"
        raise KernelsUnavailableError(
            f"cuda.core cannot be imported ({error}); {remedy}"
        ) from error
    options = ProgramOptions(
        arch=arch,
        std="c++17",
        define_macro=[(name, str(value)) for name, value in variant.defines],
    )
    program = Program(source(variant.kernel), "c++", options)
    try:
        return program.compile("cubin", cache=_cache())
    except (CUDAError, RuntimeError, OSError) as error:
        reason = next((line for line in str(error).splitlines() if "error" in line), str(error))
        raise KernelsUnavailableError(f"NVRTC failed for {variant} on {arch}: {reason}") from error


@cache
def _cache() -> object:
    from cuda.core.utils import FileStreamProgramCache

    class Checked(FileStreamProgramCache):  # type: ignore[misc]  # no type information
        """Keeps objects behind their digests: a damaged one is compiled anew."""

        def __setitem__(self, key: Any, value: Any) -> None:
            code = bytes(getattr(value, "code", value))
            super().__setitem__(key, hashlib.sha256(code).digest() + code)

        def __getitem__(self, key: Any) -> bytes:
            kept = super().__getitem__(key)
            digest, code = kept[:32], kept[32:]
            if hashlib.sha256(code).digest() != digest:
                raise KeyError(key)
            return code

    try:
        return Checked(private_folder("cuda"), max_size_bytes=CACHE_LIMIT_BYTES)
    except OSError as error:
        remedy = "set XDG_CACHE_HOME to a folder of your own"
        raise KernelsUnavailableError(f"no cache folder ({error}); {remedy}") from error
