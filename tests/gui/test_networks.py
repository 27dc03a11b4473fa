"""Networks of any kind in the window: pickles, published ones, presets, and figures of them all."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import imgui

from tests.generator.nvidia_files import write_golden
from tests.gui.program import place_of, wait_until
from tests.patience import PATIENCE_S
from viz.panels.inputs.network_card import WIDTH, draw_card
from viz.protocol.result import WorkerEvent
from viz.storage.download_task import DownloadTask
from viz.storage.presets import PresetShelf, built_in

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.gui_utils.hand import Hand
    from viz.app.loop import App
    from viz.panels.common.context import PanelContext


def test_a_dropped_pickle_is_drawn_and_measured_like_any_other(app: App, tmp_path: Path) -> None:
    path = write_golden(tmp_path / "published.pkl", "stylegan3-t", holds=("G_ema",))
    app.window.receive_drop([str(path)])
    assert app.settle(PATIENCE_S)
    summary = app.model.summary_of(2)
    assert summary is not None
    assert summary.kind == "stylegan3-t"
    assert not app.model.status.is_error
    wait_until(app, lambda: app.model.live_eq_of(2) is not None)
    assert app.host.failures == {}


def test_every_picture_gets_its_figure_and_then_all_is_quiet(app: App) -> None:
    app.state.latent.x += 3
    wait_until(
        app,
        lambda: all(
            (live := app.model.live_eq_of(slot)) is not None and live.shots == 4 for slot in (0, 1)
        ),
    )
    first, second = app.model.live_eq_of(0), app.model.live_eq_of(1)
    assert first is not None
    assert second is not None
    assert second.db > first.db, "StyleGAN3-R follows its input better than StyleGAN2"


def test_a_network_whose_file_vanishes_stays_on_the_stage(
    app: App, networks: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "mine.safetensors"
    shutil.copy(networks["stylegan2"], path)
    app.commands.networks.open(str(path), None)
    assert app.settle(PATIENCE_S)
    path.unlink()
    wait_until(app, lambda: "put it back" in app.model.status.message)
    assert "drawn as it was read" in app.model.status.message
    result = app.model.result_of(2)
    assert result is not None
    assert result.picture is not None
    shutil.copy(networks["stylegan2"], path)
    wait_until(app, lambda: not app.model.status.is_error)


def test_what_failed_is_tried_again_when_it_is_asked_for(
    app: App, networks: dict[str, str], tmp_path: Path, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.commands.networks.open(str(tmp_path / "late.safetensors"), None)
    assert app.settle(PATIENCE_S)
    assert app.model.status.is_error
    app._watch.due_at = float("inf")  # not found by itself, as on a drive that tells no dates
    shutil.copy(networks["stylegan2"], tmp_path / "late.safetensors")
    hand.click(place_of(app, hand, monkeypatch, "Once more"))
    wait_until(app, lambda: (one := app.model.result_of(2)) is not None and one.picture is not None)


def test_the_licence_comes_before_the_download(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[DownloadTask] = []
    monkeypatch.setattr(app.downloads, "start_job", lambda task: begun.append(task) or -1)
    app.model.licence_accepted = False
    app.commands.library.show(1)
    hand.frame()
    hand.frame()
    hand.type("stylegan3-r metfaces-u")
    hand.frame()
    hand.click(place_of(app, hand, monkeypatch, "Fetch about"))
    assert begun == [], "nothing yet"
    hand.frame()
    hand.click(place_of(app, hand, monkeypatch, "Nothing is downloaded"))
    hand.click(place_of(app, hand, monkeypatch, "Fetch about"))
    hand.click(place_of(app, hand, monkeypatch, "You have read"))
    assert begun == [DownloadTask("stylegan3-r-metfacesu-1024x1024", 1)]
    hand.click(place_of(app, hand, monkeypatch, "Fetch about"))
    assert len(begun) == 2, "it is not asked again"
    hand.key(imgui.Key.escape)
    assert not app.workspace.library.is_open
    assert app.host.failures == {}


def test_any_network_is_closed_by_its_button(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = [network.source for network in app.state.networks]
    hand.click(place_of(app, hand, monkeypatch, "Remove this network from the stage"))
    assert [network.source for network in app.state.networks] == sources[1:]
    assert app.host.failures == {}


def test_a_preset_is_a_starting_point_that_can_be_undone(app: App, hand: Hand) -> None:
    before = [slot.source for slot in app.state.networks]
    hand.frame()
    hand.key(imgui.Key.k, imgui.Key.mod_ctrl)
    hand.frame()
    hand.type("turn -r")
    hand.key(imgui.Key.enter)
    expected = built_in("Turn -R")
    assert expected is not None
    assert app.state.networks == expected.state().networks
    assert app.state.transform.spin
    assert not app.state.latent.walk
    app.state.playing = False
    hand.key(imgui.Key.z, imgui.Key.mod_ctrl)
    assert [slot.source for slot in app.state.networks] == before


def test_a_preset_of_ones_own_is_named_saved_and_found_in_the_palette(
    app: App, hand: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.commands.presets, "_shelf", PresetShelf(tmp_path))
    app.state.truncation.psi = 0.35
    app.commands.presets.ask_for_name()
    hand.frame()
    hand.frame()
    hand.type("Half way")
    hand.key(imgui.Key.enter)
    assert app.commands.presets.own == ("Half way",)
    app.state.truncation.psi = 1.0
    hand.key(imgui.Key.k, imgui.Key.mod_ctrl)
    hand.frame()
    hand.type("half way")
    hand.key(imgui.Key.enter)
    assert app.state.truncation.psi == 0.35
    app.commands.presets.remove("Half way")
    assert app.commands.presets.own == ()


def test_a_latent_from_elsewhere_stands_in_for_the_seed_until_another_is_chosen(
    app: App, hand: Hand, tmp_path: Path
) -> None:
    before = app.model.result
    np.savez(tmp_path / "theirs.npz", z=np.random.default_rng(0).standard_normal(16))
    app.window.receive_drop([str(tmp_path / "theirs.npz")])
    assert app.settle(PATIENCE_S)
    assert "z 16" in app.model.status.message
    assert app.state.latent.given
    after = app.model.result
    assert before is not None
    assert after is not None
    for old, new in zip(before.networks, after.networks, strict=True):
        assert not np.array_equal(old.picture, new.picture)
        assert not new.error
    hand.key(imgui.Key.z, imgui.Key.mod_ctrl)
    assert app.state.latent.given is None
    hand.key(imgui.Key.y, imgui.Key.mod_ctrl)
    assert app.state.latent.given
    hand.key(imgui.Key.right_arrow)
    assert app.state.latent.given is None
    assert app.state.latent.x == 1.0
    np.savez(tmp_path / "large.npz", z=np.zeros(512))
    app.window.receive_drop([str(tmp_path / "large.npz")])
    assert app.settle(PATIENCE_S)
    assert "large is a z 512, this network's z 16" in app.model.status.message
    assert app.host.failures == {}


def test_loading_shows_how_far_it_is_and_a_button_that_ends_it(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[bool] = []
    monkeypatch.setattr(app.worker, "cancel_loading", lambda: ended.append(True))
    for fraction in (None, 0.4):
        app._messages.hear(WorkerEvent("loading", "loading a large one", fraction))
        hand.click(place_of(app, hand, monkeypatch, "Cancel: its place"))
    assert ended == [True, True]
    assert app.model.status.loading_fraction == 0.4
    app._messages.hear(WorkerEvent("loaded", "it is large: about 9 s a picture on this CPU"))
    assert app.model.status.loading == ""
    assert "about 9 s a picture" in app.model.status.message


def test_an_error_has_details_that_can_be_copied(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.model.status.show_error("a very long line that says what is wrong " * 12)
    hand.click(place_of(app, hand, monkeypatch, "The whole message"))
    hand.frame()
    assert imgui.is_popup_open("", imgui.PopupFlags_.any_popup)
    hand.key(imgui.Key.escape)
    assert app.host.failures == {}


def test_a_network_is_described_on_a_card_of_one_width(
    app: App, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = app.model.summary_of(0)
    assert summary is not None
    hostile = replace(summary, facts=(*summary.facts, ("Data", "x" * 200), ("Licence", "y " * 99)))
    monkeypatch.setattr(type(app.model), "summary_of", lambda _model, _slot: hostile)
    places: list[tuple[float, float]] = []

    def noted(slot: int, ctx: PanelContext) -> None:
        low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
        places.append(((low.x + high.x) / 2, (low.y + high.y) / 2))
        draw_card(slot, ctx)

    monkeypatch.setattr("viz.panels.inputs.networks.draw_card", noted)
    hand.frame()
    hand.move(places[0])
    hand.rest(2.0)
    for _ in range(3):
        hand.frame()
    card = imgui.internal.find_window_by_name("##Tooltip_00")
    assert card is not None
    assert card.active
    assert card.size.x == app.host.px(WIDTH)
    assert card.content_size.x <= card.size.x
    assert app.host.failures == {}
