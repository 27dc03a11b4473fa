"""The card of a network: what its file says, readable; nothing where it says nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from generator import NetworkConfig, build_network, load_network
from viz.render.network_facts import LONGEST_TEXT, network_facts
from viz.storage import bundled

if TYPE_CHECKING:
    from generator import Generator

MEASURED = {"db": 59.19, "low_db": 58.86, "high_db": 59.55}


@pytest.fixture(scope="module")
def net() -> Generator:
    config = NetworkConfig(
        kind="stylegan2", resolution=16, z_dim=8, w_dim=8, channel_base=64, channel_max=8
    )
    return build_network(config, seed=0)


def card(net: Generator, info: dict[str, Any], name: str = "mine.safetensors") -> dict[str, str]:
    net.info = info
    return dict(network_facts(net, Path("folder") / name, None))


def test_the_card_of_a_bundled_network_says_all_of_it() -> None:
    path = bundled.folder() / "relief-stylegan3-r.safetensors"
    facts = dict(network_facts(load_network(path), path, None))
    assert facts["Kind"] == "StyleGAN3-R"
    assert facts["Picture"] == "64 × 64 px"
    assert facts["Data"].startswith("crops of the shaded relief")
    assert facts["Data"].endswith("6,464 pictures")
    assert facts["Training"] == "126.2 kimg · 3.6 h"
    assert facts["EQ-T"] == "59.2 dB (58.9 … 59.6)"
    assert facts["EQ-R"] == "36.3 dB (35.9 … 36.7)"
    assert facts["Licence"].startswith("Apache-2.0")


def test_what_a_file_does_not_say_is_left_out(net: Generator) -> None:
    assert list(card(net, {})) == ["Kind", "Picture", "File"]
    assert card(net, {"kimg": 12})["Training"] == "12.0 kimg"


def test_a_kind_that_does_not_follow_turns_has_no_line_for_them(net: Generator) -> None:
    facts = card(net, {"equivariance": {"eq_t": MEASURED, "eq_r": MEASURED}})
    assert facts["EQ-T"] == "59.2 dB (58.9 … 59.5)"
    assert "EQ-R" not in facts


def test_a_path_of_any_system_is_shown_as_a_name(net: Generator) -> None:
    for path in ("/home/somebody/ffhq.zip", r"C:\data\ffhq.zip"):
        assert card(net, {"training set": {"path": path}})["Data"] == "ffhq.zip"
        assert card(net, {"data": path})["Data"] == "ffhq.zip"


def test_a_published_network_has_its_licence_and_data(net: Generator) -> None:
    facts = card(net, {}, "stylegan3-r-ffhqu-256x256.pkl")
    assert "NVIDIA" in facts["Licence"]
    assert facts["Data"]


@pytest.mark.parametrize(
    "info",
    [
        {"about_data": "x" * 100_000, "licence": "y" * 100_000, "pictures": 3},
        {"about_data": ["list"], "licence": {"a": 1}, "kimg": "many", "hours": True},
        {"kimg": float("nan"), "hours": 1e300, "pictures": -4, "equivariance": [1, 2]},
        {"equivariance": {"eq_t": {"db": "high", "low_db": None}, "eq_r": 3}},
        {"training set": {"path": 7}, "data": None},
        {"training set": {"path": ""}, "data": ""},
    ],
)
def test_nothing_in_a_file_makes_the_card_fail_or_grow(
    net: Generator, info: dict[str, Any]
) -> None:
    facts = card(net, info, "z" * 250 + ".safetensors")
    assert all(0 < len(text) <= LONGEST_TEXT for text in facts.values())
