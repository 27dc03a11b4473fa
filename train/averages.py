"""Averages of the weights whose length is chosen after the training.

A long average is smoother, a short one newer, and which is best shows at the end only. A training
therefore keeps, at every snapshot, averages of a few lengths with a power of the time as their
profile; that of any other length is a sum of them, fitted to its profile by least squares.
Karras et al. 2024, arXiv 2312.02696 (EDM2), section 3.1 and appendix C.
"""

from __future__ import annotations

import copy
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from generator import Generator, load_network
from generator.files.atomic_files import write_atomically
from generator.files.run_folders import snapshots
from train.config.training import LONGEST, SHORTEST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor, nn

# Close together at both ends, where a polynomial through them would miss the most (Chebyshev).
_NODES = tuple(
    min(
        max(
            SHORTEST * (LONGEST / SHORTEST) ** (0.5 - 0.5 * math.cos(math.pi * index / 7)), SHORTEST
        ),
        LONGEST,
    )
    for index in range(8)
)
_FILE = re.compile(r"averages-(\d{6,})\.(\d{3})\.safetensors")


def exponent(length: float) -> float:
    """Find the power of the time that weighs the past so that an average has a relative length.

    Args:
        length: Standard deviation of the profile, as a share of the training; 0.01…0.25.

    Raises:
        ValueError: The length is out of range.
    """
    if not SHORTEST <= length <= LONGEST:
        raise ValueError(f"the length of an average is {SHORTEST} to {LONGEST}, got {length}")
    inverse = length**-2
    # (γ + 1) / ((γ + 2)² (γ + 3)) = length²
    roots = np.roots([1.0, 7.0, 16.0 - inverse, 12.0 - inverse])
    return float(max(root.real for root in roots if abs(root.imag) < 1e-6))


class PowerAverage:
    """Average of a network's parameters with the profile t^γ.

    Args:
        network: The trained network.
        length: As `exponent` takes it.
    """

    def __init__(self, network: nn.Module, length: float) -> None:
        self.length = length
        self._power = exponent(length) + 1
        self._trained = dict(network.named_parameters())
        self.weights = {name: own.detach().clone() for name, own in self._trained.items()}

    @torch.no_grad()
    def update(self, *, images_seen: int, batch_size: int) -> None:
        """Move on by a step of `batch_size` pictures, after which `images_seen` have been seen."""
        kept = (1 - batch_size / images_seen) ** self._power
        trained: list[Tensor] = list(self._trained.values())
        torch._foreach_lerp_(list(self.weights.values()), trained, 1 - kept)

    @torch.no_grad()
    def load(self, weights: Mapping[str, Tensor]) -> None:
        """Continue with stored weights.

        Raises:
            KeyError: One is missing.
        """
        for name, own in self.weights.items():
            own.copy_(weights[name])


def save_averages(folder: Path, averages: Sequence[PowerAverage], images_seen: int) -> None:
    """Write the averages of a snapshot, in half precision."""
    tensors = {
        f"{average.length}/{name}": own.cpu().half().contiguous()
        for average in averages
        for name, own in average.weights.items()
    }
    name = f"averages-{images_seen // 1000:06d}.{images_seen % 1000:03d}.safetensors"
    write_atomically(folder / name, save(tensors))


@dataclass(frozen=True)
class _Stored:
    """An average in a file."""

    path: Path
    length: float
    kimg: float


def averaged_network(run: Path, length: float, kimg: float | None = None) -> Generator:
    """Make the network whose weights are averaged over a length of one's choice.

    Args:
        run: Run folder of a training with `average_lengths`.
        length: As `exponent` takes it.
        kimg: Thousands of pictures at which the average ends; None: as late as possible.

    Raises:
        ValueError: The length is out of range, or the folder has no averages, or none before that.
        NetworkFileError: It has no network.
    """
    return _combined(run, [length], kimg)[0]


class LengthChoice:
    """The networks of a run for all lengths of the average, quickly one after the other.

    Everything the run has kept is read once, for averages of a few lengths; one of any other is a
    sum of these, whose profile misses the wanted one by less than a hundredth.

    Args:
        run: As `averaged_network` takes it.
        progress: Told which fraction has been read, 0…1; whatever it raises ends the reading.

    Raises:
        ValueError, NetworkFileError: As `averaged_network` does.
    """

    def __init__(
        self, run: Path, progress: Callable[[float], None] = lambda fraction: None
    ) -> None:
        nodes = _combined(run, _NODES, None, progress)
        self._net = nodes[0]
        self._nodes = [
            {name: own.detach().half() for name, own in node.named_parameters()} for node in nodes
        ]

    @torch.no_grad()
    def network(self, length: float) -> Generator:
        """Make the network of one length.

        Raises:
            ValueError: The length is out of range.
        """
        weights = _mixture([(exponent(one), 1.0) for one in _NODES], (exponent(length), 1.0))
        net = copy.deepcopy(self._net)
        for name, own in net.named_parameters():
            own.zero_()
            for node, weight in zip(self._nodes, weights, strict=True):
                own.add_(node[name].float(), alpha=float(weight))
        net.info["average_length"] = length
        return net


