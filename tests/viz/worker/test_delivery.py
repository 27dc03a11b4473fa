"""Pictures over a slow line: as good as it carries them smoothly."""

from __future__ import annotations

from viz.worker.delivery import BEST_QUALITY, WORST_QUALITY, next_quality


def test_quality_falls_until_pictures_fit_and_rises_again_when_there_is_room() -> None:
    """The bytes grow with the quality: at the best, twice what fits."""
    quality, seen = BEST_QUALITY, []
    for _ in range(40):
        fill = 2.0 * quality / BEST_QUALITY
        quality = next_quality(quality, fill)
        seen.append(quality)
    assert seen[-1] == WORST_QUALITY, "44 would fit, which is too bad to look at"
    for _ in range(40):
        quality = next_quality(quality, 0.5)
    assert quality == BEST_QUALITY


def test_a_quality_that_fits_stays() -> None:
    assert next_quality(70, 0.9) == 70
    assert next_quality(BEST_QUALITY, 0.1) == BEST_QUALITY
