"""The settings of a training: every value that decides its outcome."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, Literal, get_args

from generator.config import NetworkConfig
from generator.shapes import discriminator_unit
from train.config.discriminator import DiscriminatorConfig
from train.words import counted

MOST_SETTINGS_BYTES = 1 << 20
"""Largest `config.json` that is read, far above what a trainer writes."""

SHORTEST, LONGEST = 0.01, 0.25
"""Lengths that an average of weights can have, as shares of the training."""

Precision = Literal["auto", "fp32", "bf16", "fp64"]
Augment = Literal["off", "ada", "fixed", "diff"]


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Settings of a training.

    Raises:
        ValueError: a field is out of range; the message names it.
    """

    network: NetworkConfig = field(default_factory=NetworkConfig)
    """The generator. Its size, channels and label length are taken from the data."""
    d_channel_base: int = 32768
    """Discriminator: channels times resolution."""
    d_channel_max: int = 512
    """Discriminator: most channels at any resolution."""
    group_size: int = 4
    """Discriminator: samples that the minibatch standard deviation compares."""

    batch: int = 32
    """Pictures per step, over all processes. On a CPU small batches learn fastest: 4 to 8."""
    micro_batch: int | None = None
    """Most pictures a process computes at a time; the gradients of a step add up. Less memory, the
    same steps. None: its whole share."""
    kimg: float = 25000.0
    """Length of the training, thousands of real pictures shown."""
    seed: int = 0
    """Seed of the initial weights and of every random draw."""
    mirror: bool = False
    """Show every other picture flipped left to right."""
    lr_g: float = 0.0025
    """Learning rate of the generator."""
    lr_g_delay_kimg: float = 0.0
    """Thousands of pictures in which the discriminator alone learns: a fresh one's first opinions
    are noise, and would undo what a trained generator knows."""
    lr_g_rampup_kimg: float = 0.0
    """Thousands of pictures, after that, in which the generator's learning rate grows from
    nothing."""
    lr_d: float = 0.002
    """Learning rate of the discriminator."""
    gamma: float | None = None
    """Weight of the R1 penalty; None takes gamma_factor * 0.0002 * pixels / batch. Worth
    trying: 2x and 4x either way."""
    gamma_factor: float = 1.0
    """Factor where gamma is None: how many times the weight that suits picture size and batch."""
    r1_interval: int = 16
    """Steps between two R1 penalties."""
    style_mixing: float = 0.0
    """Probability that a sample takes its later styles from a second latent (StyleGAN2)."""
    noise_inputs: bool = True
    """Add noise to every layer while training (StyleGAN2). Without it (config C of the StyleGAN3
    paper's ablation) the strengths stay at zero, and a short training learns shapes, where noise
    would be the easier way to look detailed."""
    input_shift: float = 0.0
    """Largest random shift of the input while training, picture widths to every side (networks with
    Fourier features): the plane far from the origin is trained too. 0 trains one window, which w
    may move."""
    path_length_weight: float = 0.0
    """Weight of the path-length penalty (StyleGAN2); 0 is off."""
    path_length_interval: int = 4
    """Steps between two path-length penalties."""
    augment: Augment = "off"
    """Change what the discriminator sees by chance (`bgc` of Karras et al. 2020), against
    overfitting: `ada` with a probability that adapts, `fixed` with `augment_p`. For fewer than
    30,000 pictures. `diff` always changes colours, moves, and cuts a square out (Zhao et al.
    2020)."""
    augment_p: float = 0.0
    """Probability of each change, 0 to 1; with `ada` the one to start from."""
    ada_target: float = 0.6
    """Mean sign of the scores of real pictures that `ada` keeps to."""
    ada_interval: int = 4
    """Steps between two adjustments."""
    ada_kimg: float | None = None
    """Thousands of pictures in which the probability could go from 0 to 1; None takes a fifth of
    the training, 500 at most. The paper fine-tunes with 100."""
    lecam_weight: float = 0.0
    """Weight of LeCam's penalty (Tseng et al. 2021), which keeps the discriminator from becoming
    ever surer of few pictures; 0 is off. The paper takes 0.1 to 0.5 with small sets."""
    share_fakes: bool = False
    """Let both networks learn from one batch of generated pictures per step. The generator's lesson
    then lags the discriminator's by nothing but the same pictures; saves a quarter of the
    generator's work."""
    freeze_d: int = 0
    """Number of first layers of the discriminator that do not learn (fine-tuning; 4 to 10)."""
    ema_half_life_kimg: float | None = None
    """Half-life of the averaged generator; None takes batch * 10 / 32."""
    ema_rampup: float | None = 0.05
    """Largest half-life as a fraction of the pictures seen; None is no limit."""
    average_lengths: tuple[float, ...] = ()
    """Lengths, as shares of the training, of further averages that every snapshot keeps: from two,
    0.05 and 0.1, `average` makes that of any other length afterwards."""
    magnitude_half_life_kimg: float = 20.0
    """StyleGAN3: half-life of the tracked activation magnitudes per picture of the batch: the decay
    of a step is 0.5^(batch / this)."""
    blur_sigma_px: float = 0.0
    """Blur 2^-(x/sigma)^2 of the pictures that the discriminator sees first (StyleGAN3-R)."""
    blur_fade_kimg: float = 0.0
    """Thousands of pictures in which the blur fades away."""

    precision: Precision = "auto"
    """Precision of the convolutions; auto measures once which is faster here. Penalties are always
    fp32. fp64 is for checks."""
    tick_kimg: float = 0.2
    """Thousands of pictures between two lines of the log."""
    snapshot_kimg: float = 2.0
    """Thousands of pictures between two snapshots: state, averaged network and sample grid."""

    keep_states: int = 2
    """Number of newest states that stay; older ones are deleted."""
    keep_networks: int | None = None
    """Number of newest networks that stay, besides the best by a metric; None: all."""

    metrics: tuple[str, ...] = ()
    """Metrics of the training data to measure meanwhile: see `python -m train metrics --help`."""
    metrics_samples: int = 1000
    """Pictures generated to measure on."""
    metrics_every: int = 5
    """Snapshots between two measurements."""

    def __post_init__(self) -> None:
        for name in ("metrics", "average_lengths"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # JSON knows lists only
        self._check_numbers()
        self._check_lengths()
        for name in ("style_mixing", "augment_p", "ada_target"):
            if getattr(self, name) > 1:
                raise ValueError(f"{name} must be at most 1, got {getattr(self, name)}")
        if (reason := self.network.why_not_trained) is not None:
            raise ValueError(f"such a network cannot be trained: {reason}")
        if self.input_shift and self.network.input == "const":
            raise ValueError("input_shift needs a network whose input is Fourier features")
        for name, kind in (("precision", Precision), ("augment", Augment)):
            if getattr(self, name) not in get_args(kind):
                choices = ", ".join(get_args(kind))
                raise ValueError(
                    f"{name} must be one of {choices}, got {getattr(self, name)!r:.60}"
                )

    def _check_lengths(self) -> None:
        for length in self.average_lengths:
            if not _is_number(length, int | float) or not SHORTEST <= length <= LONGEST:
                raise ValueError(
                    f"average_lengths must be numbers from {SHORTEST} to {LONGEST}, "
                    f"got {length!r:.60}"
                )

    def _check_numbers(self) -> None:
        for name, (least, most) in _WHOLE.items():
            value = getattr(self, name)
            if value is None and name in _OPTIONAL_WHOLE:
                continue
            if not _is_number(value, int) or not least <= value <= most:
                raise ValueError(
                    f"{name} must be a whole number from {least} to {most}, got {value!r:.60}"
                )
        for name in _POSITIVE + _NOT_NEGATIVE + _OPTIONAL:
            value = getattr(self, name)
            if value is None and name in _OPTIONAL:
                continue
            if not _is_number(value, int | float) or not 0 <= value <= _MOST:
                raise ValueError(f"{name} must be a number from 0 to {_MOST:g}, got {value!r:.60}")
            if value == 0 and name in _POSITIVE:
                raise ValueError(f"{name} must be positive, got {value}")

    @property
    def r1_gamma(self) -> float:
        """Weight of the R1 penalty."""
        if self.gamma is not None:
            return self.gamma
        pixels = self.network.height * self.network.width
        return self.gamma_factor * 0.0002 * pixels / self.batch

    @property
    def ada_range_kimg(self) -> float:
        """Thousands of pictures in which ADA's probability could go from 0 to 1."""
        if self.ada_kimg is not None:
            return self.ada_kimg
        return min(self.kimg / 5, 500.0)

    @property
    def ema_half_life(self) -> float:
        """Half-life of the averaged generator, thousands of pictures."""
        if self.ema_half_life_kimg is not None:
            return self.ema_half_life_kimg
        return self.batch * 10 / 32

    @property
    def discriminator(self) -> DiscriminatorConfig:
        """Shape of the discriminator that belongs to the generator."""
        size = (self.network.height, self.network.width)
        return DiscriminatorConfig(
            resolution=discriminator_unit(size),
            size=size,
            img_channels=self.network.img_channels,
            c_dim=self.network.c_dim,
            channel_base=self.d_channel_base,
            channel_max=self.d_channel_max,
            group_size=self.group_size,
        )

    def for_data(self, *, size: tuple[int, int], c_dim: int, channels: int = 3) -> "TrainConfig":
        """Make the same training for pictures of another height and width, or with other labels."""
        network = self.network.for_pictures(size=size, c_dim=c_dim, img_channels=channels)
        return dataclasses.replace(self, network=network)

    def to_dict(self) -> dict[str, Any]:
        """Return every field, as values that JSON can hold."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "TrainConfig":
        """Make the configuration that `to_dict` described.

        Raises:
            ValueError: unknown fields, wrong types or values out of range.
        """
        if not isinstance(fields, Mapping):
            raise ValueError(f"a training's configuration must be an object, got {fields!r:.60}")
        known = {entry.name for entry in dataclasses.fields(cls)}
        unknown = sorted(set(fields) - known)
        if unknown:
            raise ValueError(f"unknown training option {unknown[0]!r:.60}")
        network = NetworkConfig.from_dict(fields.get("network", {}))
        return cls(**{**fields, "network": network})


_LARGEST_BATCH = 1 << 16
_COUNTABLE = 1 << 31
_WHOLE = {
    "d_channel_base": (1, 1 << 24),
    "d_channel_max": (1, 1 << 14),
    "group_size": (1, _LARGEST_BATCH),
    "batch": (1, _LARGEST_BATCH),
    "seed": (0, (1 << 63) - 1),
    "freeze_d": (0, 1000),
    "r1_interval": (1, _COUNTABLE),
    "path_length_interval": (1, _COUNTABLE),
    "ada_interval": (1, _COUNTABLE),
    "metrics_samples": (5, 10_000_000),
    "metrics_every": (1, _COUNTABLE),
    "keep_states": (1, _COUNTABLE),
    "keep_networks": (1, _COUNTABLE),
    "micro_batch": (1, _LARGEST_BATCH),
}
"""Least and most of the whole numbers."""
_OPTIONAL_WHOLE = ("micro_batch", "keep_networks")
_POSITIVE = ("kimg", "magnitude_half_life_kimg", "tick_kimg", "snapshot_kimg", "ada_kimg")
_NOT_NEGATIVE = (
    "lr_g",
    "lr_g_delay_kimg",
    "lr_g_rampup_kimg",
    "gamma_factor",
    "lr_d",
    "style_mixing",
    "input_shift",
    "path_length_weight",
    "lecam_weight",
    "blur_sigma_px",
    "blur_fade_kimg",
    "augment_p",
    "ada_target",
)
_OPTIONAL = ("gamma", "ema_half_life_kimg", "ema_rampup", "ada_kimg")
# Far beyond any use, and a thousand of it is still a finite number of pictures.
_MOST = 1e18


def _is_number(value: object, kind: type | UnionType) -> bool:
    # True and False are ints to Python.
    return isinstance(value, kind) and not isinstance(value, bool)


VERY_FEW = 5_000
"""Number of pictures below which no training does well without augmentation."""


def augment_advice(config: TrainConfig, pictures: int) -> str | None:
    """Warn in one line where the augmentation does not suit the size of the data set; else None.

    Karras et al. 2020 (arXiv 2006.06676): it helps below 30,000 pictures, harms from 100,000.
    Mirrored pictures count.
    """
    shown = pictures * (2 if config.mirror else 1)
    if config.augment == "off" and pictures < 30_000:
        first = (
            "the discriminator soon knows them by heart:"
            if pictures < VERY_FEW
            else "if sign real and sign fake part towards +1 and -1,"
        )
        return (
            f"a data set of {counted(pictures, 'picture')} is small: {first} train with --augment "
            "ada, and with --mirror where left and right do not matter"
        )
    if config.augment == "ada" and shown >= 100_000:
        return f"a data set of {counted(shown, 'picture')} is large: --augment off is better"
    return None


def flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten nested settings, `{"network": {"kind": …}}` to `network.kind`."""
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{inner}": one for inner, one in flat(value).items()}
        else:
            found[str(name)] = value
    return found
