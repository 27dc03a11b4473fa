"""A launcher that runs the CUDA kernels on the CPU, for tests without a GPU."""

import ctypes
import hashlib
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import torch

from ops.cpu.build import find_compiler
from ops.cuda import build
from ops.cuda.variants import Variant

HEADER = Path(__file__).with_name("cuda_host.h")
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


@dataclass
class Launch:
    """Arguments that a kernel was started with."""

    variant: Variant
    blocks: int
    arguments: ctypes.Structure
    device: torch.device


@dataclass
class EmulatedLauncher:
    """`ops.cuda.launch.Launcher` on the CPU."""

    folder: Path
    """Where compiled kernels are kept."""
    sanitize: bool = False
    """Under AddressSanitizer and UBSan; their run-time library must be loaded already."""
    descending: bool = False
    """Run a block's threads from the last to the first."""
    launches: list[Launch] = field(default_factory=list)
    _loaded: dict[Variant, ctypes.CDLL] = field(default_factory=dict)

    def prepare(self, variant: Variant, device: torch.device) -> None:
        """Compile the variant's source for the CPU."""
        if variant not in self._loaded:
            library = ctypes.CDLL(str(self._build(variant)))
            library.launch.restype = ctypes.c_int
            self._loaded[variant] = library

    def launch(
        self, variant: Variant, blocks: int, arguments: ctypes.Structure, device: torch.device
    ) -> None:
        """Run all blocks, and return when they are done."""
        self.prepare(variant, device)
        self.launches.append(Launch(variant, blocks, arguments, device))
        # ctypes releases the GIL: the emulation is one global machine, so it must not run twice.
        done = self._loaded[variant].launch(
            ctypes.c_uint(blocks),
            ctypes.c_uint(variant.threads),
            ctypes.byref(arguments),
            ctypes.c_int(self.descending),
        )
        assert done, f"{variant}: threads that miss a barrier"

    def library(self, variant: Variant) -> ctypes.CDLL:
        """The prepared variant; its `launch` takes what `EXPORT_KERNEL` says."""
        return self._loaded[variant]

    def _build(self, variant: Variant) -> Path:
        kernel = variant.kernel
        text = f'#include "{HEADER}"\n{build.source(kernel)}\nEXPORT_KERNEL({kernel})\n'
        flags = [f"-D{name}={value}" for name, value in variant.defines]
        # No contraction into fused multiply-adds: the result must not depend on the machine.
        flags += ["-std=c++17", "-O1", "-g1", "-fPIC", "-shared", "-ffp-contract=off"]
        flags += ["-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas"]
        # Some activations use neither alpha nor, forwards, the gradient.
        flags += ["-Wno-unused-parameter"]
        flags += SANITIZERS if self.sanitize else []
        parts = [text, HEADER.read_text(), *flags]
        path = self.folder / f"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:20]}.so"
        if not path.exists():
            temporary = path.with_suffix(f".{os.getpid()}")
            # The compiler itself runs without the sanitizers' library.
            environment = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD"}
            subprocess.run(
                [find_compiler(), *flags, "-x", "c++", "-", "-o", str(temporary)],
                input=text,
                text=True,
                check=True,
                env=environment,
            )
            os.replace(temporary, path)
        return path
