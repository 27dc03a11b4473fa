"""Projection as a whole: the stages one after the other, with progress, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from generator.frozen import frozen
from generator.network import Generator
from generator.projection.basis import LatentBasis
from generator.projection.measures import Closeness, psnr_db
from generator.projection.options import ProjectionOptions
from generator.projection.outlook import CLIMBED, EXTENT, Outlook
from generator.projection.pose import Pose
from generator.projection.refinement import MOST_NUMBERS, fit_layers, refine
from generator.projection.search import Canvas, Found, rounds_of, search
from generator.projection.tuning import tune
from generator.stepwise import run_to_end

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Generator as Coroutine


Stage = Literal["looking around", "searching", "refining", "fitting layers", "tuning"]
ENOUGH_DB = 50.0
"""Once a picture is met so closely, the rest is left out."""


@dataclass(frozen=True)
class ProjectionProgress:
    """How far a projection has come."""

    stage: Stage
    done: float
    total: float
    """Work of the whole, in pictures drawn."""
    image: Tensor | None = None
    """The best picture so far, [1, C, H, W]; None: as before."""
    psnr_db: float | None = None
    """How closely that meets the picture looked for."""


@dataclass(frozen=True)
class Projection:
    """Place of a picture in a network, and how near it comes."""

    ws: Tensor
    """[1, num_ws, w_dim]."""
    pose: Pose
    """How the network's input is moved."""
    image: Tensor
    """What the network draws there, [1, C, H, W]."""
    target: Tensor
    """What was looked for, likewise."""
    psnr_db: float
    """Of that picture, against the one looked for."""
    one_w: bool
    """True where all layers but the input have the same w."""
    class_index: int | None = None
    """The class that it began from, for networks with classes."""
    tuned: Generator | None = None
    """The tuned copy of the generator."""
    tuned_image: Tensor | None = None
    """What that draws there."""

    @property
    def transform(self) -> Tensor:
        """For `synthesis`, [3, 3] float64."""
        return self.pose.matrix

    @property
    def tuned_psnr_db(self) -> float | None:
        """PSNR of the tuned copy's picture, dB."""
        if self.tuned_image is None:
            return None
        return float(psnr_db(self.tuned_image, self.target))


def project(
    net: Generator,
    picture: Tensor,
    options: ProjectionOptions | None = None,
    progress: Callable[[ProjectionProgress], object] | None = None,
) -> Projection:
    """Find a picture in a network's latent space.

    Args:
        net: The network; it stays as it is.
        picture: [C, H, W] or [1, C, H, W], -1 to 1, of the network's size (see `read_target`).
        options: How long and how closely to look.
        progress: Called after each step; whatever it raises ends the search.

    Returns:
        The place, its pose and its picture. The same seed gives the same result, to the last bit
        for the same number of threads.

    Raises:
        ValueError: the picture has another size or holds values that are not finite.
    """
    return run_to_end(projection_steps(net, picture, options), progress)


def projection_steps(
    net: Generator, picture: Tensor, options: ProjectionOptions | None = None
) -> Coroutine[ProjectionProgress, None, Projection]:
    """Carry out `project` in small steps; the generator returns the `Projection`."""
    options = options or ProjectionOptions()
    target = _checked(net, picture)
    return (yield from _Run(frozen(net), target, options).steps())


