"""Every kind of job; importing this module makes them known to `viz.render.jobs.runner`."""

from viz.recording import job as recording
from viz.render.jobs import (
    aliasing,
    averages,
    directions,
    dragging,
    equivariance,
    files,
    lab,
    projection,
    spectrum,
    wallpaper,
)

__all__ = [
    "aliasing",
    "averages",
    "directions",
    "dragging",
    "equivariance",
    "files",
    "lab",
    "projection",
    "recording",
    "spectrum",
    "wallpaper",
]
