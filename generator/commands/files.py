"""Commands about network files: `convert`, `download`, `info` and `list`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn
from rich.table import Table
from rich.text import Text
from tyro.conf import Positional, arg

from generator.arguments import check_number, check_psi
from generator.commands.terminal import make_folder, shown
from generator.config import NetworkConfig
from generator.cost import expected_seconds
from generator.files.checkpoint import bundled_networks, load_network, network_file, save_network
from generator.files.download import download as fetch
from generator.files.errors import NetworkFileError
from generator.files.identify import identified
from generator.files.kinds import FileKind, kind_of
from generator.files.nvidia_export import export_nvidia, why_no_pickle
from generator.files.onnx_export import export_onnx
from generator.files.pickles.importer import load_discriminator
from generator.files.pickles.pickle import open_pickle
from generator.files.published import LICENCE, LICENCE_URL, NetworkCache, find_published, published
from generator.files.rosinality_export import export_rosinality, why_not
from generator.files.run_folders import Pick
from generator.files.web_page import export_page
from generator.network import Generator

_FORMATS: dict[FileKind, str] = {
    "safetensors": "safetensors, with this program's description",
    "pickle": "pickle, read without executing it",
    "torch": "archive of torch.save, read without executing it",
}
_WRITTEN = (".safetensors", ".onnx", ".html", ".pt", ".pkl")
"""Endings of what `convert` writes."""
_CHANNELS = {1: "1, grey", 3: "3, colours", 4: "4, colours and opacity"}
_Source = Positional[Annotated[str, arg(metavar="NETWORK")]]
_Target = Positional[Annotated[Path, arg(metavar="FILE")]]


def convert(
    source: _Source,
    target: _Target,
    *,
    network: str | None = None,
    pick: Pick = "newest",
    psi: float | None = None,
    runtime: Path | None = None,
) -> None:
    """Write a network in another format: .safetensors, .onnx, .html (a page), .pt, .pkl.

    A .pt is a checkpoint of rosinality's stylegan2-pytorch, a .pkl one of NVIDIA's programs; both
    hold StyleGAN2 alone.

    Args:
        source: Network file (.safetensors, .pkl, .pt), run folder, or name of a downloaded network.
        target: The file to write.
        network: Of a .pkl or .pt file, G_ema or G.
        pick: Of a run folder, the newest network or the one with the best score.
        psi: Truncation, fixed in an ONNX file (else it is an input); what a page begins with.
        runtime: Folder dist of onnxruntime-web, for a page; default: in node_modules here.
    """
    ending = target.suffix.lower()
    if ending not in _WRITTEN:
        endings = ", ".join(_WRITTEN)
        raise ValueError(f"the new file's name ends in one of {endings}, not {target.name!r}")
    if psi is not None:
        check_psi(psi)
    make_folder(target.parent)
    net = _load(source, network, pick)
    match ending:
        case ".onnx":
            export_onnx(net, target, psi=psi)
        case ".html":
            shown_psi = 0.7 if psi is None else psi
            export_page(net, target, title=target.stem, psi=shown_psi, runtime=runtime)
        case ".pt":
            export_rosinality(net, target)
        case ".pkl":
            export_nvidia(net, target)
        case _:
            save_network(target, net, info=net.info, preview=net.preview)
    print(f"Wrote {target}")


def info(
    source: _Source, *, network: str | None = None, pick: Pick = "newest", layers: bool = True
) -> None:
    """Show what a file is, who made it, what can be done with it, and all else that is known.

    Args:
        source: Network file (.safetensors, .pkl, .pt), run folder, or name of a downloaded network.
        network: Of a .pkl or .pt file, G_ema or G.
        pick: Of a run folder, the newest network or the one with the best score.
        layers: List the layers too.
    """
    other = _other_file(Path(source))
    if other is not None:
        _print_facts(other)
        return
    path = network_file(source, pick=pick)
    net = _load(source, network, pick)
    weights = sum(parameter.numel() for parameter in net.parameters())
    facts = {
        "file": str(path),
        "size": _size(path),
        "format": _FORMATS[kind_of(path)],
        "made by": net.info.get("program", "this program"),
        "can be": _uses(net),
        "kind": net.kind,
        "resolution": f"{net.size[1]} × {net.size[0]}",
        "weights": f"{weights:,}",
        "channels": _CHANNELS[net.img_channels],
        "z / w / classes": f"{net.z_dim} / {net.w_dim} / {net.c_dim}",
        "copies of w": str(net.num_ws),
        "a picture on this CPU": f"about {expected_seconds(net.config):.2g} s",
        **dict(_flat({name: fact for name, fact in net.info.items() if name != "program"})),
        **_unusual(net.config),
    }
    if kind_of(path) in ("pickle", "torch"):
        facts |= _discriminator(path)
    _print_facts(facts)
    if layers:
        Console().print(_layer_table(net))


def list_networks(*, bundled: bool = True, published: bool = True) -> None:
    """List the networks that come with the program, and those that can be downloaded.

    Args:
        bundled: Those that come with the program.
        published: Those that their publisher offers.
    """
    if bundled:
        found = bundled_networks()
        if not found:
            print("No networks are bundled with this checkout.")
        for path in found:
            net = load_network(path)
            print(f"{path}  {net.kind}, {net.size[1]}×{net.size[0]}")
    if published:
        _print_published()


def download(
    name: Positional[Annotated[str, arg(metavar="NAME")]],
    *,
    accept_licence: bool = False,
    cache_limit_gb: float | None = None,
) -> None:
    """Download a published network into this user's cache; continues where it was broken off.

    Args:
        name: As `list` shows it.
        accept_licence: Agree to the publisher's licence, which `list` shows.
        cache_limit_gb: From now on keep at most this many gigabytes (1e9 bytes) in the cache.
    """
    cache, network = NetworkCache(), find_published(name)
    if cache_limit_gb is not None:
        check_number("--cache-limit-gb", cache_limit_gb, 0, 1e6)
        cache.set_limit(int(cache_limit_gb * 1e9))
    if not accept_licence and cache.find(network) is None:
        raise ValueError(f"{LICENCE} ({LICENCE_URL}) To agree, add --accept-licence")
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(network.name, total=None)

        def show(done: int, total: int | None) -> None:
            progress.update(task, completed=done, total=total)

        path = fetch(network, cache, licence_accepted=True, progress=show)
    print(path)


def _load(source: str, network: str | None, pick: Pick) -> Generator:
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(shown(Path(source).name), total=1.0)
        return load_network(
            source,
            network=network,
            pick=pick,
            progress=lambda fraction: progress.update(task, completed=fraction),
        )


def _print_published() -> None:
    cache = NetworkCache()
    table = Table(title="Published by NVIDIA", title_justify="left", caption=LICENCE)
    for heading in ("name", "kind", "data", "resolution", "about", "here"):
        table.add_column(heading, no_wrap=heading == "name")
    for network in published():
        table.add_row(
            network.name,
            network.kind,
            network.data,
            str(network.resolution),
            f"{network.megabytes} MB",
            "yes" if cache.path(network).is_file() else "",
        )
    console = Console()
    console.print(table)
    address = published()[0].url.rpartition("/")[0]
    console.print(f"From {address}/…, licence: {LICENCE_URL}", highlight=False)
    console.print("python -m generator download NAME --accept-licence", highlight=False)


def _print_facts(facts: Mapping[str, str]) -> None:
    console = Console()
    width = max(map(len, facts))
    for name, value in facts.items():
        console.print(Text.assemble((f"{name:<{width}}", "bold"), f"  {value}"))


def _other_file(path: Path) -> dict[str, str] | None:
    """Collect what is known of a file that is no network; None for networks and unknown files."""
    if not path.is_dir() and (not path.is_file() or kind_of(path) != "other"):
        return None
    found = identified(path)
    if found is None:
        return None
    facts = {"file": str(path)} | ({} if path.is_dir() else {"size": _size(path)})
    return facts | {"format": found.what, "can be": found.uses}


def _size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"


def _uses(net: Generator) -> str:
    """What this program can do with a network."""
    formats = ".safetensors, .onnx, .html"
    formats += ", .pt" if why_not(net) is None else ""
    formats += ", .pkl" if why_no_pickle(net.config) is None else ""
    uses = f"drawn, measured, converted to {formats}"
    reason = net.config.why_not_trained
    return f"{uses}, trained from" if reason is None else f"{uses}; not trained from: {reason}"


def _discriminator(path: Path) -> dict[str, str]:
    """Collect what a pickle says about its discriminator."""
    if "D" not in open_pickle(path).networks:
        return {}
    try:
        options, tensors = load_discriminator(path)
    except NetworkFileError as error:
        return {"D": f"cannot be read ({error})"}
    weights = sum(tensor.numel() for name, tensor in tensors.items() if "filter" not in name)
    facts = {"weights": f"{weights:,}", **options}
    return {f"D {name}": str(value) for name, value in facts.items()}


def _unusual(config: NetworkConfig) -> dict[str, str]:
    """The options that differ from the papers', but those that are told elsewhere."""
    told = ("kind", "resolution", "size", "z_dim", "w_dim", "c_dim", "img_channels", "bands")
    names = {"channels": "channels of the layers"}
    return {
        names.get(field.name, field.name): str(getattr(config, field.name))
        for field in fields(config)
        if getattr(config, field.name) != field.default and field.name not in told
    }


def _flat(figures: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, str]]:
    """Nested figures as lines of their own, their names joined."""
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{within}{name} ")
        else:
            yield within + name, f"{value:.6g}" if isinstance(value, float) else str(value)


def _layer_table(net: Generator) -> Table:
    table = Table(caption="size in samples; rate, cutoff and stopband in cycles per picture")
    table.add_column("layer", overflow="fold")
    for heading in ("channels", "size", "rate", "cutoff", "stopband", "up", "down"):
        table.add_column(heading, justify="right", no_wrap=True)
    for layer in net.synthesis.layers:
        height, width = layer.size
        table.add_row(
            layer.name,
            str(layer.channels),
            f"{width}×{height}",
            f"{layer.sampling_rate:g}",
            f"{layer.cutoff:.2f}",
            "–" if layer.stopband is None else f"{layer.stopband:.2f}",
            str(layer.up),
            str(layer.down),
        )
    return table
