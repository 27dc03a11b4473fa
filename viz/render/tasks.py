"""Every kind of job there is: importing this module makes them known to `viz.render.jobs.steps`."""

from viz.render import aliasing_jobs, equivariance_jobs, recording, spectrum_jobs, wallpaper
from viz.render.lab import work as lab

__all__ = ["aliasing_jobs", "equivariance_jobs", "lab", "recording", "spectrum_jobs", "wallpaper"]
