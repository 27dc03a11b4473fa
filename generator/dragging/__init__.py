"""Dragging: what lies at some places of a picture is moved to others, by changing its latent.

Pan et al. 2023, "Drag Your GAN", arXiv 2305.10973. What a move of the input explains is done by the
input of networks that can move it; the rest by small steps of w.
"""

from generator.dragging.options import DragOptions
from generator.dragging.points import DragPair
from generator.dragging.steps import Dragged, DragProgress, drag, drag_steps

__all__ = ["DragOptions", "DragPair", "DragProgress", "Dragged", "drag", "drag_steps"]
