"""Pickles of the published structure: the right pictures out of them, at every protocol.

Tolerance 1e-4 absolute in float32, as for the golden arrays themselves.
"""

from __future__ import annotations

import pickletools
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from generator import NetworkFileError, load_network
from generator.files.pickles.importer import load_discriminator
from tests.generator.nvidia_files import golden, write_golden
from train.discriminator import Discriminator, DiscriminatorConfig

if TYPE_CHECKING:
    from pathlib import Path

PICTURES = {
    "stylegan2": ("img_noise_const", None),
    "stylegan3-t": ("img2", "transform2"),
    "stylegan3-r": ("img2", "transform2"),
}


@torch.no_grad()
def check_picture(path: Path, name: str, **options: object) -> None:
    net = load_network(path, **options)
    _, _, arrays = golden(name)
    picture, transform = PICTURES[name]
    ws = net.mapping(torch.from_numpy(arrays["z"]))
    torch.testing.assert_close(ws, torch.from_numpy(arrays["ws"]), atol=1e-4, rtol=0)
    settings = {} if transform is None else {"transform": torch.from_numpy(arrays[transform])}
    expected = torch.from_numpy(arrays[picture])
    torch.testing.assert_close(net.synthesis(ws, **settings), expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_golden_pictures(kind: str, protocol: int, tmp_path: Path) -> None:
    path = write_golden(tmp_path / "net.pkl", kind, protocol=protocol)
    check_picture(path, kind)


@pytest.mark.slow
@pytest.mark.parametrize("holds", [("G",), ("D", "G"), ("G_ema", "D", "G")])
def test_the_plain_generator_on_request_or_for_lack_of_another(
    holds: tuple[str, ...], tmp_path: Path
) -> None:
    path = write_golden(tmp_path / "net.pkl", "stylegan2", holds=holds)
    check_picture(path, "stylegan2", network="G")
    if "G_ema" not in holds:
        check_picture(path, "stylegan2")
    with pytest.raises(NetworkFileError, match="holds"):
        load_network(path, network="X")


def test_what_is_known_about_the_file(tmp_path: Path) -> None:
    path = write_golden(tmp_path / "net.pkl", "stylegan3-r")
    net = load_network(path)
    assert net.kind == "stylegan3-r"
    # The file holds the doubled channels, the configuration counts before the doubling.
    assert (net.config.channel_base, net.config.channel_max) == (512, 8)
    assert net.info["network"] == "G_ema"
    assert net.info["training set"]["path"] == "/data/x.zip"
    assert not net.training


@torch.no_grad()
def test_discriminator(tmp_path: Path) -> None:
    path = write_golden(tmp_path / "net.pkl", "discriminator", holds=("D",))
    options, weights = load_discriminator(path)
    _, _, arrays = golden("discriminator")
    config = DiscriminatorConfig(
        resolution=options["img_resolution"],
        channel_base=options["channel_base"],
        channel_max=options["channel_max"],
        group_size=2,
    )
    net = Discriminator(config)
    net.load_state_dict({name: weights[name] for name in net.state_dict()})
    logits = net(torch.from_numpy(arrays["img"]))
    torch.testing.assert_close(logits, torch.from_numpy(arrays["logits"]), atol=1e-4, rtol=0)


def test_loading_reports_progress_and_can_be_ended(tmp_path: Path) -> None:
    path = write_golden(tmp_path / "net.pkl", "stylegan2")
    seen: list[float] = []
    load_network(path, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1
    assert len(seen) > 10

    def stop(fraction: float) -> None:
        if fraction > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_network(path, progress=stop)


def test_instruction_budget_leaves_room(tmp_path: Path) -> None:
    """Published networks have as many modules as these, whatever their resolution."""
    from generator.files.pickles.pickle_machine import MAX_INSTRUCTIONS

    path = write_golden(tmp_path / "net.pkl", "stylegan3-t", protocol=2)
    count = sum(1 for _ in pickletools.genops(path.read_bytes()))
    assert count * 15 < MAX_INSTRUCTIONS


@pytest.mark.parametrize("name", ["synthesis.b8.conv0.resample_filter", "mapping.w_avg"])
def test_tensors_that_do_not_fit(name: str, tmp_path: Path) -> None:
    _, weights, _ = golden("stylegan2")
    changed = weights | {name: np.zeros((5, 7), np.float32)}
    path = write_golden(tmp_path / "net.pkl", "stylegan2", weights=changed)
    with pytest.raises(NetworkFileError, match=name.replace(".", r"\.")):
        load_network(path)
