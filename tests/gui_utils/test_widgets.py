"""Controls under a synthetic hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from imgui_bundle import imgui

from gui_utils.colour_scale import colour_scale
from gui_utils.labels import DASH, number_text, shortened
from gui_utils.sliders import LOCKED
from gui_utils.widgets import HOLD_S, Widgets
from tests.gui_utils.hand import Hand

if TYPE_CHECKING:
    from collections.abc import Callable

    from gui_utils.host import GuiHost


class Bench:
    """One control in a window, and where it was drawn."""

    def __init__(self, host: GuiHost, control: Callable[[Widgets], None]) -> None:
        self.ui = Widgets(host)
        self._host, self._control = host, control
        self.low = self.high = (0.0, 0.0)
        self.hand = Hand(host.window, self.frame)
        for _ in range(3):
            self.frame()

    def frame(self) -> None:
        self._host.frame(self._gui)
        self._host.window.present()

    def _gui(self) -> None:
        imgui.set_next_window_pos((0, 0))
        imgui.set_next_window_size((400, 200))
        imgui.begin("bench", None, imgui.WindowFlags_.no_title_bar)
        self._control(self.ui)
        corner, opposite = imgui.get_item_rect_min(), imgui.get_item_rect_max()
        self.low, self.high = (corner.x, corner.y), (opposite.x, opposite.y)
        imgui.end()

    def at(self, share: float) -> tuple[float, float]:
        """A point in the control drawn last, `share` of the way from left to right."""
        return (
            self.low[0] + share * (self.high[0] - self.low[0]),
            (self.low[1] + self.high[1]) / 2,
        )


@pytest.fixture
def angle() -> list[float]:
    return [10.0]


@pytest.fixture
def slider(host: GuiHost, angle: list[float]) -> Bench:
    def control(ui: Widgets) -> None:
        angle[0] = ui.slider("Turn", angle[0], -90.0, 90.0, default=5.0, unit="°", tip="Turns.")

    return Bench(host, control)


def test_dragging_a_bar_sets_its_value(slider: Bench, angle: list[float]) -> None:
    slider.hand.drag(slider.at(0.5), slider.at(0.75))
    assert angle[0] == pytest.approx(45.0, abs=3.0)  # a pixel is 0.6°, the grab 8 pixels wide


def test_a_double_click_resets(slider: Bench, angle: list[float]) -> None:
    slider.hand.double_click(slider.at(0.9))
    assert angle[0] == 5.0
    slider.hand.frame()
    assert angle[0] == 5.0


def test_ctrl_and_click_types_a_number(slider: Bench, angle: list[float]) -> None:
    hand = slider.hand
    hand.hold(imgui.Key.mod_ctrl, True)
    hand.click(slider.at(0.5))
    hand.hold(imgui.Key.mod_ctrl, False)
    hand.type("33.5")
    hand.key(imgui.Key.enter)
    assert angle[0] == pytest.approx(33.5)


def test_a_whole_number_has_buttons_and_takes_text(host: GuiHost) -> None:
    seed = [7]

    def control(ui: Widgets) -> None:
        seed[0] = ui.integer("Seed", seed[0], 0, 4294967295, default=0, tip="Which z.")

    bench = Bench(host, control)
    bench.hand.click(bench.at(0.5))  # the button drawn last: one more
    assert seed[0] == 8
    bench.hand.click((bench.low[0] - 60, bench.at(0.5)[1]))
    bench.hand.type("4294967290")  # beyond 31 bits
    bench.hand.key(imgui.Key.enter)
    assert seed[0] == 4294967290


def test_a_range_of_one_value_is_drawn(host: GuiHost) -> None:
    layer = [0]

    def control(ui: Widgets) -> None:
        layer[0] = ui.whole_slider("Layer", 0, 0, 0, default=0, text="0", tip="Which one.")

    bench = Bench(host, control)
    bench.hand.drag(bench.at(0.2), bench.at(0.8))
    assert layer == [0]


def test_a_choice_changes_with_a_click(host: GuiHost) -> None:
    chosen = ["fp32"]

    def control(ui: Widgets) -> None:
        chosen[0] = ui.choice(
            "Precision", chosen[0], (("fp32", "fp32"), ("bf16", "bf16")), tip="Arithmetic."
        )

    bench = Bench(host, control)
    bench.hand.click(bench.at(0.5))
    assert chosen == ["bf16"]


def test_a_section_folds(host: GuiHost) -> None:
    inside: list[bool] = []
    bench = Bench(host, lambda ui: inside.append(ui.section("Latent")))
    assert inside[-1]
    bench.hand.click((60, 20))
    assert not inside[-1]
    bench.hand.click((60, 20))
    assert inside[-1]


@pytest.mark.parametrize(
    ("start", "end", "symmetric", "expected"),
    [
        (0.1, 0.2, False, (10.0, 100.0)),
        (0.9, 0.8, False, (0.0, 90.0)),
        (0.5, 0.4, False, (10.0, 110.0)),
        (0.9, 1.0, True, (-120.0, 120.0)),
    ],
)
def test_a_colour_scale_is_set_by_dragging_it(
    host: GuiHost,
    start: float,
    end: float,
    symmetric: bool,
    expected: tuple[float, float],
) -> None:
    scale = [(-100.0, 100.0) if symmetric else (0.0, 100.0)]

    def control(ui: Widgets) -> None:
        scale[0] = colour_scale(
            ui,
            "power",
            scale[0],
            "magma",
            default=(-1.0, 1.0),
            symmetric=symmetric,
            tip="Power.",
        )

    bench = Bench(host, control)
    y = bench.low[1] - 10  # the figures are drawn last, below the bar
    bench.hand.drag((bench.at(start)[0], y), (bench.at(end)[0], y), steps=1)
    assert scale[0] == pytest.approx(expected, abs=3.0)
    bench.hand.double_click((bench.at(0.5)[0], y))
    assert scale[0] == (-1.0, 1.0)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, DASH), (float("nan"), DASH), (-0.001, "0.0"), (12.34, "12.3"), (-3.0, "-3.0")],
)
def test_figures_have_fixed_decimals_and_a_dash_while_unknown(
    value: float | None, text: str
) -> None:
    assert number_text(value, 1) == text
    assert number_text(value, 1, 8) == text.rjust(8)


def test_long_names_end_in_an_ellipsis_that_fits() -> None:
    assert shortened("relief", 6, len) == "relief"
    assert shortened("relief-stylegan3", 8, len) == "relief-…"
    assert shortened("relief", 0.5, len) == "…"


def test_a_section_is_folded_by_keyboard(host: GuiHost) -> None:
    unfolded: list[bool] = []
    bench = Bench(host, lambda ui: unfolded.append(ui.section("Section")))
    bench.hand.key(imgui.Key.space)
    assert unfolded[-1]
    bench.hand.key(imgui.Key.tab)
    bench.frame()
    assert imgui.get_io().nav_visible
    bench.hand.key(imgui.Key.space)
    bench.frame()
    assert not unfolded[-1]


def test_a_locked_slider_does_not_take_hold_and_says_so_at_once(
    host: GuiHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    value, told = [0.5], []
    monkeypatch.setattr("gui_utils.sliders.show_tooltip", lambda _host, text: told.append(text))

    def control(ui: Widgets) -> None:
        value[0] = ui.slider("Value", value[0], 0.0, 1.0, default=0.0, tip="", locked=True)

    bench = Bench(host, control)
    bench.hand.move(bench.at(0.2))
    bench.hand.press()
    bench.frame()
    assert told[-1] == LOCKED
    bench.hand.move(bench.at(0.9))
    bench.hand.release()
    assert value == [0.5]
    told.clear()
    bench.frame()
    assert not told


def test_a_button_to_hold_acts_once_after_it_has_been_held(host: GuiHost) -> None:
    acted: list[bool] = []

    def control(ui: Widgets) -> None:
        acted.append(ui.hold_button("Stop", 100.0))

    bench = Bench(host, control)
    hand = bench.hand
    hand.click(bench.at(0.5))
    for _ in range(3):
        hand.frame()
    assert not any(acted), "a click is not enough"
    hand.move(bench.at(0.5))
    hand.press()
    hand.rest(0.6 * HOLD_S)
    hand.frame()
    assert not any(acted)
    hand.rest(0.6 * HOLD_S)
    for _ in range(4):
        hand.rest(HOLD_S)
        hand.frame()
    hand.release()
    assert acted.count(True) == 1
    hand.press()
    hand.rest(0.6 * HOLD_S)
    hand.release()
    hand.press()
    hand.rest(0.6 * HOLD_S)
    hand.frame()
    hand.release()
    assert acted.count(True) == 1, "each press counts by itself"


def test_a_button_is_held_by_keyboard_too(host: GuiHost) -> None:
    acted: list[bool] = []

    def control(ui: Widgets) -> None:
        if not acted:
            imgui.set_keyboard_focus_here()
        acted.append(ui.hold_button("Stop", 100.0))

    hand = Bench(host, control).hand
    hand.key(imgui.Key.tab)
    hand.hold(imgui.Key.space, True)
    hand.frame()
    hand.rest(1.2 * HOLD_S)
    hand.frame()
    hand.hold(imgui.Key.space, False)
    assert acted.count(True) == 1


def test_a_bare_bar_over_whole_numbers_is_dragged_and_reset(host: GuiHost) -> None:
    at = [3]

    def control(ui: Widgets) -> None:
        at[0] = ui.bare_whole_slider(
            "history", at[0], 0, 9, 200.0, default=9, text="3 kimg", tip="", marks=[7]
        )

    bench = Bench(host, control)
    bench.hand.drag(bench.at(0.3), bench.at(0.99))
    assert at == [9]
    bench.hand.drag(bench.at(0.9), bench.at(0.01))
    assert at == [0]
    bench.hand.double_click(bench.at(0.5))
    assert at == [9]
