"""Networks as pages that draw them in a browser, read out of a headless Chromium."""

from __future__ import annotations

import base64
import io
import itertools
import math
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
  // What a visitor does: another seed, less truncation, and with the hand a drag by a quarter of
  // the unit to the right, a turn by 30 degrees with Shift, by 60 with a second finger, a reset.
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
    tell("seed");
    const psi = document.getElementById("psi");
    psi.value = 0.25;
    psi.dispatchEvent(new Event("input"));
    await drawn(3);
    tell("truncation");
    const stage = document.getElementById("stage");
    if (stage.classList.contains("still")) return;
    stage.setPointerCapture = () => {};
    const { x, y, width, height } = stage.getBoundingClientRect();
    const at = (type, right, up, options) => stage.dispatchEvent(new PointerEvent(type, {
      pointerId: 1, clientX: x + width / 2 + right, clientY: y + height / 2 - up, ...options,
    }));
    const around = (degrees) => [50 * Math.cos(degrees * Math.PI / 180),
                                 50 * Math.sin(degrees * Math.PI / 180)];
    at("pointerdown", 0, 0);
    at("pointermove", width * UNIT / WIDTH / 4, 0);
    at("pointerup", width * UNIT / WIDTH / 4, 0);
    await drawn(4);
    tell("shifted");
    at("pointerdown", ...around(10), { shiftKey: true });
    at("pointermove", ...around(40), { shiftKey: true });
    at("pointerup", ...around(40), { shiftKey: true });
    await drawn(5);
    tell("turned");
    at("pointerdown", 0, 0);
    at("pointerdown", ...around(0), { pointerId: 2 });
    at("pointermove", ...around(60), { pointerId: 2 });
    at("pointerup", ...around(60), { pointerId: 2 });
    at("pointerup", 0, 0);
    await drawn(6);
    tell("by two fingers");
    stage.dispatchEvent(new MouseEvent("dblclick"));
    await drawn(7);
    tell("reset");
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


def pictures_in(page: Path, net: Generator) -> dict[str, np.ndarray]:
    """The pictures that the page shows one after the other, by what was done before."""
    ask = ASK.replace("UNIT", str(net.resolution)).replace("WIDTH", str(net.size[1]))
    page.write_text(page.read_text().replace("</body>", f"{ask}</body>"))
    command = [browser(), "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    command += ["--virtual-time-budget=200000", page.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout
    shown = re.findall(r'<pre id="([\w ]+)">data:image/png;base64,([^<]+)</pre>', dom)
    status = re.search(r'<p id="status"[^>]*>([^<]*)', dom)
    assert shown, status and status[1]
    return {
        done: np.asarray(Image.open(io.BytesIO(base64.b64decode(one))))[..., :3].astype(int)
        for done, one in shown
    }


@torch.no_grad()
def expected(net: Generator, seed: int, psi: float, **options: object) -> np.ndarray:
    label = torch.eye(net.c_dim)[:1] if net.c_dim else None
    image = net.synthesis(net.mapping(seed_z([seed], net.z_dim), label, psi=psi), **options)
    pixels = to_uint8(image)[0].permute(1, 2, 0).numpy().astype(int)
    return pixels if pixels.shape[2] > 1 else np.repeat(pixels, 3, 2)


@pytest.mark.soak
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
    shown = pictures_in(page, net)
    wanted = {
        "first": expected(net, 0, 0.6),
        "seed": expected(net, 4321, 0.6),
        "truncation": expected(net, 4321, 0.25),
    }
    if kind != "stylegan2":
        moved, turn = transforms.translation(0.25, 0), transforms.rotation
        for done, degrees in (("shifted", 0), ("turned", 30), ("by two fingers", 90)):
            # Turned about its middle, then moved.
            placed = transforms.compose(turn(math.radians(degrees)), moved)
            wanted[done] = expected(net, 4321, 0.25, transform=placed)
        wanted["reset"] = wanted["truncation"]
    assert list(shown) == list(wanted)
    for done, pixels in wanted.items():
        assert np.abs(shown[done] - pixels).max() <= 1, done
    for before, after in itertools.pairwise(wanted.values()):
        assert np.abs(after - before).max() > 10


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
