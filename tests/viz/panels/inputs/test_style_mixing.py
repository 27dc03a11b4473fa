"""Painting the mask of style mixing, and what the request says of it."""

from __future__ import annotations

import json

from viz.panels.inputs.style_mixing import painted
from viz.state.app_state import AppState
from viz.state.inputs import ClassWeight, DirectionState, Inputs, LatentState, NetworkSlot
from viz.state.to_request import blended_classes, latent_point, layer_edits, request_for
from viz.storage.session import parse_session, session_text


def test_a_stroke_adds_or_takes_every_layer_it_crosses() -> None:
    assert painted([7], 4, 2, add=True) == [2, 3, 4, 7]
    assert painted([1, 2, 3, 4], 2, 3, add=False) == [1, 4]
    assert painted([], 5, 5, add=True) == [5]


def test_what_changes_nothing_is_not_asked_for() -> None:
    state = AppState()
    nothing = layer_edits(state)
    state.style_mix.layers, state.style_mix.seed = [1, 2], 9
    state.directions = [
        DirectionState(component=3),
        DirectionState(amount=1.0, first_layer=5, last_layer=2),
    ]
    assert layer_edits(state) == nothing
    state.style_mix.on = True
    state.directions[0].amount = -2.0
    edits = layer_edits(state)
    assert (edits.mix_seed, edits.mix_layers) == (9, (1, 2))
    assert [(step.component, step.amount) for step in edits.steps] == [(3, -2.0)]


def test_classes_are_blended_by_weights_that_sum_to_one() -> None:
    latent = LatentState(class_index=2)
    assert blended_classes(latent) == ((2, 1.0),)
    latent.other_class, latent.class_blend = 5, 0.25
    assert blended_classes(latent) == ((2, 0.75), (5, 0.25))
    latent.class_blend = 1.0
    assert blended_classes(latent) == ((5, 1.0),)
    latent.other_class = -1
    assert blended_classes(latent) == ((2, 1.0),), "without a second class there is no blend"
    latent.class_weights = [ClassWeight(1, 0.5), ClassWeight(0, 0.0), ClassWeight(7, 0.9)]
    assert blended_classes(latent) == ((1, 0.5), (7, 0.9)), "weights of their own need no sum"
    latent.class_from_seed = True
    assert blended_classes(latent) == ()


def test_networks_with_classes_draw_class_0_unless_told_otherwise() -> None:
    assert latent_point(LatentState()).classes == ((0, 1.0),)


def test_sessions_that_chose_no_class_open_with_class_0() -> None:
    kept = json.loads(session_text(AppState(networks=[NetworkSlot("a", own=Inputs())])))
    for inputs in (kept["state"], kept["state"]["networks"][0]["own"]):
        inputs["latent"]["class_index"] = -1
        del inputs["latent"]["class_from_seed"]
    session = parse_session(json.dumps(kept), "x")
    assert session.messages == ()
    assert request_for(session.state).place.latent.classes == ((0, 1.0),)
    assert request_for(session.state).place_of(0).latent.classes == ((0, 1.0),)
    kept["state"]["latent"]["class_index"] = -2
    assert "class_index" in parse_session(json.dumps(kept), "x").messages[0]
