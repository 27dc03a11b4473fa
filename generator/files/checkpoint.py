"""Network files: safetensors with JSON metadata in the header, and NVIDIA's pickles.

The metadata of our own files holds `format`, `version`, `config` (a `NetworkConfig` as JSON),
`info` (training figures as JSON) and optionally `preview` (a PNG in base64). Beside the network's
tensors the file may hold those of its discriminator, to train on from. Reading executes nothing,
and builds no network larger than its file.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from generator.config import NetworkConfig
from generator.files.atomic_files import write_atomically
from generator.files.errors import NetworkFileError
from generator.files.kinds import kind_of
from generator.files.pickles.importer import Progress, load_pickle
from generator.files.published import NetworkCache, find_published, is_published
from generator.files.run_folders import Pick, pick_snapshot
from generator.files.sanitise import plain_figures, readable
from generator.layers import count_weights
from generator.network import Generator, blank_network

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = "alias-free-visualizer network"
VERSION = 1
PREVIEW_MAX_PX = 1024
MAX_INFO_CHARACTERS = 1 << 20
MAX_CONFIG_CHARACTERS = 1 << 16
MAX_HEADER_BYTES = 8 << 20
"""Size of names, shapes, training figures and preview together, as JSON."""
MAX_TENSORS = 1 << 14

_QUOTES_PER_TENSOR = 10
_DISCRIMINATOR = "discriminator."
"""What the names of a discriminator's tensors begin with."""

_DTYPES = ("F64", "F32", "F16", "BF16")


def save_network(
    path: str | Path,
    net: Generator,
    *,
    info: Mapping[str, Any] | None = None,
    preview: Image.Image | None = None,
    discriminator: Mapping[str, Tensor] | None = None,
    half: bool = False,
) -> None:
    """Write a network file, all at once: a crash leaves the old file or the new one.

    Args:
        path: Ends in .safetensors.
        net: The network; its weights are stored as they are.
        info: Training figures, values that JSON can hold; kept as `net.info`.
        preview: Small picture, kept as `net.preview`; at most 1024 pixels a side.
        discriminator: Tensors of its discriminator, for `load_discriminator_weights`.
        half: Store what is learned, and the discriminator, in half precision. Frequencies and
            phases stay as they are: far from the origin their rounding would show.

    Raises:
        ValueError: `info` is not JSON or too long, or the preview is too large.
        OSError: the file cannot be written.
    """
    path = Path(path)
    try:
        info_json = json.dumps(dict(info or {}), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"info must hold values that JSON can: {error}") from None
    if len(info_json) > MAX_INFO_CHARACTERS:
        raise ValueError(f"info must have at most {MAX_INFO_CHARACTERS} characters as JSON")
    metadata = {
        "format": FORMAT,
        "version": str(VERSION),
        "config": json.dumps(net.config.to_dict()),
        "info": info_json,
    }
    if preview is not None:
        if max(preview.size) > PREVIEW_MAX_PX:
            raise ValueError(f"preview must be at most {PREVIEW_MAX_PX} px, got {preview.size}")
        png = io.BytesIO()
        preview.convert("RGB").save(png, format="PNG")
        metadata["preview"] = base64.b64encode(png.getvalue()).decode("ascii")
    learned = {name for name, _ in net.named_parameters()}
    tensors = {
        name: tensor.half() if half and name in learned else tensor
        for name, tensor in net.state_dict().items()
    }
    for name, tensor in (discriminator or {}).items():
        tensors[_DISCRIMINATOR + name] = tensor.half() if half else tensor
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_atomically(path, save(tensors, metadata))


