"""Networks as pages that draw them in a browser, read out of a headless Chromium."""

from __future__ import annotations

import base64
import io
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from generator import seed_z, to_uint8, transforms
from generator.files.web_page import RUNTIME, export_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator import Generator

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ASK = """<script>
  // What a visitor does: another seed, then a drag by a quarter of the unit to the right.
  const tell = (name) => {
    const found = document.createElement("pre");
    found.id = name;
    found.textContent = document.getElementById("stage").toDataURL();
    document.body.append(found);
  };
  const drawn = (count) => new Promise((done) => {
    const look = () => Number(document.body.dataset.drawn) >= count ? done() : setTimeout(look, 20);
    look();
  });
  (async () => {
    await drawn(1);
    tell("first");
    const seed = document.getElementById("seed");
    seed.value = 4321;
    seed.dispatchEvent(new Event("input"));
    await drawn(2);
    tell("second");
    const stage = document.getElementById("stage");
    if (stage.classList.contains("still")) return;
    stage.setPointerCapture = () => {};
    const { width } = stage.getBoundingClientRect();
    const at = (type, x) => stage.dispatchEvent(
      new PointerEvent(type, { pointerId: 1, clientX: x, clientY: 0 }));
    at("pointerdown", 0);
    at("pointermove", width * UNIT / WIDTH / 4);
    await drawn(3);
    tell("third");
  })();
</script>"""


def browser() -> str:
    """The path of a Chromium; skips the test where there is none."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("no Chromium here: apt-get install chromium-headless-shell")
    return found


def runtime() -> Path:
    """The folder of onnxruntime-web; skips the test where there is none."""
    folder = Path(os.environ.get("AFV_ONNXRUNTIME_WEB", RUNTIME))
    if not folder.is_dir():
        pytest.skip(
            "no onnxruntime-web here: npm install onnxruntime-web, or AFV_ONNXRUNTIME_WEB=…/dist"
        )
    return folder


def pictures_in(page: Path, net: Generator) -> list[np.ndarray]:
    """The pictures that the page shows one after the other."""
    ask = ASK.replace("UNIT", str(net.resolution)).replace("WIDTH", str(net.size[1]))
    page.write_text(page.read_text().replace("</body>", f"{ask}</body>"))
    command = [browser(), "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    command += ["--virtual-time-budget=200000", page.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout
    shown = re.findall(r'<pre id="\w+">data:image/png;base64,([^<]+)</pre>', dom)
    status = re.search(r'<p id="status"[^>]*>([^<]*)', dom)
    assert shown, status and status[1]
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(one)))) for one in shown]


@torch.no_grad()
def expected(net: Generator, seed: int, psi: float, **options: object) -> np.ndarray:
    label = torch.eye(net.c_dim)[:1] if net.c_dim else None
    image = net.synthesis(net.mapping(seed_z([seed], net.z_dim), label, psi=psi), **options)
    pixels = to_uint8(image)[0].permute(1, 2, 0).numpy().astype(int)
    return pixels if pixels.shape[2] > 1 else np.repeat(pixels, 3, 2)


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("stylegan3-t", {"layers": 3, "margin": 2, "size": (32, 48)}),
        ("stylegan2", {"input": "const", "c_dim": 2, "img_channels": 1}),
    ],
)
def test_pages_draw_what_the_program_draws(
    kind: str, options: dict[str, object], tiny: Callable[..., Generator], tmp_path: Path
) -> None:
    browser()
    net = tiny(kind, critical_layers=1, **options)
    net.mapping.w_avg.normal_()
    page = tmp_path / "page.html"
    export_page(net, page, title="A & <b>", psi=0.6, runtime=runtime())
    assert "<h1>A &amp; &lt;b&gt;</h1>" in page.read_text()
    assert not re.search(r"\b(src|href)=", page.read_text()), "all is in the file itself"
    first, second, *third = pictures_in(page, net)
    for shown, seed in ((first, 0), (second, 4321)):
        assert np.abs(shown[..., :3].astype(int) - expected(net, seed, 0.6)).max() <= 1
    if kind == "stylegan2":
        assert not third
        return
    moved = expected(net, 4321, 0.6, transform=transforms.translation(0.25, 0))
    assert np.abs(third[0][..., :3].astype(int) - moved).max() <= 1
    assert np.abs(moved - second[..., :3]).max() > 10


def test_a_missing_runtime_says_where_it_comes_from(
    tiny: Callable[..., Generator], tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="npm install onnxruntime-web"):
        export_page(tiny("stylegan2"), tmp_path / "a.html", title="", runtime=tmp_path)
    assert not list(tmp_path.iterdir())


def test_large_networks_get_no_page(
    tiny: Callable[..., Generator], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generator.files.web_page.LARGEST_NETWORK", 1000)
    with pytest.raises(ValueError, match=r"write \.onnx instead"):
        export_page(tiny("stylegan2"), tmp_path / "a.html", title="", runtime=tmp_path)
