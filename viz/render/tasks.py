"""Every kind of job there is: importing this module makes them known to `viz.render.jobs.steps`."""

from viz.render import equivariance_jobs, recording, spectrum_jobs, wallpaper
from viz.render.lab import work as lab

__all__ = ["equivariance_jobs", "lab", "recording", "spectrum_jobs", "wallpaper"]
