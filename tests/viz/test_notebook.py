"""A live view in a notebook."""

from __future__ import annotations

import asyncio
import io
import sys
from typing import TYPE_CHECKING

import nbformat
import numpy as np
import pytest
import torch
from nbclient import NotebookClient
from PIL import Image

from generator import NetworkConfig, build_network, save_network, to_uint8
from viz.notebook import LiveView

if TYPE_CHECKING:
    from pathlib import Path

    from generator import Generator


@pytest.fixture(scope="module")
def net() -> Generator:
    config = NetworkConfig(
        kind="stylegan3-r", resolution=32, z_dim=16, w_dim=16, c_dim=3, channel_base=256,
        channel_max=16, layers=6, margin=4,
    )  # fmt: skip
    return build_network(config, seed=1).eval().requires_grad_(False)


def shown(view: LiveView) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(view.picture.value)))


def test_the_picture_is_that_of_the_controls(net: Generator) -> None:
    view = LiveView(net, seed=5, psi=1.0)
    controls = view._controls
    before = shown(view)
    assert before.shape == (32, 32, 3)
    for name, value in (("x", 0.25), ("turn", 30.0), ("blend", 0.5), ("class", 2), ("phase", 60)):
        last = shown(view)
        controls[name].value = value
        assert (shown(view) != last).any(), name
    with torch.no_grad():
        image = net.synthesis(view.ws, transform=view.transform)
    np.testing.assert_array_equal(to_uint8(image)[0].permute(1, 2, 0).numpy(), shown(view))
    for name, value in (("x", 0.0), ("turn", 0.0), ("blend", 0.0), ("class", 0), ("phase", 0)):
        controls[name].value = value
    np.testing.assert_array_equal(shown(view), before)


def test_changes_that_come_together_are_drawn_once(
    net: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = LiveView(net)
    draw, drawn = view.draw, []
    monkeypatch.setattr(view, "draw", lambda: (drawn.append(1), draw()))

    async def drag() -> None:
        for step in range(1, 20):
            view._controls["x"].value = step / 40
        await asyncio.sleep(0.05)

    asyncio.run(drag())
    assert len(drawn) == 1
    assert view.transform[0, 2] == pytest.approx(-19 / 40)


def test_without_ipywidgets_a_line_says_what_to_install(
    net: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(ValueError, match="pip install -r requirements-notebook"):
        LiveView(net)


@pytest.mark.process
@pytest.mark.slow
def test_a_notebook_shows_it(net: Generator, tmp_path: Path) -> None:
    save_network(tmp_path / "net.safetensors", net)
    code = """
from viz.notebook import display_live
view = display_live("NET", seed=3)
view._controls["x"].value = 0.5
""".replace("NET", str(tmp_path / "net.safetensors"))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(notebook, timeout=240, kernel_name="python3").execute()
    (output,) = notebook.cells[0].outputs
    assert "application/vnd.jupyter.widget-view+json" in output.data
    states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    models = [one["model_name"] for one in states.values()]
    assert {"ImageModel", "PlayModel", "FloatSliderModel"} <= set(models)
