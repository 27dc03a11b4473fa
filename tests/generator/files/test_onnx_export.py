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
def check(net: Generator, path: Path, psi: float | None = None) -> None:
    net.mapping.w_avg.normal_()
    path.write_bytes(b"the one before")
    export_onnx(net, path, psi=psi)
    # All in one file.
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for count in (1, 3):
        z = torch.randn(count, net.z_dim)
        inputs = {"z": z}
        label = transform = None
        if net.c_dim:
            inputs["label"] = label = torch.eye(net.c_dim)[[1] * count]
        if net.kind != "stylegan2" or net.config.input == "fourier":
            inputs["transform"] = transform = transforms.rotation(0.3)
        if psi is None:
            inputs["psi"] = torch.tensor([0.7])
        assert [entry.name for entry in session.get_inputs()] == list(inputs)
        (image,) = session.run(None, {name: tensor.numpy() for name, tensor in inputs.items()})
        ws = net.mapping(z, label, psi=0.7 if psi is None else psi)
        expected = net.synthesis(ws, transform=transform)
        np.testing.assert_allclose(image, expected.numpy(), atol=1e-3, rtol=0)


@pytest.mark.slow
def test_stylegan3(tiny: Callable[..., Generator], tmp_path: Path) -> None:
    net = tiny(
        "stylegan3-t", layers=2, critical_layers=1, c_dim=2, margin=2, size=(32, 48), img_channels=4
    )
    check(net, tmp_path / "n.onnx")


@pytest.mark.soak
@pytest.mark.parametrize("options", [{}, {"input": "const"}, {"c_dim": 3}])
def test_every_kind(
    kind: str, options: dict[str, object], tiny: Callable[..., Generator], tmp_path: Path
) -> None:
    if "input" in options and kind != "stylegan2":
        pytest.skip("only StyleGAN2 has a choice of inputs")
    check(tiny(kind, **options), tmp_path / "net.onnx")


@pytest.mark.soak
def test_truncation_can_be_fixed(tiny: Callable[..., Generator], tmp_path: Path) -> None:
    check(tiny("stylegan2", input="const"), tmp_path / "net.onnx", psi=0.4)


def test_what_cannot_be_exported_leaves_the_file_before(
    tiny: Callable[..., Generator], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: object, **_named: object) -> None:
        raise RuntimeError("no memory")

    monkeypatch.setattr(torch.onnx, "export", fail)
    path = tmp_path / "x.onnx"
    path.write_bytes(b"the one before")
    with pytest.raises(RuntimeError):
        export_onnx(tiny("stylegan2"), path)
    assert path.read_bytes() == b"the one before"
    assert list(tmp_path.iterdir()) == [path]
