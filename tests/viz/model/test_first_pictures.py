"""How far networks are on their way to their first pictures."""

from __future__ import annotations

from viz.model.first_pictures import STEPS, FirstPictures
from viz.protocol.result import WorkerEvent


def test_every_step_to_a_first_picture_is_told_in_turn() -> None:
    model, told = FirstPictures(), []
    for event in (
        WorkerEvent("starting", ""),
        WorkerEvent("ready", ""),
        WorkerEvent("compiling", ""),
        WorkerEvent("compiled", ""),
        WorkerEvent("loading", "", source="a"),
        WorkerEvent("loading", "", 0.5, "a"),
        WorkerEvent("loaded", "", source="a"),
    ):
        model.hear(event)
        told.append((model.step("a"), model.step("b")))
    done = [one.done for one, _other in told]
    assert done == [0, 2, 1, 2, 2, 2, 3]
    assert max(done) < STEPS
    assert "PyTorch" in told[0][0].text
    assert "once" in told[2][0].text
    assert [one.fraction for one, _other in told[3:6]] == [0.0, None, 0.5]
    assert "read" in told[5][1].text, "one network waits for the other"
    assert told[6][0].text != told[6][1].text


def test_a_new_worker_begins_anew() -> None:
    model = FirstPictures()
    for event in (WorkerEvent("ready", ""), WorkerEvent("loaded", "", source="a")):
        model.hear(event)
    assert model.step("a").done == 3
    model.hear(WorkerEvent("crashed", ""))
    assert model.step("a").done == 0
    model.hear(WorkerEvent("ready", ""))
    assert model.step("a").done == 2, "it has to be read again"
    model.hear(WorkerEvent("held", ""))
    assert "changed" in model.step("a").text
