"""toRGB of a StyleGAN3 network that was left without its last layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from ops.doubles import device_of_doubles, to_double

if TYPE_CHECKING:
    from generator import Generator
    from generator.stylegan3 import AliasFreeLayer, AliasFreeSynthesis

_FITTED_ON = 32
_FIT_BATCH = 8
_FIT_SEED = 0


@torch.no_grad()
def fit_colours(network: Generator, other: Generator) -> None:
    """Fit toRGB of a StyleGAN3 network so that its pictures come closest to another's.

    Least squares over all pixels of some pictures, with the same colours for every w.

    Args:
        network: Has the other's layers but for the last ones; its toRGB is overwritten.
        other: A network of the same plane, through a window of the same size or a smaller one.
    """
    synthesis = cast("AliasFreeSynthesis", network.synthesis)
    features_of, to_rgb_of = (info.name for info in synthesis.layers[-2:])
    to_rgb = cast("AliasFreeLayer", synthesis.get_submodule(to_rgb_of))
    to_rgb.affine.weight.zero_()
    to_rgb.affine.bias.fill_(1.0)
    like = to_rgb.weight
    size = like.shape[1] + 1
    products = torch.zeros(size, size, dtype=torch.float64, device=device_of_doubles(like.device))
    targets = products[:, : network.img_channels].clone()
    random = torch.Generator().manual_seed(_FIT_SEED)
    for _ in range(_FITTED_ON // _FIT_BATCH):
        z = torch.randn(_FIT_BATCH, other.z_dim, generator=random).to(like.device)
        c = None
        if other.c_dim:
            classes = torch.randint(other.c_dim, (_FIT_BATCH,), generator=random)
            c = torch.eye(other.c_dim)[classes].to(like.device)
        wanted = other.synthesis(other.mapping(z, c), canvas=network.size)
        seen: dict[str, Tensor] = {}
        own_c = None if c is None else c.to(like)
        synthesis(network.mapping(z.to(like), own_c), taps=seen.__setitem__)
        features = _pixels(seen[features_of])
        features = torch.cat([features, torch.ones_like(features[:, :1])], 1)
        products += features.t() @ features
        targets += features.t() @ _pixels(wanted)
    magnitude = products.diagonal()[:-1].mean() / products[-1, -1]
    products.diagonal().add_(1e-6 * products.diagonal().mean())
    solved = torch.linalg.solve(products, targets) / synthesis.output_scale
    # What enters is divided by the root of its tracked magnitude, which a training follows.
    to_rgb.magnitude_ema.copy_(magnitude)
    to_rgb.weight.copy_(solved[:-1].t()[..., None, None] / to_rgb.style_gain * magnitude.sqrt())
    to_rgb.bias.copy_(solved[-1])


def _pixels(maps: Tensor) -> Tensor:
    """Reshape [N, C, H, W] into rows of channels, [N H W, C] in float64."""
    return to_double(maps.permute(0, 2, 3, 1).flatten(0, 2))
