"""Measurements in processes of their own, with or without native kernels.

The reference operations are what serves where no compiler is found, so that is how they are had:
in a process that finds none.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from typing import Any

from generator import Generator
from ops.cpu.kernels import unavailable as native_unavailable
from systems.machine import keep_freed_memory


def measure_apart(
    module: str, task: Mapping[str, Any], *, reference: bool, processes: int = 1
) -> dict[str, float]:
    """Run `python -m module` on a task, in a process of its own, or in several.

    Args:
        module: A benchmark that calls `answer` when it is run.
        task: Arguments of its measuring function, values that JSON can hold.
        reference: Hide the compiler, so that the reference operations serve.
        processes: More than one are started by `torchrun`.

    Returns:
        The figures the function returned, in the first process.
    """
    # As the trainer and the visualizer do.
    environment = {"OMP_WAIT_POLICY": "PASSIVE"} | os.environ
    launch = ["-m", module]
    if processes > 1:
        several = ["--standalone", f"--nproc-per-node={processes}"]
        launch = ["-m", "torch.distributed.run", *several, *launch]
    with tempfile.TemporaryDirectory() as empty_cache:
        if reference:
            environment |= {"CXX": "no-compiler", "XDG_CACHE_HOME": empty_cache}
        run = subprocess.run(
            [sys.executable, "-W", "ignore", *launch, json.dumps([reference, task])],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return {str(name): float(value) for name, value in json.loads(run.stdout).items()}


def answer(measure: Callable[..., dict[str, float]]) -> bool:
    """In the process that `measure_apart` started: measure, print the figures, return True."""
    if len(sys.argv) != 2 or not sys.argv[1].startswith("["):
        return False
    reference, task = json.loads(sys.argv[1])
    if reference != (native_unavailable() is not None):
        raise RuntimeError(f"wrong backend: {native_unavailable() or 'native kernels'}")
    if not reference:
        # As they do, too.
        keep_freed_memory()
    figures = measure(**task)
    if os.environ.get("RANK", "0") == "0":
        print(json.dumps(figures))
    return True


def use_default_layout(net: Generator) -> None:
    """Draw in PyTorch's default layout, as plain PyTorch programs do, instead of channels-last."""
    for parameter in net.parameters():
        parameter.data = parameter.data.contiguous()
    first = net.synthesis.get_submodule("input")
    first.register_forward_hook(lambda module, inputs, x: x.contiguous())
