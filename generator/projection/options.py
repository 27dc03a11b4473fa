"""Options of a projection, the same for command line, notebook and window."""

from __future__ import annotations

from dataclasses import dataclass

from generator.arguments import check_number, check_seed, check_whole


@dataclass(frozen=True, kw_only=True)
class ProjectionOptions:
    """How long and how closely a picture is looked for; the defaults suit small networks."""

    seed: int = 0
    """Seed of the random starts: with the same one everything is repeated exactly."""
    candidates: int = 160
    """Random pictures from which starts are estimated."""
    poses: int = 400
    """Random poses among which starts are chosen."""
    starts: int = 4
    """Starts followed to the end of the search; the best one is kept."""
    search_steps: int = 60
    """Steps of the search, pose and w together, all starts at once."""
    refinements: int = 6
    """Gauss-Newton steps on pose and w; for w of at most 256 numbers."""
    layer_steps: int = 60
    """Steps on a w for each layer (w+); 0 keeps one w for all layers."""
    spread: float = 3e-4
    """Penalty on the layers' distance from their common w: the higher, the better the result can
    be edited, and the less it looks like the picture."""
    features: float = 0.02
    """Weight of the features that EfficientNet-Lite0 sees, against the pixels; 0 for none."""
    lpips: float = 0.0
    """Weight of LPIPS, for whoever has the weights of VGG-16; 0 for none."""
    pose: bool = True
    """Fit where the network's input is moved to and, for StyleGAN3-R, turned to."""
    noise: bool = False
    """Fit StyleGAN2's noise inputs too, in a tuned copy."""
    tune: int = 0
    """Steps of fine-tuning a copy of the generator around what was found; 0 for none."""

    def __post_init__(self) -> None:
        check_seed(self.seed)
        check_whole("--candidates", self.candidates, 2, 100_000)
        check_whole("--poses", self.poses, 1, 100_000)
        check_whole("--starts", self.starts, 1, 64)
        check_whole("--search-steps", self.search_steps, 1, 100_000)
        check_whole("--refinements", self.refinements, 0, 1000)
        check_whole("--layer-steps", self.layer_steps, 0, 100_000)
        check_whole("--tune", self.tune, 0, 100_000)
        for name in ("spread", "features", "lpips"):
            check_number(f"--{name}", getattr(self, name), 0.0, 1e3)