def load_network(
    source: str | Path,
    device: str | torch.device = "cpu",
    *,
    network: str | None = None,
    pick: Pick = "newest",
    progress: Progress | None = None,
) -> Generator:
    """Read a network; nothing in the file is executed.

    Args:
        source: A .safetensors file written by `save_network`, a .pkl file of NVIDIA's StyleGAN2
            or StyleGAN3, an archive of `torch.save` (.pt, .pth, .ckpt) with one of these or a
            StyleGAN2 of rosinality's, the folder of a training run, the name of a bundled network,
            or the name or address of a published one, once downloaded (see
            `generator.files.published`).
        device: Where the network goes.
        pick: Of a run folder, the newest network or the one with the best score.
        network: Of a .pkl or .pt file, "G_ema" or "G"; None takes the first of these that it has.
        progress: Told which fraction is done, 0 to 1; whatever it raises ends the loading.

    Returns:
        The network in evaluation mode, `info` and `preview` filled in.

    Raises:
        NetworkFileError: there is no such file, or it holds no network that can be used.
    """
    try:
        path = network_file(source, pick=pick)
        if kind_of(path) in ("pickle", "torch"):
            return load_pickle(path, network=network, progress=progress).to(device)
        _check_header(path)
        with safe_open(path, framework="pt") as file:
            config, info, preview = _read_metadata(path, file.metadata())
            _check_extent(path, config)
            net = _build(path, config)
            _check_tensors(path, net.state_dict(), file)
            _fill(net, file, progress)
    except (SafetensorError, OSError) as error:
        raise _damaged(Path(source), error) from None
    net.info, net.preview = info, preview
    return net.to(device)


def load_discriminator_weights(source: str | Path) -> dict[str, Tensor]:
    """Read the tensors of the discriminator that a network file holds, in float32; {} without one.

    Args:
        source: A .safetensors file, or the name of a bundled network.

    Raises:
        NetworkFileError: there is no such file, or it is damaged.
    """
    path = network_file(source)
    _check_header(path)
    try:
        with safe_open(path, framework="pt") as file:
            names = [name for name in file.keys() if name.startswith(_DISCRIMINATOR)]  # noqa: SIM118
            found = {name: file.get_slice(name).get_dtype() for name in names}
            if strange := [name for name, dtype in found.items() if dtype not in _DTYPES]:
                raise NetworkFileError(f"{path.name}: {strange[0]:.80} is not floating")
            return {
                name.removeprefix(_DISCRIMINATOR): file.get_tensor(name).float() for name in names
            }
    except (SafetensorError, OSError) as error:
        raise _damaged(path, error) from None


def network_file(source: str | Path, *, pick: Pick = "newest") -> Path:
    """The file a source means now.

    Args:
        source: As `load_network` takes it.
        pick: Of a run folder, the newest network or the one with the best score.

    Raises:
        NetworkFileError: there is none.
        OSError: the folder cannot be read.
    """
    path = Path(source)
    if path.is_dir():
        return pick_snapshot(path, pick).path
    if path.is_file():
        if kind_of(path) == "other":
            raise NetworkFileError(f"{path.name:.100} is no .safetensors, .pkl or .pt file")
        return path
    text = str(source)
    for bundled in bundled_networks():
        if bundled.stem == text:
            return bundled
    if is_published(text):
        network = find_published(text)
        found = NetworkCache().find(network)
        if found is None:
            raise NetworkFileError(
                f"download {network.name} first: python -m generator download {network.name}"
            )
        return found
    if text.startswith(("http://", "https://")):
        raise NetworkFileError(f"download {text:.200} first and open the file")
    raise NetworkFileError(f"there is no file {path}")


def bundled_networks() -> list[Path]:
    """The network files that come with the program, sorted by name."""
    return sorted((Path(__file__).parents[1] / "pretrained").glob("*.safetensors"))


def _damaged(path: Path, error: Exception) -> NetworkFileError:
    return NetworkFileError(
        f"{path.name:.100} is damaged or no network file "
        f"({readable(str(error))[:100]}); get it once more, or open another"
    )


