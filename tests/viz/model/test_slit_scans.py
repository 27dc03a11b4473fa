"""Slit scans of the pictures in the window."""

from __future__ import annotations

import numpy as np

from viz.model.slit_scans import SlitScans
from viz.protocol.request import Request
from viz.protocol.result import NetworkResult, Result
from viz.state.recording import SlitScanState


def drawn(value: int) -> NetworkResult:
    """A result whose picture is one grey."""
    picture = np.full((64, 64, 4), value, np.uint8)
    return NetworkResult("a", picture=picture)


def test_the_live_scan_follows_pictures_and_begins_anew_with_another_line() -> None:
    scans, scan = SlitScans(), SlitScanState(on=True, length=16)

    def take(value: int) -> None:
        request = Request(networks=("a",))
        scans.take(Result(request=request, networks=(drawn(value),), total_ms=1.0), scan)

    for value in (10, 20, 30):
        take(value)
    ((slot, image, share),) = scans.images()
    assert slot == 0
    assert image.shape == (64, 3, 3)
    assert share is None
    assert image[0, :, 0].tolist() == [10, 20, 30]
    scan.on = False
    take(40)
    assert scans.images()[0][1].shape == (64, 3, 3)
    scan.on, scan.x0 = True, 0.0
    take(50)
    assert scans.images()[0][1].shape == (64, 1, 3)
