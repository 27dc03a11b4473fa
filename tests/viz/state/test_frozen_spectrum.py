"""Frozen spectra: kept in sessions to a tenth of a decibel, and checked when they are read."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from ops.spectra import power_spectrum, radial_profile, to_db
from viz.protocol.result import Spectrum
from viz.state.app_state import AppState
from viz.state.frozen_spectrum import FrozenSpectrum, thawed
from viz.state.inputs import NetworkSlot
from viz.storage.session import parse_session, session_text


def spectrum_of(seed: int, side: int, pad: int) -> Spectrum:
    noise = torch.randn(1, 2, side, side, generator=torch.Generator().manual_seed(seed))
    power = power_spectrum(noise, pad=pad)
    return Spectrum(
        layer="L3",
        power_db=to_db(power).numpy(),
        radial_db=to_db(radial_profile(power)[1]).numpy(),
        rate=float(side),
        cutoff=5.3,
        stopband=None,
        step="conv",
        radial=True,
        nyquist=side / 2,
        inner_rate=4.0 * side,
        outside_db=-31.25,
        planes=2,
    )


@pytest.mark.parametrize(("side", "pad"), [(16, 4), (9, 1), (5, 3)])
def test_what_is_thawed_is_what_was_frozen(side: int, pad: int) -> None:
    spectrum = spectrum_of(1, side, pad)
    frozen = FrozenSpectrum.of(spectrum)
    again = thawed(frozen)
    # Half of a tenth of a decibel, and the rounding of single precision.
    np.testing.assert_allclose(again.power_db, spectrum.power_db, atol=0.0501)
    np.testing.assert_allclose(again.radial_db, spectrum.radial_db, atol=0.0501)
    assert (again.layer, again.step, again.radial, again.planes) == ("L3", "conv", True, 2)
    assert (again.rate, again.cutoff, again.stopband) == (side, 5.3, None)
    assert (again.nyquist, again.inner_rate, again.outside_db) == (side / 2, 4.0 * side, -31.25)
    assert thawed(frozen) is again, "or the map would be painted anew for every frame"


def test_sessions_keep_it() -> None:
    frozen = FrozenSpectrum.of(spectrum_of(2, 16, 4))
    state = AppState(networks=[NetworkSlot("bundled:x", frozen=frozen)])
    session = parse_session(session_text(state), "a.json")
    assert session.messages == ()
    assert session.state.networks[0].frozen == frozen


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("size", 66),
        ("size", 10**9),
        ("data", "AAAA"),
        ("data", "no base64!"),
        ("rate", 0.0),
        ("cutoff", 1e300),
        ("stopband", -1.0),
        ("outside_db", 1e999),
        ("step", "elsewhere"),
    ],
)
def test_what_is_damaged_is_left_out_and_told(field: str, value: object) -> None:
    state = AppState(networks=[NetworkSlot("bundled:x")])
    state.networks[0].frozen = FrozenSpectrum.of(spectrum_of(3, 16, 4))
    broken = json.loads(session_text(state))
    broken["state"]["networks"][0]["frozen"][field] = value
    session = parse_session(json.dumps(broken), "a.json")
    kept = session.state.networks[0].frozen
    assert session.messages
    assert kept is None or getattr(kept, field) != value


def test_more_levels_than_announced_are_not_unpacked() -> None:
    large = FrozenSpectrum.of(spectrum_of(4, 32, 4))
    small = spectrum_of(4, 16, 4)
    with pytest.raises(ValueError, match="does not hold 64 × 64 levels"):
        FrozenSpectrum(64, large.data, 16.0, 8.0, 8.0, 0.0, 1)
    assert len(FrozenSpectrum.of(small).data) < 8000


def test_what_cannot_be_kept_is_told() -> None:
    spectrum = spectrum_of(5, 16, 1)
    spectrum.power_db[3, 3] = np.nan
    with pytest.raises(ValueError, match="no number"):
        FrozenSpectrum.of(spectrum)
