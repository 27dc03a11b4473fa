"""The table of formats in the documents: each cell is tried."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from generator import NetworkConfig, NetworkFileError, build_network, load_network, save_network
from generator.commands.files import convert
from tests.generator.files.pickles.test_tensorflow_networks import discriminator_to_tensorflow
from tests.generator.files.pickles.test_tensorflow_networks import write as write_tensorflow
from tests.generator.nvidia_files import golden, module_tree, named_modules, write_golden
from tests.generator.rosinality_files import write_rosinality
from tests.generator.xl_files import write_xl
from train.fine_tuning import read_weights

if TYPE_CHECKING:
    from collections.abc import Callable

DOCUMENT = Path(__file__).parents[3] / "docs" / "checkpoints.md"
ROW = re.compile(r"^\| (.+?) " + r"\| (yes|no)[^|]* " * 4 + r"\|$", re.M)
SMALL = {"resolution": 16, "z_dim": 8, "w_dim": 8, "channel_base": 64, "channel_max": 8}


def write_own(path: Path, **fields: object) -> Path:
    save_network(path, build_network(NetworkConfig(kind="stylegan2", **SMALL, **fields)))
    return path


def write_run(folder: Path) -> Path:
    folder.mkdir()
    write_own(folder / "network-000001.safetensors")
    return folder


def write_whole(path: Path) -> Path:
    """A generator of NVIDIA's as a whole, as other programs hand it to `torch.save`."""
    options, weights, _ = golden("stylegan2")
    with named_modules():
        torch.save(module_tree("Generator", weights, options), path)
    return path


def write_nothing(path: Path) -> Path:
    torch.save({"g": {"init.init.0.weight_orig": torch.zeros(3)}}, path)
    return path


FORMATS: dict[str, Callable[[Path], Path]] = {
    "`.safetensors` of this program": lambda folder: write_own(folder / "net.safetensors"),
    "run folder": lambda folder: write_run(folder / "run"),
    "`.pkl` of StyleGAN3": lambda folder: write_golden(
        folder / "net.pkl", "stylegan3-t", holds=("G_ema",)
    ),
    "`.pkl` of StyleGAN2 and StyleGAN2-ADA for PyTorch": lambda folder: write_golden(
        folder / "net.pkl", "stylegan2", holds=("G_ema",)
    ),
    "`.pkl` of StyleGAN2 and StyleGAN2-ADA for TensorFlow": lambda folder: write_tensorflow(
        folder / "net.pkl",
        golden("stylegan2")[1],
        discriminator=discriminator_to_tensorflow(golden("discriminator")[1]),
    ),
    "`.pkl` of StyleGAN-XL": lambda folder: write_xl(folder / "net.pkl", "super"),
    "`.pt`, `.pth`, `.ckpt` of rosinality's": lambda folder: write_rosinality(folder / "net.pt"),
    "`.pt` of `torch.save` with a generator of NVIDIA's": lambda folder: write_whole(
        folder / "net.pt"
    ),
    "grey pictures": lambda folder: write_own(folder / "net.safetensors", img_channels=1),
    "pictures of any shape": lambda folder: write_own(folder / "net.safetensors", size=(16, 24)),
    "FastGAN": lambda folder: write_nothing(folder / "net.pth"),
    "`.onnx`": lambda folder: folder / "net.onnx",
    "`.html`": lambda folder: folder / "net.html",
}


def cells(name: str) -> tuple[str, ...]:
    (row,) = [found for found in ROW.findall(DOCUMENT.read_text()) if found[0].startswith(name)]
    return row[1:]


def test_the_table_has_no_other_rows() -> None:
    assert len(ROW.findall(DOCUMENT.read_text())) == len(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_what_can_be_read_drawn_and_trained_from(name: str, tmp_path: Path) -> None:
    reads, draws, trains, _ = cells(name)
    path = FORMATS[name](tmp_path)
    if not path.exists():
        path.write_bytes(b"\x08\x07")
    if reads == "no":
        assert (draws, trains) == ("no", "no")
        with pytest.raises(NetworkFileError):
            load_network(path)
        return
    net = load_network(path)
    label = torch.eye(net.c_dim)[:1] if net.c_dim else None
    with torch.no_grad():
        picture = net.synthesis(net.mapping(torch.ones(1, net.z_dim), label))
    assert draws == "yes"
    assert picture.isfinite().all()
    if trains == "yes":
        assert read_weights(path)[0].keys() == net.state_dict().keys()
    else:
        with pytest.raises(ValueError, match="cannot be trained from"):
            read_weights(path)


@pytest.mark.parametrize("ending", [".safetensors", ".onnx", ".html", ".pkl", ".pt"])
def test_what_can_be_written(ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the table says: ONNX and pages have tests of their own."""
    exported: list[Path] = []
    for name in ("export_onnx", "export_page"):
        monkeypatch.setattr(
            f"generator.commands.files.{name}", lambda net, path, **_options: exported.append(path)
        )
    source = write_own(tmp_path / "source.safetensors", input="const")
    target = tmp_path / f"target{ending}"
    rows = [name for name in FORMATS if name.split(" of ")[0].split(",")[0] == f"`{ending}`"]
    if any(cells(name)[3] == "yes" for name in rows):
        convert(str(source), target)
        assert exported == [target] if ending in (".onnx", ".html") else target.is_file()
    else:
        with pytest.raises(ValueError, match=r"read but not written|ends in"):
            convert(str(source), target)
