"""Writes a generator as an ONNX file, for programs without PyTorch."""

from __future__ import annotations

import importlib.util
import warnings
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

import ops

if TYPE_CHECKING:
    from pathlib import Path

    from generator.network import Generator

_NEEDED = ("onnx", "onnxscript")
_OPSET = 18


class _Picture(nn.Module):
    """From latents to pictures, as one function of tensors."""

    def __init__(self, net: Generator, psi: float) -> None:
        super().__init__()
        self.net, self.psi = net, psi

    def forward(
        self, z: Tensor, label: Tensor | None = None, transform: Tensor | None = None
    ) -> Tensor:
        ws = self.net.mapping(z, label, psi=self.psi)
        image: Tensor = self.net.synthesis(ws, transform=transform)
        return image


def export_onnx(net: Generator, path: str | Path, *, psi: float = 1.0, batch: int = 1) -> None:
    """Write a generator of fixed batch and picture size in float32.

    The file's inputs are `z` [batch, z_dim], for a network with classes `label` [batch, c_dim],
    and for one that starts from Fourier features `transform` [3, 3], the inverse transform of the
    picture; its output is `image` [batch, channels, resolution, resolution]. StyleGAN2's noise is
    fixed.

    Args:
        net: The network.
        path: Where to; replaced if it exists.
        psi: Truncation, fixed in the file.
        batch: Pictures drawn at a time.

    Raises:
        ValueError: packages are missing, the batch is not positive, or the network is on a GPU.
        OSError: the file cannot be written.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ValueError(f"ONNX export needs more packages: pip install {' '.join(missing)}")
    if batch < 1:
        raise ValueError(f"batch must be at least 1, got {batch}")
    if next(net.parameters()).device.type != "cpu":
        raise ValueError("move the network to the CPU before the export")
    inputs: dict[str, Tensor] = {"z": torch.zeros(batch, net.z_dim)}
    if net.c_dim:
        inputs["label"] = torch.zeros(batch, net.c_dim)
    if net.kind != "stylegan2" or net.config.input == "fourier":
        inputs["transform"] = torch.eye(3)
    # Tracing sees through PyTorch's operations, not into our kernels.
    with ops.reference_only(), torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Picture(net, psi).eval(),
            kwargs=inputs,
            f=str(path),
            input_names=list(inputs),
            output_names=["image"],
            opset_version=_OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
