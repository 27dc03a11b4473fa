"""Requests made of the state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from viz.protocol.equivariance import EquivarianceRequest, Move
from viz.protocol.request import (
    FiltersRequest,
    LatentPoint,
    LayerChange,
    LayerEdits,
    MapsRequest,
    Placement,
    Request,
    SpectrumRequest,
    WBasis,
    WOffsets,
    WStep,
)
from viz.state.animation import advance
from viz.state.eased import eased
from viz.state.inputs import Favourite, LatentState, NetworkSlot, TransformState, blended_seeds
from viz.state.timeline import plays, psi_at, seeds_at, transform_at
from viz.state.walk import walk_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viz.state.app_state import AppState
    from viz.state.inputs import DirectionState


def blended_classes(latent: LatentState | Favourite) -> tuple[tuple[int, float], ...]:
    """Return the chosen classes and their weights; none where each seed chooses its own.

    Classes without any weight are left out.
    """
    if latent.class_from_seed:
        return ()
    if latent.class_weights:
        return tuple((one.index, one.weight) for one in latent.class_weights if one.weight > 0)
    blend = latent.class_blend if latent.other_class >= 0 else 0.0
    pairs = ((latent.class_index, 1 - blend), (latent.other_class, blend))
    return tuple((index, weight) for index, weight in pairs if weight > 0)


def layer_edits(state: AppState) -> LayerEdits:
    """Make the edits that all networks share; equal whenever they change nothing."""
    mix = state.style_mix
    mixes = mix.on and bool(mix.layers)
    return LayerEdits(
        mix_seed=mix.seed if mixes else 0,
        mix_layers=tuple(mix.layers) if mixes else (),
        steps=direction_steps(state.directions),
        offsets=tuple(
            WOffsets(row.layer, row.basis, tuple(row.offsets))
            for row in state.w_edit.rows
            if any(row.offsets)
        ),
    )


def direction_steps(directions: Sequence[DirectionState]) -> tuple[WStep, ...]:
    """Make the steps along directions, and those that stand still but keep others apart."""
    apart = [number for number, one in enumerate(directions) if one.apart and one.amount != 0]
    needed = apart[-1] if apart else 0
    return tuple(
        WStep(
            one.component,
            one.amount,
            one.first_layer,
            one.last_layer,
            one.given,
            one.source,
            one.apart,
        )
        for number, one in enumerate(directions)
        if number < needed or (one.amount != 0 and one.first_layer <= one.last_layer)
    )


def layer_changes(network: NetworkSlot) -> tuple[LayerChange, ...]:
    """Make the changes of single layers of one network."""
    changes = (
        LayerChange(
            one.layer,
            one.noise,
            one.style_gain,
            one.style_offset,
            one.style_channel if one.style_channel >= 0 and one.style_offset else None,
        )
        for one in network.changes
    )
    return tuple(one for one in changes if one != LayerChange(one.layer))


def latent_point(latent: LatentState) -> LatentPoint:
    """Make the latent of the request: blended seeds and the offset of the walk."""
    drifts = latent.walk and latent.walk_radius
    return LatentPoint(
        seeds=blended_seeds(latent.x, latent.y),
        walk=walk_at(latent),
        walk_seed=latent.walk_seed if drifts else 0,
        classes=blended_classes(latent),
        given=latent.given,
    )


def placement(latent: LatentState, transform: TransformState) -> Placement:
    """Make the placement of the request from a place and a transform."""
    return Placement(latent_point(latent), transform.inverse_matrix, transform.snap)


def _locked_place(state: AppState) -> Placement:
    """Place the locked networks: on the timeline's path while it is followed."""
    timeline = state.timeline
    if not plays(timeline):
        return placement(state.latent, state.transform)
    transform = state.transform
    if timeline.moves_transform:
        transform = transform_at(timeline, timeline.position_s, transform)
    place = placement(state.latent, transform)
    seeds = seeds_at(timeline, timeline.position_s)
    return replace(place, latent=replace(place.latent, seeds=seeds, given=None))


