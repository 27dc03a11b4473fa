"""The StyleGAN2 discriminator: residual blocks, minibatch standard deviation, class projection.

Parameter names are those of the published checkpoints. Weights are stored with unit variance and
scaled at run time (equalised learning rate). The published networks clamp activations for the
sake of float16; bfloat16 has the range of float32 and needs none.
Karras et al. 2020, arXiv 1912.04958.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import ops
from train.config.discriminator import DiscriminatorConfig
from train.share import TornGroups

_MAPPING_DEPTH = 8
_MAPPING_LR_MULTIPLIER = 0.01


class Discriminator(nn.Module):
    """Network that tells real pictures from generated ones.

    Args:
        config: Its shape.
        seed: Seed of the initial weights.
    """

    def __init__(self, config: DiscriminatorConfig, seed: int = 0) -> None:
        super().__init__()
        self.config = config
        random = torch.Generator().manual_seed(seed)
        self.resolutions = [2**k for k in range(int(math.log2(config.resolution)), 2, -1)]
        for resolution in self.resolutions:
            block = _Block(
                config.channels(resolution),
                config.channels(resolution // 2),
                random,
                colours=config.img_channels if resolution == config.resolution else None,
            )
            self.add_module(f"b{resolution}", block)
        channels = config.channels(4)
        self.b4 = _Epilogue(channels, config.grid, config.c_dim, config.group_size, random)
        self.mapping = _LabelMapping(config.c_dim, channels, random) if config.c_dim else None

    def forward(
        self,
        images: Tensor,
        labels: Tensor | None = None,
        *,
        sets: int = 1,
        torn: TornGroups | None = None,
        bf16: bool = False,
    ) -> Tensor:
        """Score pictures.

        Args:
            images: [N, channels, h, w], about -1..1; channels last is fastest.
            labels: [N, c_dim]; None only for an unconditional discriminator.
            sets: The batch is this many sets of equal size, one after the other, which the
                minibatch deviation keeps apart: fakes and reals in one pass.
            torn: The groups of each set, where other processes hold a part of them.
            bf16: Run all but the last block in bfloat16.

        Returns:
            [N, 1] logits in the dtype of the weights; positive means real. Differentiable to second
            order.
        """
        if self.mapping is not None and labels is None:
            raise ValueError(f"this discriminator needs labels, [N, {self.config.c_dim}]")
        own = self.b4.conv.weight.dtype
        x = images.to(torch.bfloat16 if bf16 else own, memory_format=torch.channels_last)
        for resolution in self.resolutions:
            x = self.get_submodule(f"b{resolution}")(x)
        embedded = None if self.mapping is None or labels is None else self.mapping(labels.to(own))
        scores: Tensor = self.b4(x.to(own), embedded, sets, torn)
        return scores


def first_parameters(network: Discriminator, layers: int) -> list[nn.Parameter]:
    """List the parameters of the first layers of a discriminator, from the picture on.

    They see edges and textures, which another data set shares (freeze-D, arXiv 2002.10964).

    Raises:
        ValueError: It has fewer layers.
    """
    weighted = [one for one in network.modules() if isinstance(one, _Conv | _Linear)]
    if layers > len(weighted):
        raise ValueError(f"freeze_d must be at most {len(weighted)} here, got {layers}")
    return [own for layer in weighted[:layers] for own in layer.parameters()]


class _Conv(nn.Module):
    """Convolution, 3x3 or 1x1; `down` blurs with [1, 3, 3, 1] and keeps every other pixel.

    The gain sits in weights and bias, which is the same before a leaky ReLU as after it and costs
    no pass over the activations.
    """

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        kernel: int,
        random: torch.Generator,
        *,
        bias: bool = True,
        down: bool = False,
        activation: str = "lrelu",
        gain: float = 1.0,
    ) -> None:
        super().__init__()
        shape = (channels_out, channels_in, kernel, kernel)
        self.weight = nn.Parameter(
            torch.randn(shape, generator=random).contiguous(memory_format=torch.channels_last)
        )
        self.bias = nn.Parameter(torch.zeros(channels_out)) if bias else None
        self.register_buffer("blur", torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8, persistent=False)
        self.blur: Tensor
        self.down = down
        self.activation = activation
        self.gain = gain * (math.sqrt(2) if activation == "lrelu" else 1.0)
        self.weight_gain = self.gain / math.sqrt(channels_in * kernel**2)

    def forward(self, x: Tensor) -> Tensor:
        weight = (self.weight * self.weight_gain).to(x.dtype)
        bias = None if self.bias is None else (self.bias * self.gain).to(x.dtype)
        kernel = weight.shape[-1]
        if not self.down:
            x = ops.convolve(x, weight, padding=kernel // 2)
        elif kernel == 1:
            x = F.conv2d(ops.upfirdn2d(x, self.blur, down=2, padding=1), weight)
        else:
            x = F.conv2d(ops.upfirdn2d(x, self.blur, padding=2), weight, stride=2)
        if self.activation == "linear" and bias is None:
            return x
        return ops.bias_act(x, bias, activation=self.activation, alpha=0.2, gain=1.0)


class _Linear(nn.Module):
    """Fully connected layer with a learning-rate multiplier."""

    def __init__(
        self,
        features_in: int,
        features_out: int,
        random: torch.Generator,
        *,
        activation: str = "linear",
        lr_multiplier: float = 1.0,
    ) -> None:
        super().__init__()
        weight = torch.randn(features_out, features_in, generator=random) / lr_multiplier
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.zeros(features_out))
        self.activation = activation
        self.weight_gain = lr_multiplier / math.sqrt(features_in)
        self.bias_gain = lr_multiplier

    def forward(self, x: Tensor) -> Tensor:
        x = F.linear(x, self.weight * self.weight_gain, self.bias * self.bias_gain)
        # On vectors the activation is too small a work for an operation of its own.
        return F.leaky_relu(x, 0.2) * math.sqrt(2) if self.activation == "lrelu" else x


class _Block(nn.Module):
    """Two convolutions beside a skip connection; halves the resolution."""

    def __init__(
        self, channels: int, channels_out: int, random: torch.Generator, *, colours: int | None
    ) -> None:
        super().__init__()
        half = math.sqrt(0.5)
        self.fromrgb = None if colours is None else _Conv(colours, channels, 1, random)
        self.conv0 = _Conv(channels, channels, 3, random)
        self.conv1 = _Conv(channels, channels_out, 3, random, down=True, gain=half)
        self.skip = _Conv(
            channels, channels_out, 1, random, bias=False, down=True, activation="linear", gain=half
        )

    def forward(self, x: Tensor) -> Tensor:
        if self.fromrgb is not None:
            x = self.fromrgb(x)
        halved: Tensor = self.skip(x) + self.conv1(self.conv0(x))
        return halved


class _Epilogue(nn.Module):
    """Last layers: from maps of the coarsest grid, 4x4 of a square picture, to one score."""

    def __init__(
        self,
        channels: int,
        grid: tuple[int, int],
        c_dim: int,
        group_size: int,
        random: torch.Generator,
    ) -> None:
        super().__init__()
        self.group_size = group_size
        self.conv = _Conv(channels + 1, channels, 3, random)
        self.fc = _Linear(channels * grid[0] * grid[1], channels, random, activation="lrelu")
        self.out = _Linear(channels, channels if c_dim else 1, random)

    def forward(
        self, x: Tensor, embedded: Tensor | None, sets: int, torn: TornGroups | None
    ) -> Tensor:
        x = self.conv(_append_batch_deviation(x, self.group_size, sets, torn))
        x = self.out(self.fc(x.flatten(1)))
        if embedded is None:
            return x
        return (x * embedded).sum(1, keepdim=True) / math.sqrt(x.shape[1])


class _LabelMapping(nn.Module):
    """Embedding of a label, mapped to the direction that the features are projected on."""

    def __init__(self, c_dim: int, features: int, random: torch.Generator) -> None:
        super().__init__()
        self.embed = _Linear(c_dim, features, random)
        for index in range(_MAPPING_DEPTH):
            layer = _Linear(
                features,
                features,
                random,
                activation="lrelu",
                lr_multiplier=_MAPPING_LR_MULTIPLIER,
            )
            self.add_module(f"fc{index}", layer)

    def forward(self, labels: Tensor) -> Tensor:
        x: Tensor = self.embed(labels)
        x = x * (x.square().mean(1, keepdim=True) + 1e-8).rsqrt()
        for index in range(_MAPPING_DEPTH):
            x = self.get_submodule(f"fc{index}")(x)
        return x


def _append_batch_deviation(
    x: Tensor, group_size: int, sets: int, torn: TornGroups | None
) -> Tensor:
    """Append one channel: how much the samples of a group differ, averaged over their features."""
    samples, _, height, width = x.shape
    if samples % sets:
        raise ValueError(f"{samples} pictures are not {sets} sets of equal size")
    in_set = samples // sets
    if torn is None:
        group = math.gcd(min(group_size, in_set), in_set)
        grouped = x.unflatten(0, (sets, group, in_set // group))
        variance = (grouped - grouped.mean(1, keepdim=True)).square().mean(1)
        deviation = _mean_deviation(variance)[:, None].expand(-1, group, -1)
    else:
        listed = x.unflatten(0, (sets, in_set))
        centred = listed - torn.means(listed)[:, torn.group_of]
        deviation = _mean_deviation(torn.means(centred.square()))[:, torn.group_of]
    column = deviation.reshape(samples, 1, 1, 1)
    x = torch.cat([x, column.expand(-1, 1, height, width)], 1)
    return x.contiguous(memory_format=torch.channels_last)


def _mean_deviation(variance: Tensor) -> Tensor:
    """Average deviations over features: [sets, groups, C, H, W] to [sets, groups]."""
    return (variance + 1e-8).sqrt().mean([2, 3, 4])
