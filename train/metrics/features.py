"""Features that a trained classifier sees in pictures; distances are taken between them.

Two extractors: EfficientNet-Lite0, whose weights come with a package, and the Inception network of
the published FID, whose weights the user brings. Only the second one's distances are called FID,
KID or IS; the first one's carry its name.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save
from torch import Tensor

from generator.files.atomic_files import write_atomically
from generator.perception.lpips import weights_folder
from train.metrics.colours import in_colours

if TYPE_CHECKING:
    from train.data.dataset import ImageDataset

ExtractorName = Literal["effnet", "inception"]
Progress = Callable[[int, int], None]

INCEPTION_FILE = "pt_inception-2015-12-05-6726825d.pth"
INCEPTION_VARIABLE = "AFV_INCEPTION"
"""Environment variable with the file's path, if it is not in the cache folder."""
_INCEPTION_DIGITS = "6726825d"
BATCH = 32


@dataclass(frozen=True)
class Features:
    """Features of many pictures."""

    pooled: Tensor
    """Pooled features, [N, D] float32."""
    logits: Tensor | None = None
    """Logits of Inception, [N, 1008] float32: what IS is made of."""


class Extractor:
    """Network that turns pictures into features, batch by batch.

    Args:
        name: Which network.

    Raises:
        ValueError: its weights are not there; the message says how to get them.
    """

    def __init__(self, name: ExtractorName) -> None:
        self.name = name
        self._run = _effnet() if name == "effnet" else _inception()

    @torch.inference_mode()
    def __call__(self, batches: Iterable[Tensor], progress: Progress, total: int) -> Features:
        """Compute features of `total` pictures in batches, [n, channels, h, w] uint8."""
        pooled, logits, done = [], [], 0
        for images in batches:
            one, scores = self._run(in_colours(images))
            pooled.append(one.float())
            if scores is not None:
                logits.append(scores.float())
            done += len(images)
            progress(done, total)
        return Features(torch.cat(pooled), torch.cat(logits) if logits else None)


Run = Callable[[Tensor], tuple[Tensor, Tensor | None]]


def _effnet() -> Run:
    from generator.perception.efficientnet import INPUT_PX, load_efficientnet

    net = load_efficientnet()

    def run(images: Tensor) -> tuple[Tensor, None]:
        size = (INPUT_PX, INPUT_PX)
        x = F.interpolate(images.float(), size, mode="bicubic", antialias=True)
        x = (x.clamp(0, 255) - 127) / 128
        return net(x.contiguous(memory_format=torch.channels_last)), None

    return run


def check_inception() -> None:
    """Make sure that the Inception network can be used here.

    Raises:
        ValueError: Its weights or torch-fidelity are missing; the message says how to get them.
    """
    path = inception_path()
    if not path.is_file():
        raise ValueError(
            f"FID, KID and IS need the Inception weights: put {INCEPTION_FILE} (from the releases "
            f"of torch-fidelity) at {path}, or name it with {INCEPTION_VARIABLE}; "
            "kid_effnet and fd_effnet need no download"
        )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if not digest.startswith(_INCEPTION_DIGITS):
        raise ValueError(f"{path} is not the published file: its SHA-256 begins {digest[:8]}")
    if importlib.util.find_spec("torch_fidelity") is None:
        raise ValueError(
            "FID, KID and IS need torch-fidelity: pip install -r requirements-metrics.txt"
        )


def _inception() -> Run:
    check_inception()
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    weights = torch.load(inception_path(), weights_only=True)
    # It would unpickle the file itself, code and all; what it gets was written here from tensors.
    with tempfile.TemporaryDirectory() as folder:
        clean = Path(folder) / "inception.pth"
        torch.save(weights, clean)
        net = FeatureExtractorInceptionV3(
            "inception-v3-compat",
            ["2048", "logits_unbiased"],
            feature_extractor_weights_path=str(clean),
        )
    net.eval().requires_grad_(False)

    def run(images: Tensor) -> tuple[Tensor, Tensor]:
        pooled, logits = net(images)
        return pooled, logits

    return run


def inception_path() -> Path:
    """Return where the Inception weights are looked for."""
    named = os.environ.get(INCEPTION_VARIABLE)
    return Path(named) if named else weights_folder() / INCEPTION_FILE


def of_data(extractor: Extractor, data: ImageDataset, progress: Progress) -> Features:
    """Compute features of a whole data set; the user's cache keeps them for the next time."""
    kept = weights_folder() / f"{extractor.name}-{data.fingerprint()}.safetensors"
    if kept.is_file():
        stored = load_file(kept)
        return Features(stored["pooled"], stored.get("logits"))
    found = extractor(data.in_order(BATCH), progress, len(data))
    tensors = {"pooled": found.pooled}
    if found.logits is not None:
        tensors["logits"] = found.logits
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(kept, save(tensors))
    return found