def newest_averages(run: Path) -> Path:
    """Find the newest file of averages in a run folder.

    Raises:
        ValueError: There is none.
    """
    found = [path for path in run.glob("averages-*.safetensors") if _FILE.fullmatch(path.name)]
    if not found:
        raise ValueError(_without(run))
    return max(found)


def _combined(
    run: Path,
    lengths: Sequence[float],
    kimg: float | None,
    progress: Callable[[float], None] = lambda fraction: None,
) -> list[Generator]:
    """Make the networks of several lengths, reading every stored average once."""
    powers = [exponent(length) for length in lengths]
    stored = [one for one in _stored(run) if kimg is None or one.kimg <= kimg + 1e-9]
    if not stored:
        raise ValueError(_without(run, "" if kimg is None else f" up to {kimg:g} kimg"))
    end = max(one.kimg for one in stored)
    profiles = [(exponent(one.length), one.kimg) for one in stored]
    weights = [_mixture(profiles, (power, end)) for power in powers]
    found = [one for one in snapshots(run) if one.kimg <= end] or snapshots(run)
    # What is not learned, such as the mean of w, is the newest.
    first = load_network(found[-1].path if found else run)
    nets = [first, *(copy.deepcopy(first) for _ in lengths[1:])]
    totals = [{name: torch.zeros_like(own) for name, own in net.named_parameters()} for net in nets]
    for index, one in enumerate(stored):
        _add(totals, one, [own[index] for own in weights])
        progress((index + 1) / len(stored))
    with torch.no_grad():
        for net, total in zip(nets, totals, strict=True):
            for name, own in net.named_parameters():
                own.copy_(total[name])
    return nets


def _without(run: Path, when: str = "") -> str:
    return f"{run} has no averages{when}; train with --average-lengths 0.05 0.1 to have them"


def _stored(run: Path) -> list[_Stored]:
    found = []
    for path in sorted(run.glob("averages-*.safetensors")):
        if (match := _FILE.fullmatch(path.name)) is None:
            continue
        with _opened(path) as file:
            lengths = sorted({name.partition("/")[0] for name in file.keys()})  # noqa: SIM118
        kimg = int(match[1]) + int(match[2]) / 1000
        found += [_Stored(path, float(length), kimg) for length in lengths]
    return found


def _opened(path: Path) -> safe_open:
    try:
        return safe_open(path, framework="pt")
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} is damaged ({error}); move it out of the run folder") from None


def _add(totals: Sequence[Mapping[str, Tensor]], stored: _Stored, weights: Sequence[float]) -> None:
    with _opened(stored.path) as file:
        for name in totals[0]:
            tensor = file.get_tensor(f"{stored.length}/{name}").float()
            for total, weight in zip(totals, weights, strict=True):
                total[name].add_(tensor, alpha=float(weight))


def _mixture(
    profiles: Sequence[tuple[float, float]], wanted: tuple[float, float]
) -> NDArray[np.float64]:
    """Weigh profiles so that their sum comes closest to a wanted one (EDM2, appendix C.2).

    Args:
        profiles: Power and end of each.
        wanted: Those of the wanted one.
    """
    products = np.array([[_product(one, other) for other in profiles] for one in profiles])
    targets = np.array([_product(one, wanted) for one in profiles])
    weights: NDArray[np.float64] = np.linalg.lstsq(products, targets, rcond=1e-12)[0]
    # Weights that sum to 1 leave alone what did not change in the training.
    normalised: NDArray[np.float64] = weights / weights.sum()
    return normalised


def _product(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Integrate the product of two profiles (γ + 1) t^γ / end^(γ + 1)."""
    (a, end_a), (b, end_b) = one, other
    common = min(end_a, end_b)
    scale = (common / end_a) ** (a + 1) * (common / end_b) ** (b + 1) / common
    return float((a + 1) * (b + 1) / (a + b + 1) * scale)
