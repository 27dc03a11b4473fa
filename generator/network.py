"""The generator: a mapping and a synthesis network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from generator.mapping import MappingNetwork
from generator.stylegan2 import StyleGan2Synthesis
from generator.stylegan3 import AliasFreeSynthesis

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PIL.Image import Image

    from generator.config import Kind, NetworkConfig
    from generator.synthesis import SynthesisNetwork


class Generator(nn.Module):
    """A generator network of any of the three systems; made by `build_network`."""

    config: NetworkConfig
    info: dict[str, Any]
    """Training figures that came with the file, or nothing."""
    preview: Image | None
    """Small picture that came with the file."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.info = {}
        self.preview = None
        self.synthesis: SynthesisNetwork
        if config.kind == "stylegan2":
            self.synthesis = StyleGan2Synthesis(config)
        else:
            self.synthesis = AliasFreeSynthesis(config)
        self.mapping = MappingNetwork(
            config.z_dim,
            config.c_dim,
            config.w_dim,
            self.synthesis.num_ws,
            config.mapping_features,
            config.class_features,
        )

    @property
    def kind(self) -> Kind:
        """The system: StyleGAN2, StyleGAN3-T or StyleGAN3-R."""
        return self.config.kind

    @property
    def resolution(self) -> int:
        """Width and height of square pictures; of others the length that transforms count in."""
        return self.config.resolution

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the pictures in pixels."""
        return self.config.height, self.config.width

    @property
    def z_dim(self) -> int:
        """Numbers in z."""
        return self.config.z_dim

    @property
    def c_dim(self) -> int:
        """Numbers in a class label, 0 without classes."""
        return self.config.c_dim

    @property
    def w_dim(self) -> int:
        """Numbers in w."""
        return self.config.w_dim

    @property
    def num_ws(self) -> int:
        """Copies of w that the synthesis network takes."""
        return self.synthesis.num_ws

    @property
    def img_channels(self) -> int:
        """Channels of the pictures."""
        return self.config.img_channels


def build_network(config: NetworkConfig, seed: int = 0) -> Generator:
    """A freshly initialised network in float32 on the CPU, in evaluation mode.

    Args:
        config: The architecture.
        seed: Of the initial weights; the global random state is left as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = Generator(config)
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net.eval()


def blank_network(config: NetworkConfig) -> Generator:
    """A network whose random weights hold anything, for those that are about to be filled.

    Like `build_network`, without the time and the memory that random numbers take: the weights
    take up memory as they are written.
    """
    with _NothingDrawn():
        net = Generator(config)
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net.eval()


class _NothingDrawn(TorchFunctionMode):
    """Inside it tensors that would be drawn at random hold what their memory held."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func in (torch.randn, torch.rand):
            func = torch.empty
        return func(*args, **(kwargs or {}))


def to_uint8(image: Tensor) -> Tensor:
    """Pictures of -1 to 1 as bytes: clamp(127.5·x + 128, 0, 255), truncated."""
    return (image * 127.5 + 128).clamp(0, 255).to(torch.uint8)
