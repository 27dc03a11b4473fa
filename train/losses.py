"""The losses: non-saturating logistic, R1 (Mescheder et al. 2018), path length, LeCam."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


def generator_loss(fake_logits: Tensor) -> Tensor:
    """Compute the mean of -log sigmoid(D(G(z))), the non-saturating loss."""
    return F.softplus(-fake_logits).mean()


def discriminator_loss(fake_logits: Tensor, real_logits: Tensor) -> Tensor:
    """Compute the mean of -log(1 - sigmoid(D(fake))) plus that of -log sigmoid(D(real))."""
    return F.softplus(fake_logits).mean() + F.softplus(-real_logits).mean()


def squared_gradient(images: Tensor, logits: Tensor) -> Tensor:
    """Compute the R1 penalty without its weight gamma / 2.

    Args:
        images: [N, C, H, W], requiring gradients.
        logits: Their scores, [N, 1].

    Returns:
        |d logits / d images|^2, averaged over the samples; differentiable.
    """
    (gradient,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
    return gradient.square().sum([1, 2, 3]).mean()


@dataclass
class PathLength:
    """Path-length regularisation: |J_w^T y| should be the same everywhere (StyleGAN2).

    `mean` is the running mean of the lengths, part of the training's state.
    """

    mean: Tensor
    decay: float = 0.01

    def penalty(self, images: Tensor, ws: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the squared deviations of the lengths from their running mean, which stays.

        Args:
            images: [N, 3, H, W], generated from `ws`.
            ws: [N, num_ws, w_dim], requiring gradients.
            noise: [N, 3, H, W] standard normal.

        Returns:
            The sum of the deviations, differentiable, and the sum of the lengths.
        """
        scaled = noise / math.sqrt(images.shape[2] * images.shape[3])
        (gradient,) = torch.autograd.grad((images * scaled).sum(), ws, create_graph=True)
        lengths = gradient.square().sum(2).mean(1).sqrt()
        return (lengths - self.mean).square().sum(), lengths.detach().sum()

    def follow(self, mean: Tensor) -> None:
        """Move the running mean on towards the mean length of a whole batch."""
        self.mean = torch.lerp(self.mean, mean.to(self.mean), self.decay)


@dataclass
class LeCam:
    """LeCam regularisation for few pictures (Tseng et al. 2021, arXiv 2104.03310).

    Scores of real pictures are drawn to the running mean of those of generated ones, and the other
    way round: the discriminator cannot become ever surer. The means are part of the training's
    state.
    """

    fake: float = 0.0
    """Running mean score of generated pictures."""
    real: float = 0.0
    """Running mean score of real pictures."""
    decay: float = 0.01

    def penalty(self, fake_logits: Tensor, real_logits: Tensor) -> Tensor:
        """Compute mean |D(real) - fake mean|^2 plus mean |D(fake) - real mean|^2."""
        to_fake = (real_logits - self.fake).square().mean()
        return to_fake + (fake_logits - self.real).square().mean()

    def follow(self, fake: float, real: float) -> None:
        """Move the running means on towards the mean scores of a whole batch."""
        self.fake += self.decay * (fake - self.fake)
        self.real += self.decay * (real - self.real)
