"""What the window keeps of full pictures while drafts are shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from viz.model.slit_scans import SlitScans
from viz.model.stage import StageModel
from viz.protocol.request import Request
from viz.protocol.result import NetworkResult, Preview, Result, Spectrum
from viz.state.app_state import AppState
from viz.state.inputs import NetworkSlot
from viz.state.recording import SlitScanState

if TYPE_CHECKING:
    from viz.model.jobs import Jobs

REQUEST = Request(networks=("a", "b"))
SPECTRUM = Spectrum("", np.zeros((2, 2), np.float32), np.zeros(2, np.float32), 64, 32, None)


def drawn(source: str, value: int, **more: object) -> NetworkResult:
    picture = np.full((8, 8, 4), value, np.uint8)
    return replace(NetworkResult(source, picture=picture), **more)  # type: ignore[arg-type]


def result(*networks: NetworkResult) -> Result:
    return Result(request=REQUEST, networks=networks, total_ms=1.0)


def model() -> StageModel:
    state = AppState(networks=[NetworkSlot("a"), NetworkSlot("b")])
    return StageModel(state, cast("Jobs", None))


def test_instruments_keep_to_the_full_picture_while_drafts_are_shown() -> None:
    stage = model()
    full = drawn("a", 1, spectrum=SPECTRUM)
    stage.take_result(result(full, drawn("b", 2)))
    stage.take_result(result(drawn("a", 3, quality="draft"), drawn("b", 4)))
    shown = stage.result_of(0)
    assert shown is not None
    assert shown.picture is not None
    assert (shown.picture[0, 0, 0], shown.quality, shown.spectrum) == (3, "draft", SPECTRUM)
    assert stage.full_result_of(0) is full
    other = stage.result_of(1)
    assert other is not None
    assert stage.full_result_of(1) is other


def test_a_preview_is_shown_beside_what_was_there() -> None:
    stage = model()
    stage.take_preview(Preview(REQUEST, 1, drawn("b", 5, quality="draft")))
    first, second = stage.result_of(0), stage.result_of(1)
    assert first is not None
    assert second is not None
    assert first.picture is None
    assert not first.error
    assert second.quality == "draft"
    assert stage.full_result_of(1) is None
    stage.take_result(result(drawn("a", 1), drawn("b", 2)))
    stage.take_preview(Preview(REQUEST, 1, drawn("b", 6, quality="draft")))
    assert stage.full_result_of(0) is stage.result_of(0)


def test_slit_scans_take_no_drafts() -> None:
    scans, settings = SlitScans(), SlitScanState(on=True, length=16)
    scans.take(result(drawn("a", 1, quality="draft")), settings)
    assert not scans.images()
