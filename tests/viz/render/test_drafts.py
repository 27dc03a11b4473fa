"""Drafts of slow networks: when they are drawn, what they show, and what never sees them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from viz.protocol.request import LatentPoint, Placement, Request, SpectrumRequest
from viz.render import drafts, watched_picture
from viz.render.devices import choose_device
from viz.render.errors import InterruptedDrawingError
from viz.render.renderer import Renderer
from viz.render.watched_picture import Watcher
from viz.storage import bundled

if TYPE_CHECKING:
    from viz.protocol.result import NetworkResult, Preview

SOURCE = next(one for one in bundled.sources() if one.endswith("relief-stylegan3-r"))


@pytest.fixture(autouse=True)
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the bundled network for a large one."""
    monkeypatch.setattr(drafts, "LEAST_PX", 64)
    monkeypatch.setattr(drafts, "SLOW_S", 0.0)


def request(other: float = 0.0, **changes: object) -> Request:
    latent = LatentPoint(seeds=((1, 1 - other), (2, other)))
    asked = Request(networks=(SOURCE,), place=Placement(latent), threads=1)
    return replace(asked, **changes)  # type: ignore[arg-type]


def drawn(renderer: Renderer, asked: Request, watcher: Watcher | None) -> NetworkResult:
    result = renderer.render(asked, watcher).networks[0]
    assert not result.error
    return result


@pytest.fixture
def renderer() -> Renderer:
    """A renderer that has drawn a picture and fitted a thin network to it."""
    renderer = Renderer()
    assert drawn(renderer, request(draft=True), Watcher()).quality == "full", "nothing is known yet"
    fit(renderer)
    return renderer


def fit(renderer: Renderer) -> None:
    while renderer.draft_fits.patience_s is not None:
        renderer.draft_fits.step()


def difference_db(first: NetworkResult, second: NetworkResult) -> float:
    assert first.picture is not None
    assert second.picture is not None
    difference = first.picture[..., :3].astype(float) - second.picture[..., :3]
    return float(10 * np.log10(255**2 / np.square(difference).mean()))


def test_a_thin_network_is_not_fitted_anew_while_pictures_follow_each_other(
    renderer: Renderer,
) -> None:
    drawn(renderer, request(0.3), Watcher())
    for _ in range(3):
        renderer.draft_fits.picture_took()
        patience = renderer.draft_fits.patience_s
        assert patience is not None
        assert patience > 0.0
        assert not renderer.draft_fits.insists


def test_drafts_on_a_busy_machine_end_earlier_but_never_later_again(
    renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "BUDGETS_S", ((64, 0.06),))
    known = renderer.networks.get(SOURCE, choose_device("cpu")).drafts
    assert known.thin is not None
    known.layer_times = [0.01 * (index + 1) for index in range(len(known.thin.reaches))]
    assert known.end(64, 1.0) == 5
    known.layer_times = [1.2 * took for took in known.layer_times]
    assert known.end(64, 1.0) == 5, "a little late is no reason to change what one sees"
    known.layer_times = [2 * took for took in known.layer_times]
    assert known.end(64, 1.0) == drafts.FIRST_RUNG
    known.layer_times = [0.001] * len(known.layer_times)
    assert known.end(64, 1.0) == drafts.FIRST_RUNG


def test_a_draft_is_nearer_to_the_picture_than_the_last_one(renderer: Renderer) -> None:
    before, wanted = drawn(renderer, request(), None), drawn(renderer, request(0.15), None)
    draft = drawn(renderer, request(0.15, draft=True), Watcher())
    assert draft.quality == "draft"
    assert draft.ws is not None
    np.testing.assert_array_equal(draft.ws, wanted.ws)
    assert difference_db(draft, wanted) > difference_db(before, wanted)


def test_a_first_fit_comes_before_requests_that_wait_and_later_ones_after() -> None:
    renderer = Renderer()
    drawn(renderer, request(draft=True), Watcher())
    assert renderer.draft_fits.insists
    fit(renderer)
    drawn(renderer, request(0.5), Watcher())
    assert renderer.draft_fits.patience_s is not None
    assert not renderer.draft_fits.insists


def test_full_pictures_are_the_network_s_own_whoever_watches(renderer: Renderer) -> None:
    expected = drawn(Renderer(), request(0.3), None)
    result = drawn(renderer, request(0.3), Watcher())
    assert result.quality == "full"
    np.testing.assert_array_equal(result.picture, expected.picture)


def test_recordings_and_exports_never_get_drafts(renderer: Renderer) -> None:
    """They ask a renderer that nobody watches."""
    result = drawn(renderer, request(0.1, draft=True), None)
    assert result.quality == "full"
    assert not request().draft


def test_nothing_is_measured_on_drafts(renderer: Renderer) -> None:
    asked = request(0.1, draft=True, spectrum=SpectrumRequest())
    assert drawn(renderer, asked, Watcher()).spectrum is None
    assert drawn(renderer, replace(asked, draft=False), Watcher()).spectrum is not None


def test_fast_and_small_networks_draw_no_drafts(
    renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "SLOW_S", 1e9)
    assert drawn(renderer, request(0.1, draft=True), Watcher()).quality == "full"
    monkeypatch.setattr(drafts, "SLOW_S", 0.0)
    monkeypatch.setattr(drafts, "LEAST_PX", 128)
    assert drawn(renderer, request(0.1, draft=True), Watcher()).quality == "full"


def test_a_picture_is_shown_from_coarse_to_fine(
    renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched_picture, "FIRST_PREVIEW_S", 0.0)
    monkeypatch.setattr(watched_picture, "PREVIEW_SHARE", 1e9)
    shown: list[Preview] = []
    full = drawn(renderer, request(0.3), Watcher(shown.append))
    near = [difference_db(one.network, full) for one in shown]
    assert len(near) > 5
    assert all(one.network.quality == "draft" for one in shown)
    assert near[-1] > near[1] + 2, "each step begins with more layers of the network itself"


def test_a_picture_is_given_up_only_for_drafts(renderer: Renderer) -> None:
    watcher = Watcher(is_interrupted=lambda: True)
    with pytest.raises(InterruptedDrawingError):
        renderer.render(request(0.2), watcher)
    afresh = Renderer()
    assert drawn(afresh, request(0.2), watcher).quality == "full", "no drafts can be had yet"


def test_a_first_picture_of_a_large_network_begins_with_a_draft(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watched_picture, "FIRST_DRAFT_PX", 64)
    shown: list[Preview] = []
    full = drawn(Renderer(), request(), Watcher(shown.append))
    other = drawn(Renderer(), request(1.0), None)
    assert shown[0].network.quality == "draft"
    assert difference_db(shown[0].network, full) > difference_db(other, full) + 2


def test_a_thin_network_follows_the_last_picture(renderer: Renderer) -> None:
    loaded = renderer.networks.get(SOURCE, choose_device("auto"))
    before = loaded.drafts.thin
    full = drawn(renderer, request(1.0), Watcher())
    old = drawn(renderer, request(1.0, draft=True), Watcher())
    fit(renderer)
    assert loaded.drafts.thin is not before
    assert loaded.drafts.thin is not None
    new = drawn(renderer, request(1.0, draft=True), Watcher())
    assert difference_db(new, full) > difference_db(old, full)
