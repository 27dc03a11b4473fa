"""What panels compute beside drawing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gui_utils.labels import DASH
from viz.export.charts import Axis, Chart
from viz.panels.common import hints, layout
from viz.panels.common.chart_links import ChartLinks
from viz.panels.inputs.latent import go_to_seed, step_seed
from viz.panels.inputs.transform import reset_place
from viz.panels.layers.mosaic import Mosaic
from viz.panels.layers.panel import step_layer
from viz.panels.layers.table import whole_rows
from viz.panels.recording.panel import closing_text
from viz.panels.window.key_overlay import in_columns
from viz.protocol.result import LayerRow
from viz.state.app_state import AppState, ViewState
from viz.state.inputs import LatentState, TransformState, seed_at
from viz.state.instruments import LayersState, with_valid_layer
from viz.storage.preferences import Preferences

if TYPE_CHECKING:
    from pathlib import Path


def rows(*channels: int) -> tuple[LayerRow, ...]:
    return tuple(
        LayerRow(f"L{i}", count, 8, 8, 8.0, 4.0, None, False) for i, count in enumerate(channels)
    )


@pytest.mark.parametrize("seed", [0, 99, 100, 4711, 2**32 - 1])
def test_a_seed_is_found_on_the_grid_and_stepped_from(seed: int) -> None:
    latent = LatentState(x=3.3, y=-8.0)
    go_to_seed(latent, seed)
    assert seed_at(latent.x, latent.y) == seed
    step_seed(latent, 1)
    assert seed_at(latent.x, latent.y) == (seed + 1) % 2**32
    step_seed(latent, -1)
    assert seed_at(latent.x, latent.y) == seed


def test_layers_are_stepped_through_and_end_at_the_ends() -> None:
    layers = LayersState(layer="L1", first_channel=16)
    step_layer(layers, rows(64, 64, 64), 1)
    assert (layers.layer, layers.first_channel) == ("L2", 0)
    step_layer(layers, rows(64, 64, 64), 1)
    assert layers.layer == "L2"
    step_layer(layers, rows(64, 64, 64), -9)
    assert layers.layer == "L0"


def test_a_layer_that_another_network_lacks_is_replaced() -> None:
    layers = LayersState(layer="b16.conv1", first_channel=48)
    valid = with_valid_layer(layers, rows(8, 32, 64))
    assert (valid.layer, valid.first_channel) == ("L1", 0)
    assert (layers.layer, layers.first_channel) == ("b16.conv1", 48)
    valid.first_channel = 16
    assert with_valid_layer(valid, rows(8, 32, 64)) is valid
    assert with_valid_layer(layers, ()) is layers


@pytest.mark.parametrize(
    ("count", "aspect", "columns"), [(16, 1.0, 4), (16, 4.0, 8), (16, 0.25, 2), (1, 1.0, 1)]
)
def test_a_mosaic_takes_the_shape_of_its_space(count: int, aspect: float, columns: int) -> None:
    assert Mosaic.of(count, 32, 32, aspect).columns == columns


def test_every_map_of_a_mosaic_is_found_where_it_was_put() -> None:
    maps = np.linspace(-1, 1, 5, dtype=np.float32)[:, None, None] * np.ones((5, 6, 9), np.float32)
    mosaic = Mosaic.of(5, 6, 9, 1.5)
    picture = mosaic.compose(maps, -1.0, 1.0, (1, 2, 3))
    assert picture.shape == (*mosaic.size, 4)
    seen = set()
    for y in range(mosaic.size[0]):
        for x in range(mosaic.size[1]):
            found = mosaic.at(x + 0.5, y + 0.5)
            if found is None:
                assert tuple(picture[y, x]) == (1, 2, 3, 255)
            else:
                seen.add(found)
                top, left = mosaic.corner(found[0])
                assert (y - top, x - left) == found[1:]
    assert len(seen) == 5 * 6 * 9
    assert mosaic.at(-1, 0) is None


@pytest.mark.parametrize(
    ("count", "space", "shown"), [(16, 310.0, 12), (16, 1000.0, 16), (16, 40.0, 4), (3, 40.0, 3)]
)
def test_a_table_ends_with_a_whole_row(count: int, space: float, shown: int) -> None:
    assert whole_rows(count, space, 25.0) == shown * 25.0


def test_each_hint_waits_for_its_deed_and_the_last_one_never_returns() -> None:
    view = ViewState()
    hints.done(view, "figures")
    assert hints.current(view) == hints.HINTS[0][1]
    for deed, _text in hints.HINTS:
        hints.done(view, deed)
    assert hints.current(view) == ""
    hints.done(view, "drag")
    assert hints.current(view) == ""


def test_putting_a_picture_back_stops_what_moves_it_and_keeps_the_rest() -> None:
    transform = TransformState(x=0.3, angle_rad=1.0, scale=2.0, orbit=True, orbit_radius=0.4)
    reset_place(transform)
    assert (transform.x, transform.angle_rad, transform.scale) == (0.0, 0.0, 1.0)
    assert not transform.orbit
    assert transform.orbit_radius == 0.4


@pytest.mark.parametrize("width", [1280, 1600, 1920, 2560])
def test_the_pictures_keep_most_of_the_window(width: int) -> None:
    left, right = layout.column_widths(layout.size_class(width, 900, 1.0), width, 1.0)
    assert width - left - right > 0.5 * width


def test_preferences_survive_and_damage_gives_defaults(tmp_path: Path) -> None:
    kept = Preferences(theme="light", ui_scale=1.5, hint=2, recent=["/a", "/b"])
    kept.unfolded = {"Transform": False}
    kept.save(tmp_path)
    assert Preferences.load(tmp_path) == kept
    path = tmp_path / "preferences.json"
    path.write_text("{broken")
    assert Preferences.load(tmp_path) == Preferences()
    path.write_text(
        json.dumps(
            {"theme": "pink", "ui_scale": 99.0, "hint": "x", "recent": [1], "unfolded": {"a": 1}}
        )
    )
    assert Preferences.load(tmp_path) == Preferences(ui_scale=3.0)
    assert Preferences.load(tmp_path / "nowhere") == Preferences()
    kept.forget_look()
    assert kept == Preferences(recent=["/a", "/b"])


def test_the_tab_says_whether_a_film_closes() -> None:
    state = AppState()
    assert closing_text(state.recording, state)[0] == DASH
    state.latent.walk = True
    assert closing_text(state.recording, state)[0] == "8.0 s, one round"
    state.recording.frames = 480
    assert closing_text(state.recording, state)[0] == "16.0 s, 2 rounds"
    state.transform.spin = True
    assert closing_text(state.recording, state)[0] == "16.0 s of 24.0 s"
    state.latent.animate = True
    assert closing_text(state.recording, state)[0] == "16.0 s, open"


def test_lists_of_keys_fill_columns_and_no_heading_ends_one() -> None:
    lists = [("One", (("a", "x"),) * 3), ("Two", (("b", "y"),) * 4), ("Three", (("c", "z"),))]
    for count in range(1, 5):
        columns = in_columns(lists, count)
        assert len(columns) <= count
        assert all(column[-1][1] and column[0][0] for column in columns)
        flat = [line for column in columns for line in column if line != ("", "")]
        assert flat == [line for heading, part in lists for line in ((heading, ""), *part)], (
            "everything, in order"
        )
    assert max(map(len, in_columns(lists, 2))) <= 9


def test_linked_charts_know_where_one_of_them_is_pointed_at() -> None:
    links = ChartLinks()
    first, second = (Chart(name, Axis(), Axis(), ()) for name in ("first", "second"))
    assert links.note("cuts", first, None) is None
    assert links.note("cuts", second, 3.5) is None
    assert links.note("cuts", first, None) == 3.5
    assert links.note("other", first, None) is None
    assert links.others("cuts", first) == [second]
    assert links.note("cuts", second, None) is None, "the pointer has left it"
    assert links.note("cuts", first, None) is None
