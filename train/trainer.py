"""One step of training after the other: no files, no printing, no clock."""

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

import ops
from generator import build_network
from generator.ranks import ALONE, Ranks
from train import losses
from train.augment import AdaptiveStrength, Draws, augment
from train.averages import PowerAverage
from train.batches import Batch, BatchSampler, Latents
from train.config.training import TrainConfig
from train.data.dataset import ImageDataset
from train.diff_augment import DRAWS, diff_augment
from train.discriminator import Discriminator, first_parameters
from train.ema import WeightEma
from train.magnitudes import MagnitudeTally
from train.randomness import Stream, key, keyed_generator
from train.share import Share
from train.words import counted

if TYPE_CHECKING:
    from generator.synthesis import Noise


class TrainingDivergedError(ValueError):
    """A loss or a weight is no longer a finite number."""


@dataclass(frozen=True)
class StepReport:
    """Outcome of one step. Losses are those before the step's updates."""

    loss_g: float
    loss_d: float
    real_sign: float
    """Mean sign of the scores of real pictures: near 1, the discriminator is sure of them."""
    fake_sign: float
    """Mean sign of the scores of generated pictures: near -1, it is sure of them too."""
    r1: float | None
    """|d D / d image|^2, on steps that measured it."""
    path_length: float | None
    """Mean length of a path, on steps that measured it."""
    augment_p: float | None = None
    """Probability of each augmentation, where there is any."""
    real_score: float | None = None
    """Mean score of real pictures, the discriminator's output."""
    fake_score: float | None = None
    """Mean score of generated pictures."""


