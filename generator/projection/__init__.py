"""Projection: where in a network's latent space a picture lies, and where it is moved to.

In this order, so that a network that can move its input is not bent to do it: pose and w together
from many random starts, then w alone with all its curvature, then a w for each layer. A tuned copy
of the generator takes up what no latent explains.
"""

from generator.projection.options import ProjectionOptions
from generator.projection.pose import Pose
from generator.projection.stages import Projection, ProjectionProgress, project, projection_steps
from generator.projection.target import Target, read_target

__all__ = [
    "Pose",
    "Projection",
    "ProjectionOptions",
    "ProjectionProgress",
    "Target",
    "project",
    "projection_steps",
    "read_target",
]