class _Run:
    """One projection on its way."""

    def __init__(self, net: Generator, target: Tensor, options: ProjectionOptions) -> None:
        self._options, self._target = options, target
        self._random = torch.Generator().manual_seed(options.seed)
        basis = LatentBasis.of(net, options.seed)
        self._canvas = Canvas(net, basis, pose=options.pose)
        self._closeness = Closeness(target, features=options.features, lpips=options.lpips)
        self._rounds = rounds_of(options.starts, options.search_steps)
        self._refinements = options.refinements if net.w_dim <= MOST_NUMBERS else 0
        self._tune = options.tune or (100 if options.noise else 0)
        drawn = 3 * sum(starts * steps for starts, steps in self._rounds)
        self._look_cost = EXTENT**2 if self._canvas.moves else 1.0
        self._total = (
            self._look_cost * options.candidates
            + (0.2 * (options.poses + CLIMBED * self._rounds[0][0]) if self._canvas.moves else 0)
            + drawn
            + self._refinements * net.w_dim
            + 3 * options.layer_steps
            + 4 * self._tune
        )
        self._done = 0.0
        self._best: tuple[float, Found, Tensor] | None = None

    def steps(self) -> Coroutine[ProjectionProgress, None, Projection]:
        begun = yield from self._look_around()
        yield from self._search(begun)
        yield from self._refine()
        if self._options.layer_steps and not self._is_enough:
            yield from self._fit_layers()
        tuned, tuned_image = yield from self._tuned()
        return self._result(tuned, tuned_image)

    @property
    def _is_enough(self) -> bool:
        return self._best is not None and self._best[0] >= ENOUGH_DB

    def _keep(self, found: Found, image: Tensor) -> float:
        """Note a place if it is the best so far; returns the level of the best."""
        level = float(psnr_db(image, self._target)[0])
        if self._best is None or level > self._best[0]:
            self._best = level, found, image.clone()
        return self._best[0]

    def _progress(self, stage: Stage, work: float, *, shows: bool = True) -> ProjectionProgress:
        self._done = min(self._done + work, self._total)
        level, image = (None, None) if self._best is None else (self._best[0], self._best[2])
        return ProjectionProgress(
            stage, self._done, self._total, image if shows else None, level if shows else None
        )

    def _look_around(self) -> Coroutine[ProjectionProgress, None, Found]:
        options, count = self._options, self._rounds[0][0]
        outlook = Outlook(self._canvas, options.candidates, self._random)
        for drawn in outlook.draw():
            yield self._progress("looking around", self._look_cost * drawn, shows=False)
        places = outlook.starts(self._target, options.poses, count)
        begun = next(places)
        for better in places:
            begun = better
            yield self._progress("looking around", 3.0, shows=False)
        return Found(*begun, outlook.nearest_classes(begun[0]))

    def _search(self, begun: Found) -> Coroutine[ProjectionProgress, None, None]:
        for found, losses, images in search(self._canvas, self._closeness, begun, self._rounds):
            best = int(losses.argmin())
            self._keep(_one(found, best), images[best : best + 1])
            yield self._progress("searching", 3 * len(losses))

    def _refine(self) -> Coroutine[ProjectionProgress, None, None]:
        assert self._best is not None
        places = refine(self._canvas, self._target, self._best[1], self._refinements)
        each = 16 * self._canvas.net.w_dim / (self._canvas.net.w_dim + 4)
        for found, image in places:
            if image is not None:
                self._keep(found, image)
                if self._is_enough:
                    return
            yield self._progress("refining", 0.0 if image is not None else each)

    def _fit_layers(self) -> Coroutine[ProjectionProgress, None, None]:
        assert self._best is not None
        steps, begun = self._options.layer_steps, self._best[1]
        layers = fit_layers(self._canvas, self._closeness, begun, steps, self._options.spread)
        for found, image in layers:
            self._keep(found, image)
            yield self._progress("fitting layers", 3.0)
            if self._is_enough:
                return

    def _tuned(
        self,
    ) -> Coroutine[ProjectionProgress, None, tuple[Generator | None, Tensor | None]]:
        assert self._best is not None
        net: Generator | None = None
        image: Tensor | None = None
        if self._tune:
            steps = tune(
                self._canvas, self._closeness, self._best[1], self._tune, self._random,
                noise=self._options.noise,
            )  # fmt: skip
            for tuned, image in steps:
                net = tuned
                self._done = min(self._done + 4.0, self._total)
                level = float(psnr_db(image, self._target)[0])
                yield ProjectionProgress("tuning", self._done, self._total, image, level)
        return net, image

    def _result(self, tuned: Generator | None, tuned_image: Tensor | None) -> Projection:
        assert self._best is not None
        canvas, found = self._canvas, self._best[1]
        with torch.no_grad():
            ws = canvas.ws(found.x).clone()
            pose = Pose.of(found.pose[0] * canvas.free)
            matrix = pose.matrix if canvas.moves else None
            image = canvas.net.synthesis(ws, transform=matrix)
            if tuned is not None:
                tuned_image = tuned.synthesis(ws, transform=matrix)
        classes = found.classes
        return Projection(
            ws=ws,
            pose=pose,
            image=image,
            target=self._target,
            psnr_db=float(psnr_db(image, self._target)[0]),
            one_w=found.x.ndim == 2,
            class_index=None if classes is None else int(classes[0]),
            tuned=tuned,
            tuned_image=tuned_image,
        )


def _one(found: Found, index: int) -> Found:
    """One of several places."""
    classes = None if found.classes is None else found.classes[index : index + 1]
    part = slice(index, index + 1)
    return Found(found.x[part], found.pose[part], classes)


def _checked(net: Generator, picture: Tensor) -> Tensor:
    target = picture if picture.ndim == 4 else picture[None]
    wanted = (1, net.img_channels, *net.size)
    if tuple(target.shape) != wanted:
        raise ValueError(f"the picture must be {list(wanted)}, got {list(picture.shape)}")
    if not torch.isfinite(target).all():
        raise ValueError("the picture must hold finite numbers")
    weights = next(net.parameters())
    return target.detach().to(weights).clone()
