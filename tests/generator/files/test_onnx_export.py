"""Generators as ONNX files, drawn by onnxruntime.

Tolerance 1e-3: the runtime orders its sums differently; measured differences are below 1e-5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
import pytest
import torch

from generator import Generator, transforms
from generator.files.onnx_export import export_onnx

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@torch.no_grad()
def check(net: Generator, path: Path) -> None:
    net.mapping.w_avg.normal_()
    export_onnx(net, path, psi=0.7, batch=2)
    # All in one file.
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    z = torch.randn(2, net.z_dim)
    inputs = {"z": z}
    label = None
    if net.c_dim:
        inputs["label"] = label = torch.eye(net.c_dim)[:2]
    transform = None
    if net.kind != "stylegan2" or net.config.input == "fourier":
        inputs["transform"] = transform = transforms.rotation(0.3)
    assert [entry.name for entry in session.get_inputs()] == list(inputs)
    (image,) = session.run(None, {name: tensor.numpy() for name, tensor in inputs.items()})
    expected = net.synthesis(net.mapping(z, label, psi=0.7), transform=transform)
    np.testing.assert_allclose(image, expected.numpy(), atol=1e-3, rtol=0)


@pytest.mark.slow
def test_stylegan3(tiny: Callable[..., Generator], tmp_path: Path) -> None:
    check(tiny("stylegan3-t", layers=2, critical_layers=1, c_dim=2, margin=2), tmp_path / "n.onnx")


@pytest.mark.soak
@pytest.mark.parametrize("options", [{}, {"input": "const"}, {"c_dim": 3}])
def test_every_kind(
    kind: str, options: dict[str, object], tiny: Callable[..., Generator], tmp_path: Path
) -> None:
    if "input" in options and kind != "stylegan2":
        pytest.skip("only StyleGAN2 has a choice of inputs")
    check(tiny(kind, **options), tmp_path / "net.onnx")


def test_bad_arguments(tiny: Callable[..., Generator], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="batch"):
        export_onnx(tiny("stylegan2"), tmp_path / "x.onnx", batch=0)
