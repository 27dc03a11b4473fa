"""One step of training after the other: no files, no printing, no clock."""

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

import ops
from generator import build_network
from generator.synthesis import Noise
from train import losses
from train.augment import AdaptiveStrength, Draws, augment
from train.config import TrainConfig
from train.dataset import ImageDataset
from train.discriminator import Discriminator, first_parameters
from train.ema import WeightEma
from train.randomness import Stream, key, keyed_generator


class TrainingDivergedError(ValueError):
    """A loss or a weight is no longer a finite number."""


@dataclass(frozen=True)
class StepReport:
    """What one step did. Losses are those before the step's updates."""

    loss_g: float
    loss_d: float
    real_sign: float
    """Mean sign of the scores of real pictures: near 1, the discriminator is sure of them."""
    fake_sign: float
    """The same for generated ones: near -1, it is sure of them too."""
    r1: float | None
    """|d D / d image|^2, on steps that measured it."""
    path_length: float | None
    """Mean length of a path, on steps that measured it."""
    augment_p: float | None = None
    """Probability of each augmentation, where there is any."""


class Trainer:
    """Both networks, their optimisers and the averaged generator.

    All randomness depends on the seed and the step alone: the same configuration, data and number
    of steps give the same weights, however often the training was interrupted.

    Args:
        config: The settings, made for the data with `TrainConfig.for_data`.
        data: The real pictures.
    """

    def __init__(self, config: TrainConfig, data: ImageDataset) -> None:
        wanted = (config.network.resolution, config.network.c_dim)
        if wanted != (data.resolution, data.c_dim):
            raise ValueError(
                f"the network is made for pictures of {wanted[0]} pixels and labels of {wanted[1]} "
                f"numbers, {data.name} has {data.resolution} and {data.c_dim}"
            )
        self.data = data
        self.steps_done = 0
        seed = config.seed
        self.generator = build_network(config.network, key(seed, Stream.GENERATOR_WEIGHTS))
        self.generator.train()
        self.discriminator = Discriminator(
            config.discriminator, key(seed, Stream.DISCRIMINATOR_WEIGHTS)
        )
        self.config = config
        for frozen in first_parameters(self.discriminator, config.freeze_d):
            frozen.requires_grad_(False)
        self._d_learning = [own for own in self.discriminator.parameters() if own.requires_grad]
        self.ema = WeightEma(
            self.generator, half_life_kimg=config.ema_half_life, rampup=config.ema_rampup
        )
        self.path_length = losses.PathLength(torch.zeros(()))
        self._g_optimizer = _adam(
            self.generator.parameters(),
            config.lr_g,
            config.path_length_interval if config.path_length_weight else None,
        )
        self._d_optimizer = _adam(self._d_learning, config.lr_d, config.r1_interval)
        self.strength = AdaptiveStrength(
            config.ada_target, config.ada_interval, config.ada_kimg, p=config.augment_p
        )
        self._ema_beta = 0.5 ** (config.batch / (config.magnitude_half_life_kimg * 1000))
        self._bf16 = config.precision == "bf16"

    @property
    def images_seen(self) -> int:
        """Real pictures shown so far."""
        return self.steps_done * self.config.batch

    def step(self) -> StepReport:
        """Update both networks on one batch.

        Raises:
            TrainingDivergedError: A loss is not finite. The networks keep the weights that made it.
        """
        # StyleGAN2's noise inputs draw from PyTorch's global generator.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(key(self.config.seed, Stream.NOISE, self.steps_done))
            report = self._step()
        self.steps_done += 1
        self.ema.update(images_seen=self.images_seen, batch_size=self.config.batch)
        return report

    def _step(self) -> StepReport:
        config = self.config
        reals, labels = self._reals()
        fakes, fake_labels = self._fakes(
            Stream.DISCRIMINATOR_TURN, gradients=config.share_fakes, track=True
        )
        loss_d, real_sign, fake_sign = self._teach_discriminator(
            reals, labels, fakes.detach(), fake_labels
        )
        r1 = None
        if self.steps_done % config.r1_interval == 0:
            r1 = self._penalise_gradient(reals, labels)
        if not config.share_fakes:
            fakes, fake_labels = self._fakes(Stream.GENERATOR_TURN, gradients=True, track=False)
        loss_g = self._teach_generator(fakes, fake_labels)
        path_length = None
        if config.path_length_weight and self.steps_done % config.path_length_interval == 0:
            path_length = self._penalise_path_length()
        p = self.strength.p if config.augment != "off" else None
        if config.augment == "ada":
            self.strength.saw(real_sign * config.batch, config.batch)
        return StepReport(loss_g, loss_d, real_sign, fake_sign, r1, path_length, p)

    def _reals(self) -> tuple[Tensor, Tensor]:
        start = self.steps_done * self.config.batch
        positions = torch.arange(start, start + self.config.batch)
        reals, labels = self.data.batch(positions, seed=self.config.seed, mirror=self.config.mirror)
        return self._blur(reals), labels

    def _latents(self, stream: Stream, batch: int, *, track: bool) -> tuple[Tensor, Tensor]:
        """Intermediate latents [batch, num_ws, w_dim] and the labels they were made for."""
        net = self.generator
        random = keyed_generator(self.config.seed, stream, self.steps_done)
        z = torch.randn(batch, net.z_dim, generator=random)
        chosen = torch.randint(len(self.data), (batch,), generator=random)
        labels = self.data.labels[chosen]
        c = labels if net.c_dim else None
        ws = net.mapping(z, c, update_average=track)
        if self.config.style_mixing > 0:
            other = net.mapping(torch.randn(z.shape, generator=random), c)
            mixed = torch.rand(batch, generator=random) < self.config.style_mixing
            first = torch.randint(1, net.num_ws, (batch,), generator=random)
            first = torch.where(mixed, first, net.num_ws)
            takes_other = torch.arange(net.num_ws) >= first[:, None]
            ws = torch.where(takes_other[..., None], other, ws)
        return ws, labels

    def _fakes(self, stream: Stream, *, gradients: bool, track: bool) -> tuple[Tensor, Tensor]:
        with torch.set_grad_enabled(gradients):
            ws, labels = self._latents(stream, self.config.batch, track=track)
            fakes = self.generator.synthesis(
                ws,
                noise="random" if self.config.noise_inputs else "none",
                precision="bf16" if self._bf16 else "fp32",
                update_ema=track,
                ema_beta=self._ema_beta,
            )
            return self._blur(fakes), labels

    def _blur(self, images: Tensor) -> Tensor:
        config = self.config
        if not config.blur_sigma_px or not config.blur_fade_kimg:
            return images
        progress = self.images_seen / (config.blur_fade_kimg * 1000)
        sigma = config.blur_sigma_px * max(1 - progress, 0)
        reach = math.floor(3 * sigma)
        if reach == 0:
            return images
        offsets = torch.arange(-reach, reach + 1, dtype=torch.float32)
        kernel = torch.exp2(-(offsets / sigma).square())
        return ops.upfirdn2d(images, kernel / kernel.sum(), padding=reach)

    def _augment(self, images: Tensor, stream: Stream) -> Tensor:
        """What the discriminator sees of pictures."""
        if self.config.augment == "off":
            return images
        random = keyed_generator(self.config.seed, stream, self.steps_done)
        return augment(images, self.strength.p, Draws.of(len(images), random))

    def _teach_discriminator(
        self, reals: Tensor, labels: Tensor, fakes: Tensor, fake_labels: Tensor
    ) -> tuple[float, float, float]:
        both = torch.cat(
            [self._augment(fakes, Stream.AUGMENT_FAKES), self._augment(reals, Stream.AUGMENT_REALS)]
        )
        both_labels = torch.cat([fake_labels, labels])
        logits = self.discriminator(both, both_labels, sets=2, bf16=self._bf16)
        fake_logits, real_logits = logits.chunk(2)
        loss = losses.discriminator_loss(fake_logits, real_logits)
        value = self._finite(loss, "the discriminator's loss")
        self._update(self._d_optimizer, loss)
        real_sign, fake_sign = (float(x.detach().sign().mean()) for x in (real_logits, fake_logits))
        return value, real_sign, fake_sign

    def _penalise_gradient(self, reals: Tensor, labels: Tensor) -> float:
        images = reals.detach().requires_grad_()
        seen = self._augment(images, Stream.AUGMENT_REALS)
        penalty = losses.squared_gradient(images, self.discriminator(seen, labels))
        value = self._finite(penalty, "the R1 penalty")
        config = self.config
        self._update(self._d_optimizer, penalty * (config.r1_gamma / 2 * config.r1_interval))
        return value

    def _teach_generator(self, fakes: Tensor, labels: Tensor) -> float:
        self.discriminator.requires_grad_(False)
        seen = self._augment(fakes, Stream.AUGMENT_LESSON)
        loss = losses.generator_loss(self.discriminator(seen, labels, bf16=self._bf16))
        value = self._finite(loss, "the generator's loss")
        self._update(self._g_optimizer, loss)
        for parameter in self._d_learning:
            parameter.requires_grad_(True)
        return value

    def _penalise_path_length(self) -> float:
        config = self.config
        batch = max(config.batch // 2, 1)
        ws, _ = self._latents(Stream.PATH_LENGTH, batch, track=False)
        noise: Noise = "random" if config.noise_inputs else "none"
        images = self.generator.synthesis(ws, noise=noise)
        penalty = self.path_length.penalty(images, ws, torch.randn_like(images))
        self._finite(penalty, "the path-length penalty")
        self._update(
            self._g_optimizer, penalty * (config.path_length_weight * config.path_length_interval)
        )
        return float(self.path_length.mean)

    def _update(self, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    def _finite(self, loss: Tensor, name: str) -> float:
        value = float(loss.detach())
        if not math.isfinite(value):
            raise self._diverged(f"{name} became {value}")
        return value

    def check_finite(self) -> None:
        """Make sure that every weight is a finite number; a loss shows it a step later only.

        Raises:
            TrainingDivergedError: One is not.
        """
        for name, network in (
            ("generator", self.generator),
            ("discriminator", self.discriminator),
            ("averaged generator", self.ema.network),
        ):
            if not all(bool(weight.isfinite().all()) for weight in network.state_dict().values()):
                raise self._diverged(f"a weight of the {name} is no finite number")

    def _diverged(self, what: str) -> TrainingDivergedError:
        return TrainingDivergedError(
            f"{what} after {self.images_seen} pictures; "
            "try a larger gamma or smaller learning rates"
        )

    def state_dict(self) -> dict[str, Any]:
        """Everything that `load_state_dict` needs to continue: tensors and counters."""
        return {
            "steps_done": self.steps_done,
            "generator": self.generator.state_dict(),
            "discriminator": self.discriminator.state_dict(),
            "ema": self.ema.network.state_dict(),
            "path_length_mean": self.path_length.mean,
            "augment": dataclasses.asdict(self.strength),
            "g_optimizer": self._g_optimizer.state_dict(),
            "d_optimizer": self._d_optimizer.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` was taken, exactly.

        Raises:
            ValueError: The state belongs to networks of another shape.
        """
        try:
            self.generator.load_state_dict(state["generator"])
            self.discriminator.load_state_dict(state["discriminator"])
            self.ema.network.load_state_dict(state["ema"])
            self._g_optimizer.load_state_dict(state["g_optimizer"])
            self._d_optimizer.load_state_dict(state["d_optimizer"])
            self.path_length.mean = state["path_length_mean"].clone()
            if "augment" in state:  # younger than the first trainings
                self.strength = AdaptiveStrength(**state["augment"])
            self.steps_done = int(state["steps_done"])
        except (KeyError, RuntimeError, TypeError) as error:
            reason = str(error).splitlines()[0]
            raise ValueError(f"the saved state does not fit this training: {reason}") from None


def _adam(parameters: Iterable[nn.Parameter], lr: float, interval: int | None) -> torch.optim.Adam:
    """Adam as in the papers; `interval` is that of a lazy penalty with updates of its own.

    Such a penalty makes interval + 1 updates of every interval; rate and decay are corrected so
    that their effect over time stays (Karras et al. 2020, appendix B).
    """
    share = 1.0 if interval is None else interval / (interval + 1)
    return torch.optim.Adam(
        parameters, lr=lr * share, betas=(0.0, 0.99**share), eps=1e-8, fused=True
    )
