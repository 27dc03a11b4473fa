"""Writes a generator as an ONNX file, for programs without PyTorch."""

from __future__ import annotations

import importlib.util
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

import ops
from generator.files.atomic_files import write_atomically

if TYPE_CHECKING:
    from generator.network import Generator

_NEEDED = ("onnx", "onnxscript")
_OPSET = 18
_EXAMPLES = 2
"""Pictures that are traced; of one alone the trace would take that number for granted."""


class _Picture(nn.Module):
    """From latents to pictures, as one function of tensors."""

    def __init__(self, net: Generator, psi: float | None) -> None:
        super().__init__()
        self.net, self.psi = net, psi

    def forward(
        self,
        z: Tensor,
        label: Tensor | None = None,
        transform: Tensor | None = None,
        psi: Tensor | None = None,
    ) -> Tensor:
        mapping = self.net.mapping
        if psi is None:
            ws = mapping(z, label, psi=1.0 if self.psi is None else self.psi)
        else:
            mean = mapping.average(label)
            mean = mean if mean.ndim == 1 else mean[:, None]
            ws = mean + (mapping(z, label) - mean) * psi
        image: Tensor = self.net.synthesis(ws, transform=transform)
        return image


def export_onnx(net: Generator, path: str | Path, *, psi: float | None = None) -> None:
    """Write a generator in float32, all at once: a crash leaves the old file or the new one.

    The file's inputs are `z` [batch, z_dim], for a network with classes `label` [batch, c_dim],
    for one that starts from Fourier features `transform` [3, 3], the inverse transform of the
    picture, and `psi` [1]; its output is `image` [batch, channels, height, width]. The
    batch is any, StyleGAN2's noise is fixed.

    Args:
        net: The network.
        path: Where to; replaced if it exists.
        psi: Truncation, fixed in the file; None makes it an input.

    Raises:
        ValueError: packages are missing, or the network is on a GPU.
        OSError: the file cannot be written.
    """
    write_atomically(Path(path), onnx_bytes(net, psi=psi))


def onnx_bytes(net: Generator, *, psi: float | None = None) -> bytes:
    """The file that `export_onnx` writes.

    Raises:
        ValueError: as there.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ValueError(f"ONNX export needs more packages: pip install {' '.join(missing)}")
    if next(net.parameters()).device.type != "cpu":
        raise ValueError("move the network to the CPU before the export")
    batch = torch.export.Dim("batch")
    inputs: dict[str, Tensor] = {"z": torch.zeros(_EXAMPLES, net.z_dim)}
    varies: dict[str, dict[int, object] | None] = {"z": {0: batch}}
    if net.c_dim:
        inputs["label"] = torch.zeros(_EXAMPLES, net.c_dim)
        varies["label"] = {0: batch}
    if net.kind != "stylegan2" or net.config.input == "fourier":
        inputs["transform"], varies["transform"] = torch.eye(3), None
    if psi is None:
        inputs["psi"], varies["psi"] = torch.ones(1), None
    # Tracing sees through PyTorch's operations, not into our kernels.
    with (
        tempfile.TemporaryDirectory() as folder,
        ops.reference_only(),
        torch.no_grad(),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        draft = Path(folder) / "network.onnx"
        torch.onnx.export(
            _Picture(net, psi).eval(),
            kwargs=inputs,
            f=str(draft),
            input_names=list(inputs),
            output_names=["image"],
            dynamic_shapes=varies,
            opset_version=_OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        return draft.read_bytes()
