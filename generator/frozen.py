"""Networks whose weights take no gradients, for searches of their inputs."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generator.network import Generator


def frozen(net: Generator) -> Generator:
    """Copy a network, sharing its weights, so that the copy's take no gradients."""
    shared = {id(part): part.detach() for part in net.parameters()}
    return copy.deepcopy(net, shared).requires_grad_(False)
