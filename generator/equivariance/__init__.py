"""How well a network's pictures move and turn with its input (Karras et al. 2021, appendix E)."""

from __future__ import annotations

from generator.equivariance.metrics import EquivarianceResult, Score, measure

__all__ = ["EquivarianceResult", "Score", "measure"]
