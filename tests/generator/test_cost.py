"""Estimates of the time that a picture takes."""

from __future__ import annotations

import math

from generator import NetworkConfig
from generator.cost import expected_seconds, picture_work


def test_larger_pictures_and_wider_networks_are_more_work(kind: str) -> None:
    works = [
        picture_work(NetworkConfig(kind=kind, resolution=size, channel_max=channels))
        for size, channels in ((64, 128), (64, 512), (256, 512), (1024, 512))
    ]
    assert works == sorted(works)
    assert works[-1] > 10 * works[0]


def test_the_published_convolutions_are_counted() -> None:
    """16x16 samples of one channel: one 3x3 convolution at 4 and two each at 8 and 16, toRGB."""
    options = {"architecture": "orig", "channel_base": 16, "channel_max": 1}
    config = NetworkConfig(kind="stylegan2", resolution=16, **options)
    least = 9 * (16 + 2 * 64 + 256)
    assert least < picture_work(config) < 1e6


def test_an_estimate_is_a_positive_time() -> None:
    seconds = expected_seconds(NetworkConfig(kind="stylegan3-t", resolution=64, channel_max=16))
    assert 0 < seconds < 60
    assert math.isfinite(seconds)