def spectrum_request(state: AppState) -> SpectrumRequest:
    """Make the request for the spectrum: of the pictures, or of the chosen layer."""
    spectrum, layers = state.spectrum, state.layers
    if spectrum.of == "image" or not layers.layer:
        return SpectrumRequest(beta=spectrum.beta, pad=spectrum.pad)
    shown = (layers.first_channel, layers.channel_count)
    return SpectrumRequest(
        slot=layers.slot if layers.slot < len(state.networks) else 0,
        layer=layers.layer,
        channels=shown if spectrum.shown_channels else None,
        step=spectrum.step,
        beta=spectrum.beta,
        pad=spectrum.pad,
    )


def _psi(state: AppState) -> float:
    """Return the truncation; the path's while it sets it."""
    timeline = state.timeline
    if plays(timeline) and timeline.moves_truncation:
        return psi_at(timeline, timeline.position_s)
    return state.truncation.psi


def move_of(state: AppState) -> Move:
    """Return how the equivariance panel moves pictures."""
    wanted = state.equivariance
    return Move.of(wanted.kind, wanted.x, wanted.y, wanted.angle_rad)


def equivariance_request(state: AppState, slot: int | None) -> EquivarianceRequest:
    """Make the request for what the equivariance panel compares; None: of every network."""
    if state.equivariance.of == "layer" and state.layers.layer:
        layers = state.layers
        return EquivarianceRequest(slot, move_of(state), layers.layer, layers.first_channel)
    return EquivarianceRequest(slot, move_of(state))


def request_for(
    state: AppState,
    *,
    maps: bool = True,
    spectrum: bool = True,
    equivariance: bool | Literal["all"] = False,
    strip_px: int = 0,
    scores: WBasis | None = None,
    hurried: bool = False,
) -> Request:
    """Make the request for the pictures and metrics that the state stands for.

    Args:
        state: The whole state; not changed.
        maps: Whether anybody looks at the feature maps of the chosen layer.
        spectrum: Whether anybody looks at the spectrum, or what is shown in its place.
        equivariance: Whether anybody looks at the equivariance of the network looked into; `all`:
            at that of every network.
        strip_px: Side of the thumbnails of every layer of the network looked into; 0: none.
        scores: Components in which somebody looks at the ws; None: nobody does.
        hurried: Whether the user's hand moves: then a draft is enough, if drafts are wanted.

    Returns:
        A request that equals the last one whenever its pictures would.
    """
    state = eased(state)
    layers = state.layers
    slot = layers.slot if layers.slot < len(state.networks) else 0
    wants_maps = bool(maps and layers.layer and state.networks)
    page = state.spectrum.page if spectrum and state.networks else None
    return Request(
        networks=tuple(network.source for network in state.networks),
        place=_locked_place(state),
        own_places=tuple(
            (index, placement(network.own.latent, network.own.transform))
            for index, network in enumerate(state.networks)
            if network.own is not None
        ),
        edits=layer_edits(state),
        changes=tuple(
            (index, changes)
            for index, network in enumerate(state.networks)
            if (changes := layer_changes(network))
        ),
        scores=scores,
        psi=_psi(state),
        cutoff=state.truncation.cutoff,
        noise=state.latent.noise,
        extent=state.canvas.extent,
        precision="fast" if hurried and state.performance.draft else state.performance.precision,
        draft=hurried and state.performance.draft,
        device=state.performance.device,
        threads=state.performance.threads,
        maps=MapsRequest(slot, layers.layer, layers.first_channel, layers.channel_count, layers.of)
        if wants_maps
        else None,
        spectrum=spectrum_request(state) if page == "spectrum" else None,
        filters=FiltersRequest(slot, layers.layer) if page == "filters" and layers.layer else None,
        equivariance=equivariance_request(state, None if equivariance == "all" else slot)
        if equivariance and state.networks
        else None,
        strip_slot=slot if strip_px and state.networks else None,
        strip_px=strip_px if state.networks else 0,
    )


def moment_of(state: AppState, seconds: float) -> AppState:
    """Return the state a number of seconds of its motion later, whether it is played or paused."""
    return advance(replace(state, playing=True), seconds)


def request_at(state: AppState, seconds: float) -> Request:
    """Make the request for the pictures alone, a number of seconds of the motion later."""
    return request_for(moment_of(state, seconds), maps=False, spectrum=False)
