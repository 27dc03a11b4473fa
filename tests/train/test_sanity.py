"""Warnings about trainings that go wrong."""

from __future__ import annotations

import torch

from train.sanity import Sanity, spread


def tick(real: float = 0.5, fake: float = -0.5, **more: float) -> dict[str, float]:
    return {"real_sign": real, "fake_sign": fake, **more}


def test_an_overwhelming_discriminator_is_named_once_and_again_after_recovery() -> None:
    sanity = Sanity()
    said = [message for _ in range(20) for message in sanity.after_tick(tick(0.95, -0.97))]
    assert len(said) == 1
    assert "--gamma" in said[0].message
    after = [finding for _ in range(8) for finding in sanity.after_tick(tick())]
    assert [(finding.name, finding.message) for finding in after] == [("overwhelmed", "")]
    assert sum(len(sanity.after_tick(tick(0.95, -0.97))) for _ in range(8)) == 1


def test_a_discriminator_sure_of_one_side_only_is_fine() -> None:
    sanity = Sanity()
    assert not any(sanity.after_tick(tick(0.99, -0.3)) for _ in range(20))


def test_a_runaway_augmentation_is_named() -> None:
    sanity = Sanity()
    assert sanity.after_tick(tick(augment_p=0.6)) == []
    (finding,) = sanity.after_tick(tick(augment_p=0.85))
    assert "probability" in finding.message


def test_collapse_is_seen_in_the_pictures() -> None:
    random = torch.Generator().manual_seed(0)
    reals = torch.randn(16, 3, 8, 8, generator=random)
    alike = reals[:1] + 0.1 * torch.randn(16, 3, 8, 8, generator=random)
    assert Sanity().after_snapshot(reals.flip(0), reals, 6.0) == []
    (finding,) = Sanity().after_snapshot(alike, reals, 6.0)
    assert "collapsed" in finding.message
    assert "10%" in finding.message


def test_pictures_of_a_young_generator_are_no_collapse() -> None:
    random = torch.Generator().manual_seed(0)
    reals = torch.randn(16, 3, 8, 8, generator=random)
    alike = reals[:1].expand(16, 3, 8, 8)
    sanity = Sanity()
    assert sanity.after_snapshot(alike, reals, 0.08) == []
    assert sanity.after_snapshot(reals, reals, 1.0) == []
    assert [one.name for one in sanity.after_snapshot(alike, reals, 2.0)] == ["collapsed"]
    # A resumed training takes its own warning back.
    (over,) = Sanity.of_run(["collapsed"]).after_snapshot(reals, reals, 3.0)
    assert (over.name, over.message) == ("collapsed", "")


def test_spread_of_two_flat_pictures_is_their_difference() -> None:
    images = torch.zeros(2, 3, 16, 16)
    images[1] += 0.5
    assert abs(spread(images) - 0.5) < 1e-6