class Trainer:
    """Both networks, their optimisers and the averaged generator.

    All randomness depends on the seed and the step alone: the same configuration, data and number
    of steps give the same weights, however often the training was interrupted, and, but for
    rounding, however many processes share it and however small the pieces are. Every process
    holds everything; gradients and metrics are summed. Only StyleGAN2's noise inputs are drawn
    by each process and piece for itself.

    Args:
        config: The settings, made for the data with `TrainConfig.for_data`.
        data: The real pictures.
        ranks: This process among those that share the batches.
        device: Where the networks are.
    """

    def __init__(
        self,
        config: TrainConfig,
        data: ImageDataset,
        *,
        ranks: Ranks = ALONE,
        device: str = "cpu",
    ) -> None:
        network = config.network
        made_for = _described((network.height, network.width), network.img_channels, network.c_dim)
        given = _described(data.size, data.channels, data.c_dim)
        if made_for != given:
            raise ValueError(f"the network is made for {made_for}; {data.name} has {given}")
        self.data = data
        self.config = config
        self.ranks = ranks
        self.steps_done = 0
        self._share = Share.of(config.batch, config.group_size, config.micro_batch, ranks)
        self.device = torch.device(device)
        dtype = torch.float64 if config.precision == "fp64" else torch.float32
        seed = config.seed
        generator = build_network(config.network, key(seed, Stream.GENERATOR_WEIGHTS))
        self.generator = generator.to(self.device, dtype).train()
        discriminator = Discriminator(config.discriminator, key(seed, Stream.DISCRIMINATOR_WEIGHTS))
        self.discriminator = discriminator.to(self.device, dtype)
        for frozen in first_parameters(self.discriminator, config.freeze_d):
            frozen.requires_grad_(False)
        self._sampler = BatchSampler(config, self.generator, data.labels, self.device)
        self._g_learning = list(self.generator.parameters())
        self._d_learning = [own for own in self.discriminator.parameters() if own.requires_grad]
        self._magnitudes = [
            buffer
            for name, buffer in self.generator.named_buffers()
            if name.endswith("magnitude_ema")
        ]
        self.ema = WeightEma(
            self.generator, half_life_kimg=config.ema_half_life, rampup=config.ema_rampup
        )
        self.averages = [PowerAverage(self.generator, each) for each in config.average_lengths]
        self.path_length = losses.PathLength(torch.zeros((), device=self.device, dtype=dtype))
        self.lecam = losses.LeCam()
        self._g_optimizer = _adam(
            self._g_learning,
            config.lr_g,
            config.path_length_interval if config.path_length_weight else None,
        )
        self._g_rate = self._g_optimizer.param_groups[0]["lr"]
        self._d_optimizer = _adam(self._d_learning, config.lr_d, config.r1_interval)
        self.strength = AdaptiveStrength(
            config.ada_target, config.ada_interval, config.ada_range_kimg, p=config.augment_p
        )
        self._ema_beta = 0.5 ** (config.batch / (config.magnitude_half_life_kimg * 1000))
        self._bf16 = config.precision == "bf16"

    @property
    def images_seen(self) -> int:
        """Real pictures shown so far."""
        return self.steps_done * self.config.batch

    def step(self) -> StepReport:
        """Update both networks on one batch; all processes step together.

        Raises:
            TrainingDivergedError: A loss is not finite. The networks keep the weights that made it.
            LostProcessError: Another process has ended.
        """
        # StyleGAN2's noise inputs draw from PyTorch's global generator.
        with torch.random.fork_rng(devices=[]):
            noise_key = key(self.config.seed, Stream.NOISE, self.steps_done)
            torch.manual_seed(noise_key + self.ranks.rank)
            report = self._step()
        self.steps_done += 1
        self.ema.update(images_seen=self.images_seen, batch_size=self.config.batch)
        for average in self.averages:
            average.update(images_seen=self.images_seen, batch_size=self.config.batch)
        return report

    def _step(self) -> StepReport:
        config = self.config
        following = (self.steps_done + 1) * config.batch
        self.data.read_ahead(following + torch.cat(self._share.pieces), seed=config.seed)
        batch = self._sampler.batch(self.steps_done)
        self._set_generator_rate()
        self._follow_average(batch.latents)
        loss_d, real_sign, fake_sign, *scores = self._teach_discriminator(batch)
        r1 = None
        if self.steps_done % config.r1_interval == 0:
            r1 = self._penalise_gradient(batch)
        loss_g = self._teach_generator(batch)
        path_length = None
        regular = config.path_length_weight and self.steps_done % config.path_length_interval == 0
        if regular and self._generator_learns:
            path_length = self._penalise_path_length()
        p = self.strength.p if config.augment in ("ada", "fixed") else None
        if config.augment == "ada":
            self.strength.saw(real_sign * config.batch, config.batch)
        return StepReport(loss_g, loss_d, real_sign, fake_sign, r1, path_length, p, *scores)

    @property
    def _generator_learns(self) -> bool:
        return self.images_seen >= self.config.lr_g_delay_kimg * 1000

    def _set_generator_rate(self) -> None:
        """Set the generator's learning rate while it grows."""
        rampup = self.config.lr_g_rampup_kimg * 1000
        if rampup and self._generator_learns:
            learning_for = self.images_seen - self.config.lr_g_delay_kimg * 1000
            (group,) = self._g_optimizer.param_groups
            group["lr"] = self._g_rate * min(learning_for / rampup, 1.0)

    def _follow_average(self, latents: Latents) -> None:
        """Let every process's mean w follow that of the whole batch."""
        net = self.generator
        with torch.no_grad():
            net.mapping(latents.z, latents.labels if net.c_dim else None, update_average=True)

    def _ws(self, latents: Latents) -> Tensor:
        """Map latents to intermediate ones, [n, num_ws, w_dim]."""
        net = self.generator
        c = latents.labels if net.c_dim else None
        ws: Tensor = net.mapping(latents.z, c)
        if latents.other is None or latents.first is None:
            return ws
        takes_other = torch.arange(net.num_ws, device=ws.device) >= latents.first[:, None]
        return torch.where(takes_other[..., None], net.mapping(latents.other, c), ws)

    def _fakes(self, latents: Latents, *, track: bool = False) -> Tensor:
        images: Tensor = self.generator.synthesis(
            self._ws(latents),
            transform=latents.transforms,
            noise="random" if self.config.noise_inputs else "none",
            precision="bf16" if self._bf16 else "fp32",
            update_ema=track,
            ema_beta=self._ema_beta,
        )
        return images

    def _reals(self, piece: Tensor) -> tuple[Tensor, Tensor]:
        start = self.steps_done * self.config.batch
        positions, order = (start + piece).sort()
        reals, labels = self.data.batch(positions, seed=self.config.seed, mirror=self.config.mirror)
        back = order.argsort()
        return reals[back].to(self.device), labels[back].to(self.device)

    def _blur(self, images: Tensor) -> Tensor:
        config = self.config
        if not config.blur_sigma_px or not config.blur_fade_kimg:
            return images
        progress = self.images_seen / (config.blur_fade_kimg * 1000)
        sigma = config.blur_sigma_px * max(1 - progress, 0)
        reach = math.floor(3 * sigma)
        if reach == 0:
            return images
        offsets = torch.arange(-reach, reach + 1, dtype=torch.float32, device=images.device)
        kernel = torch.exp2(-(offsets / sigma).square())
        return ops.upfirdn2d(images, kernel / kernel.sum(), padding=reach)

    def _as_shown(self, images: Tensor, draws: Draws | None, piece: Tensor) -> Tensor:
        """Blur and augment pictures as the discriminator sees them.

        Both are part of what is differentiated: R1 penalises the gradient with respect to the
        pictures as they are in the data set, sharp.
        """
        images = self._blur(images)
        if draws is None:
            return images
        own = draws.at(piece)
        if self.config.augment == "diff":
            return diff_augment(images, own.uniform[:, :DRAWS])
        return augment(images, self.strength.p, own)

    def _teach_discriminator(self, batch: Batch) -> list[float]:
        """Teach the discriminator; returns its loss, then mean signs and means of the scores."""
        sums = self._zeros(5)
        self._d_optimizer.zero_grad(set_to_none=True)
        tally = MagnitudeTally(self._magnitudes)
        for piece in self._share.pieces:
            with torch.set_grad_enabled(self.config.share_fakes and self._generator_learns):
                fakes = self._fakes(batch.latents.at(piece), track=True)
            tally.take()
            if self.config.share_fakes:
                batch.shared.append(fakes)
            reals, labels = self._reals(piece)
            seen = torch.cat(
                [
                    self._as_shown(fakes.detach(), batch.augment_fakes, piece),
                    self._as_shown(reals.to(fakes.dtype), batch.augment_reals, piece),
                ]
            )
            both_labels = torch.cat([batch.latents.labels[piece], labels])
            logits = self.discriminator(
                seen, both_labels, sets=2, torn=self._share.torn, bf16=self._bf16
            )
            fake_logits, real_logits = logits.chunk(2)
            loss = losses.discriminator_loss(fake_logits, real_logits) * self._weight(piece)
            lesson = loss
            if weight := self.config.lecam_weight:
                penalty = self.lecam.penalty(fake_logits, real_logits)
                lesson = loss + penalty * (weight * self._weight(piece))
            lesson.backward()
            scores = [real_logits.detach(), fake_logits.detach()]
            means = [*(x.sign().mean() for x in scores), *(x.mean() for x in scores)]
            weighted = [loss.detach(), *(mean * self._weight(piece) for mean in means)]
            sums += torch.stack(weighted)
        tally.settle(self.ranks)
        summed = self._sum(sums, "the discriminator's loss")
        self._update(self._d_optimizer, self._d_learning)
        *_, real_mean, fake_mean = summed
        self.lecam.follow(fake_mean, real_mean)
        return summed

    def _penalise_gradient(self, batch: Batch) -> float:
        config, sums = self.config, self._zeros(1)
        self._d_optimizer.zero_grad(set_to_none=True)
        for piece in self._share.pieces:
            reals, labels = self._reals(piece)
            images = reals.to(sums.dtype).requires_grad_()
            seen = self._as_shown(images, batch.augment_reals, piece)
            penalty = losses.squared_gradient(
                images, self.discriminator(seen, labels, torn=self._share.torn)
            )
            penalty = penalty * self._weight(piece)
            (penalty * (config.r1_gamma / 2 * config.r1_interval)).backward()
            sums += penalty.detach()
        (value,) = self._sum(sums, "the R1 penalty")
        self._update(self._d_optimizer, self._d_learning)
        return value

    def _teach_generator(self, batch: Batch) -> float:
        sums, learns = self._zeros(1), self._generator_learns
        self._g_optimizer.zero_grad(set_to_none=True)
        self.discriminator.requires_grad_(False)
        for index, piece in enumerate(self._share.pieces):
            latents = batch.lesson.at(piece)
            with torch.set_grad_enabled(learns):
                fakes = batch.shared[index] if self.config.share_fakes else self._fakes(latents)
                seen = self._as_shown(fakes, batch.augment_lesson, piece)
                logits = self.discriminator(
                    seen, latents.labels, torn=self._share.torn, bf16=self._bf16
                )
                loss = losses.generator_loss(logits) * self._weight(piece)
            if learns:
                loss.backward()
            sums += loss.detach()
        for parameter in self._d_learning:
            parameter.requires_grad_(True)
        (value,) = self._sum(sums, "the generator's loss")
        if learns:
            self._update(self._g_optimizer, self._g_learning)
        return value

    def _penalise_path_length(self) -> float:
        config, sums = self.config, self._zeros(2)
        count = max(config.batch // 2, 1)
        latents = self._sampler.latents(Stream.PATH_LENGTH, self.steps_done, count)
        random = keyed_generator(config.seed, Stream.PATH_NOISE, self.steps_done)
        shape = (config.network.img_channels, config.network.height, config.network.width)
        directions = torch.randn(count, *shape, generator=random)
        weight = config.path_length_weight * config.path_length_interval / count
        self._g_optimizer.zero_grad(set_to_none=True)
        for piece in self._share.of_smaller(count):
            if not len(piece):
                continue
            own = latents.at(piece)
            ws = self._ws(own)
            noise: Noise = "random" if config.noise_inputs else "none"
            images = self.generator.synthesis(ws, transform=own.transforms, noise=noise)
            penalty, lengths = self.path_length.penalty(images, ws, directions[piece].to(images))
            (penalty * weight).backward()
            sums += torch.stack([penalty.detach(), lengths])
        _, lengths_sum = self._sum(sums, "the path-length penalty")
        self._update(self._g_optimizer, self._g_learning)
        self.path_length.follow(torch.tensor(lengths_sum / count))
        return float(self.path_length.mean)

    def _weight(self, piece: Tensor) -> float:
        """Return the weight of a piece's mean in the mean of the batch."""
        return len(piece) / self.config.batch

    def _zeros(self, count: int) -> Tensor:
        return torch.zeros(count, device=self.device, dtype=self.path_length.mean.dtype)

    def _sum(self, sums: Tensor, name: str) -> list[float]:
        """Sum values over all processes and check the first."""
        self.ranks.add_up([sums])
        values: list[float] = sums.tolist()
        if not math.isfinite(values[0]):
            raise self._diverged(f"{name} became {values[0]}")
        return values

    def _update(self, optimizer: torch.optim.Optimizer, learning: list[nn.Parameter]) -> None:
        if self.ranks.count > 1:
            # A process whose pieces are all empty has no gradients, and must join in the sum.
            has = torch.tensor([own.grad is not None for own in learning], device=self.device)
            anywhere = has.float()
            self.ranks.add_up([anywhere])
            for own, some in zip(learning, anywhere.tolist(), strict=True):
                if some and own.grad is None:
                    own.grad = torch.zeros_like(own)
            self.ranks.add_up([own.grad for own in learning if own.grad is not None])
        optimizer.step()
        # A fused step does not tell; what is kept of weights goes by it.
        torch.autograd.graph.increment_version(learning)

    def magnitudes(self) -> dict[str, float]:
        """Compute mean and maximum over the layers' tracked mean squares of inputs (StyleGAN3).

        One that grows without end tells of a generator that is about to diverge.
        """
        if not self._magnitudes:
            return {}
        tracked = torch.stack([own.mean() for own in self._magnitudes])
        return {"magnitude_mean": float(tracked.mean()), "magnitude_max": float(tracked.max())}

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
        """Return everything that `load_state_dict` needs to continue: tensors and counters."""
        return {
            "steps_done": self.steps_done,
            "generator": self.generator.state_dict(),
            "discriminator": self.discriminator.state_dict(),
            "ema": self.ema.network.state_dict(),
            "averages": {str(one.length): one.weights for one in self.averages},
            "path_length_mean": self.path_length.mean,
            "augment": dataclasses.asdict(self.strength),
            "lecam": dataclasses.asdict(self.lecam),
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
            for average in self.averages:
                average.load(state["averages"][str(average.length)])
            self._g_optimizer.load_state_dict(state["g_optimizer"])
            self._d_optimizer.load_state_dict(state["d_optimizer"])
            self.path_length.mean = state["path_length_mean"].clone()
            if "augment" in state:  # younger than the first trainings
                self.strength = AdaptiveStrength(**state["augment"])
            if "lecam" in state:
                self.lecam = losses.LeCam(**state["lecam"])
            self.steps_done = int(state["steps_done"])
        except (KeyError, RuntimeError, TypeError) as error:
            reason = str(error).splitlines()[0]
            raise ValueError(f"the saved state does not fit this training: {reason}") from None


def _described(size: tuple[int, int], channels: int, c_dim: int) -> str:
    return (
        f"pictures of {size[1]}x{size[0]} with {counted(channels, 'channel')} and labels of "
        f"{counted(c_dim, 'number')}"
    )


def _adam(parameters: Iterable[nn.Parameter], lr: float, interval: int | None) -> torch.optim.Adam:
    """Make Adam as in the papers; `interval` is that of a lazy penalty with updates of its own.

    Such a penalty makes interval + 1 updates of every interval; rate and decay are corrected so
    that their effect over time stays (Karras et al. 2020, appendix B).
    """
    share = 1.0 if interval is None else interval / (interval + 1)
    return torch.optim.Adam(
        parameters, lr=lr * share, betas=(0.0, 0.99**share), eps=1e-8, fused=True
    )
