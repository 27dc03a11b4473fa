"""Thumbnails in the window: the seeds under Latent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tests.gui.program import place_of, wait_until
from tests.patience import PATIENCE_S
from viz.panels.inputs.latent import PICTURE
from viz.state.inputs import SEEDS_PER_ROW
from viz.state.to_thumbnails import at, thumbnail_here

if TYPE_CHECKING:
    import pytest
    from numpy.typing import NDArray

    from tests.gui_utils.hand import Hand, Point
    from viz.app.loop import App


def come_to_rest(app: App) -> None:
    """Wait until every thumbnail that is seen is there."""
    assert app.settle(PATIENCE_S)
    wait_until(
        app,
        lambda: app.worker.thumbnails_wanted is None and app.model.thumbnails.request() is None,
    )


def mean_at(app: App, middle: Point, side: int = 20) -> NDArray[np.float64]:
    """Return the mean colour of a square of the window."""
    x, y = round(middle[0]), round(middle[1])
    half = side // 2
    return app.screenshot()[y - half : y + half, x - half : x + half].mean((0, 1))


def mean_of(app: App, x: float, y: float) -> NDArray[np.float64]:
    """Return the mean colour of the middle of a place's thumbnail."""
    here = thumbnail_here(app.state)
    assert here is not None
    found = app.model.thumbnails.get(at(here, x, y))
    assert found is not None
    assert found[1], "it is what is set now"
    pixels = found[0]
    inset = round(pixels.shape[0] * (PICTURE - 20) / 2 / PICTURE)
    mean: NDArray[np.float64] = pixels[inset:-inset, inset:-inset].mean((0, 1))
    return mean


def test_the_grid_shows_its_seeds_and_follows_psi(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.state.latent.x, app.state.latent.y = 5.0, 5.0
    come_to_rest(app)
    middle = place_of(app, hand, monkeypatch, "The grid of seeds")
    step = app.workspace.latent.step_px(app.ctx)
    for psi in (1.0, 0.3):
        app.state.truncation.psi = psi
        come_to_rest(app)
        for column in (-1, 1):
            shown = mean_at(app, (middle[0] + column * step, middle[1]))
            expected = mean_of(app, 5.0 + column, 5.0)
            np.testing.assert_allclose(shown, expected, atol=6.0)


def test_a_click_goes_to_the_seed_whose_picture_was_clicked(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    middle = place_of(app, hand, monkeypatch, "The grid of seeds")
    step = app.workspace.latent.step_px(app.ctx)
    hand.click((middle[0] + step, middle[1] + 0.7 * step))
    assert (app.state.latent.x, app.state.latent.y) == (1.0, 1.0)
    assert app.state.latent.x + SEEDS_PER_ROW * app.state.latent.y == 101


def test_pictures_go_on_while_thumbnails_are_drawn(app: App, hand: Hand) -> None:
    """Every request of a drag has its answer before the thumbnails of where it led."""
    come_to_rest(app)
    for n in range(8):
        app.state.latent.x = 40.0 + 3 * n
        app.state.transform.x = 0.01 * n
        hand.frame()
    assert app.settle(PATIENCE_S)
    assert app.model.result is not None
    assert app.model.result.request.place.latent.seeds == ((61, 1.0),)
    come_to_rest(app)
    mean_of(app, 61.0, 0.0)
