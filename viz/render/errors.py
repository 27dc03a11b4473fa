"""Errors while a picture is drawn, in words that name the remedy."""

from __future__ import annotations

import torch

_NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "bad alloc")
_LOST_DEVICE = ("cuda error", "cublas", "cudnn", "nvrtc", "hip error", "mps backend")


class LoadingCancelledError(Exception):
    """The user no longer wants a network that is being read."""


class InterruptedDrawingError(Exception):
    """The hand moves again: a draft is wanted in place of the picture that is being drawn."""


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that memory ran out, on the CPU or on a device."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(
        words in str(error).lower() for words in _NO_MEMORY
    )


def is_lost_device(error: BaseException, device: torch.device) -> bool:
    """Return whether a device has failed so that this process cannot use it any more."""
    if device.type == "cpu" or is_out_of_memory(error):
        return False
    if isinstance(error, torch.AcceleratorError):
        return True
    return isinstance(error, RuntimeError) and any(
        words in str(error).lower() for words in _LOST_DEVICE
    )


def readable(error: BaseException, device: torch.device) -> str:
    """An error in one line, with what to do about it where that is known."""
    if is_out_of_memory(error):
        return (
            f"not enough memory on {device} for this picture: choose bf16, a smaller canvas, or "
            "show fewer networks"
        )
    if is_lost_device(error, device):
        return (
            f"the device {device} has failed ({one_line(error):.120}): choose cpu under Performance"
            ", or try again once it is back"
        )
    text = one_line(error)
    return text if isinstance(error, ValueError) else f"{type(error).__name__}: {text}"


def one_line(error: BaseException) -> str:
    """An exception's message, fit for a status bar."""
    text = " ".join(str(error).split())
    return text or type(error).__name__
