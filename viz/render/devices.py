"""On what the networks are computed."""

from __future__ import annotations

import torch

from systems.machine import usable_cores


def choose_device(name: str) -> torch.device:
    """The device of a name: `auto` (a CUDA GPU if there is one), `cpu`, `cuda`, `cuda:N`, `mps`.

    Raises:
        ValueError: there is no such device here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kind, _, index = name.partition(":")
    if kind == "cpu" and not index:
        return torch.device("cpu")
    if kind == "mps" and not index:
        if not torch.backends.mps.is_available():
            raise ValueError("this computer has no device mps; choose auto or cpu")
        return torch.device("mps")
    if kind != "cuda" or not (index.isdecimal() or not index):
        raise ValueError(f"device must be auto, cpu, cuda, cuda:N or mps, got {name!r}")
    if int(index or 0) >= torch.cuda.device_count():
        raise ValueError(f"this computer has no device {name}; choose auto or cpu")
    return torch.device(name)


def default_threads() -> int:
    """CPU threads for the worker: all cores this process may use, less one for the window."""
    cores = usable_cores()
    return cores - 1 if cores > 2 else cores


def use_threads(wanted: int) -> int:
    """Compute on so many CPU threads from now on; 0: the renderer's choice. Returns the number."""
    threads = wanted or default_threads()
    if threads != torch.get_num_threads():
        torch.set_num_threads(threads)
    return threads


def describe(device: torch.device, threads: int) -> str:
    """A device for people, as in `cpu, 2 threads`."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{device}, {threads} thread{'s' if threads != 1 else ''}"


def wait_for(device: torch.device) -> None:
    """Let the device finish, so that times are true."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