def _check_header(path: Path) -> None:
    """Refuse a header that would take long to parse, before any of it is parsed.

    Counts its texts: a tensor has five, each between two quotation marks.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > path.stat().st_size:
            return  # damaged, as the library will say
        if length > MAX_HEADER_BYTES:
            raise NetworkFileError(
                f"{path.name:.100} has a header of {length >> 20} MiB, more than any network"
            )
        header = file.read(length)
    texts = header.count(b'"') - header.count(b'\\"')
    if texts > _QUOTES_PER_TENSOR * MAX_TENSORS:
        raise NetworkFileError(f"{path.name:.100} holds more tensors than any network")


def _read_metadata(
    path: Path, metadata: Mapping[str, str] | None
) -> tuple[NetworkConfig, dict[str, Any], Image.Image | None]:
    if not metadata or metadata.get("format") != FORMAT:
        raise NetworkFileError(f"{path.name} is a safetensors file, but no network of this program")
    if metadata.get("version") != str(VERSION):
        raise NetworkFileError(
            f"{path.name} has format version {metadata.get('version')!r:.20}, "
            f"this program reads version {VERSION}"
        )
    try:
        if len(options := metadata.get("config", "")) > MAX_CONFIG_CHARACTERS:
            raise ValueError("it has more options than any network")
        config = NetworkConfig.from_dict(json.loads(options))
        if len(figures := metadata.get("info", "{}")) > MAX_INFO_CHARACTERS:
            raise ValueError("it has more training figures than any network")
        info = plain_figures(json.loads(figures))
    except (ValueError, RecursionError) as error:
        raise NetworkFileError(f"{path.name} describes no usable network: {error!s:.200}") from None
    if not isinstance(info, dict):
        raise NetworkFileError(f"{path.name} has training figures that are no JSON object")
    preview = metadata.get("preview")
    return config, info, None if preview is None else _decode_preview(path, preview)


def _decode_preview(path: Path, text: str) -> Image.Image:
    try:
        png = base64.b64decode(text, validate=True)
        image = Image.open(io.BytesIO(png), formats=["PNG"])
        if max(image.size) > PREVIEW_MAX_PX:
            raise ValueError(f"{image.size[0]}x{image.size[1]} pixels are too many")
        return image.convert("RGB")
    except (
        ValueError,
        OSError,
        SyntaxError,
        binascii.Error,
        Image.DecompressionBombError,
    ) as error:
        raise NetworkFileError(f"{path.name} has a damaged preview: {error!s:.200}") from None


def _check_extent(path: Path, config: NetworkConfig) -> None:
    """Refuse an architecture larger than its file before any of it is allocated."""
    smallest_element_bytes = 2
    if count_weights(config) * smallest_element_bytes > path.stat().st_size:
        raise NetworkFileError(f"{path.name} is too small for the network that it describes")


def _build(path: Path, config: NetworkConfig) -> Generator:
    try:
        return blank_network(config)
    except ValueError as error:
        raise NetworkFileError(f"{path.name}: its filters cannot be designed: {error}") from None


def _check_tensors(path: Path, expected: Mapping[str, Tensor], file: Any) -> None:
    """Compare names, shapes and types with those of the architecture, without reading data."""
    own = {name for name in file.keys() if not name.startswith(_DISCRIMINATOR)}  # noqa: SIM118
    for name in sorted(own ^ expected.keys()):
        state = "lacks the tensor" if name in expected else "has an unknown tensor"
        raise NetworkFileError(f"{path.name} {state} {name!r:.80}")
    for name, tensor in expected.items():
        stored = file.get_slice(name)
        if tuple(stored.get_shape()) != tuple(tensor.shape):
            raise NetworkFileError(
                f"{path.name}: {name} has the shape {stored.get_shape()!s:.60}, "
                f"the architecture asks for {list(tensor.shape)}"
            )
        if stored.get_dtype() not in _DTYPES:
            raise NetworkFileError(f"{path.name}: {name} is {stored.get_dtype()}, not floating")


@torch.no_grad()
def _fill(net: Generator, file: Any, progress: Progress | None) -> None:
    """Copy one tensor after the other, so that the file is never in memory as a whole."""
    targets = net.state_dict()
    total = sum(target.numel() for target in targets.values())
    done = 0
    for name, target in targets.items():
        target.copy_(file.get_tensor(name))
        done += target.numel()
        if progress is not None:
            progress(done / total)
