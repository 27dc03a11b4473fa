"""Writes a generator as one HTML file that draws it in a browser, without a server.

The file holds the network (ONNX) and onnxruntime-web, both packed: about 5 MB and the weights.
Nothing is loaded from elsewhere.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
from pathlib import Path
from typing import TYPE_CHECKING

from generator.files.atomic_files import read_regular, write_atomically
from generator.files.onnx_export import onnx_bytes

if TYPE_CHECKING:
    from generator.network import Generator

RUNTIME = Path("node_modules/onnxruntime-web/dist")
"""Where `npm install onnxruntime-web` puts it."""
LARGEST_NETWORK = 100 << 20
"""Most bytes of weights in a page; a browser would take minutes for a picture of larger ones."""

_SCRIPT, _BINARY = "ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"
_MOST_BYTES = 64 << 20
_SYSTEMS = {
    "stylegan2": "StyleGAN2",
    "stylegan3-t": "StyleGAN3-T",
    "stylegan3-r": "StyleGAN3-R",
}


def export_page(
    net: Generator, path: str | Path, *, title: str, psi: float = 0.7, runtime: Path | None = None
) -> None:
    """Write the page, all at once: seed, class and truncation; dragging shifts and turns.

    A seed draws the same picture as in this program; networks that start from a learned constant
    stay where they are.

    Args:
        net: The network, on the CPU.
        path: Where to; replaced if it exists.
        title: Heading of the page.
        psi: Truncation that it begins with, 0 to 1.
        runtime: Folder of onnxruntime-web's files; None: where npm puts them below this folder.

    Raises:
        ValueError: onnxruntime-web or packages are missing, or the network is too large.
        OSError: the file cannot be written.
    """
    weights = sum(4 * parameter.numel() for parameter in net.parameters())
    if weights > LARGEST_NETWORK:
        raise ValueError(
            f"the network has {weights >> 20} MB of weights, a page {LARGEST_NETWORK >> 20} at "
            "most: a browser would take minutes for a picture; write .onnx instead"
        )
    script, binary = _runtime(RUNTIME if runtime is None else runtime)
    height, width = net.size
    kind = _SYSTEMS[net.kind]
    facts = {
        "z": net.z_dim,
        "classes": net.c_dim,
        "channels": net.img_channels,
        "width": width,
        "height": height,
        "unit": net.resolution,
        "moves": net.kind != "stylegan2" or net.config.input == "fourier",
    }
    parts = {
        "TITLE": html.escape(title),
        "ABOUT": f"{kind}, {width} × {height} pixels, drawn in this browser",
        "PSI": f"{min(max(psi, 0.0), 1.0):g}",
        "FACTS": json.dumps(facts),
        "NETWORK": _packed(onnx_bytes(net)),
        "RUNTIME_SCRIPT": _packed(script),
        "RUNTIME_BINARY": _packed(binary),
    }
    page = Path(__file__).with_name("web_page.html").read_text(encoding="utf-8")
    for name, value in parts.items():
        page = page.replace(f"@{name}@", value)
    write_atomically(Path(path), page)


def _runtime(folder: Path) -> tuple[bytes, bytes]:
    try:
        script, binary = (read_regular(folder / name, _MOST_BYTES) for name in (_SCRIPT, _BINARY))
    except FileNotFoundError:
        raise ValueError(
            f"onnxruntime-web is not in {folder}: npm install onnxruntime-web, or name its folder "
            "dist with --runtime"
        ) from None
    return script, binary


def _packed(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, mtime=0)).decode("ascii")
