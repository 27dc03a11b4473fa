"""A network under the hand in a notebook: `display_live(net)` shows its picture and controls.

It needs ipywidgets (`requirements-notebook.txt`) and works where they do: Jupyter, JupyterLab, VS
Code, Colab. The kernel may be on another machine.
"""

from __future__ import annotations

import asyncio
import io
import math
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image

from generator import Generator, load_network, to_uint8, transforms
from viz.protocol.request import LatentPoint
from viz.render.feature_maps import shown_colours
from viz.render.latents import LatentSpace

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

COALESCE_S = 0.01
"""Changes that follow each other so closely are drawn once: a drag sends more than can be drawn."""
WALK_STEPS = 240
"""Steps of one round of the drift."""
WALK_RADIUS = 0.5
"""Radius of the drift, in deviations of w."""
MOST_SEED = 2**32 - 1


class LiveView:
    """A picture and the controls that change it.

    Args:
        net: A generator, or what `load_network` takes.
        seed: The seed that it begins with.
        psi: Truncation: 1 draws from everything learned, 0 is the mean picture.
        width_px: Width of the picture on the page.
        device: cpu, cuda or mps, where `net` has to be loaded.

    Raises:
        ValueError: ipywidgets are not installed, or there is no such network.
    """

    def __init__(
        self,
        net: Generator | str | Path,
        *,
        seed: int = 0,
        psi: float = 0.7,
        width_px: int = 512,
        device: str = "cpu",
    ) -> None:
        self._widgets = _ipywidgets()
        self.net = net if isinstance(net, Generator) else load_network(net, device=device)
        self._latents = LatentSpace(self.net)
        self._pending: asyncio.TimerHandle | None = None
        self._controls = self._make_controls(seed, psi)
        self.picture = self._widgets.Image(format="png", width=width_px)
        play = self._widgets.Play(max=WALK_STEPS, interval=80, repeat=True)
        self._widgets.jslink((play, "value"), (self._controls["phase"], "value"))
        rows = [one for name, one in self._controls.items() if name != "phase"]
        drift = self._widgets.HBox([play, self._controls["phase"]])
        self.widget = self._widgets.HBox([self.picture, self._widgets.VBox([*rows, drift])])
        """What is shown; `display` takes it."""
        for control in self._controls.values():
            control.observe(self._note_change, "value")
        self.draw()

    @property
    def ws(self) -> Tensor:
        """The latent of the picture, [1, num_ws, w_dim]."""
        angle = 2 * math.pi * self._value("phase") / WALK_STEPS
        walk = (WALK_RADIUS * math.sin(angle), WALK_RADIUS * (1 - math.cos(angle)))
        blend, seed = self._value("blend"), int(self._value("seed"))
        following = (seed + 1) % (MOST_SEED + 1)
        seeds = tuple(pair for pair in ((seed, 1 - blend), (following, blend)) if pair[1])
        classes = ((int(self._value("class")), 1.0),) if "class" in self._controls else ()
        point = LatentPoint(seeds, walk=walk, classes=classes)
        with torch.inference_mode():
            ws = self._latents.ws_at(point, psi=self._value("psi"), cutoff=None)
        return ws.clone()

    @property
    def transform(self) -> Tensor:
        """The inverse transform of the picture, [3, 3]."""
        return transforms.compose(
            transforms.scale(self._value("scale")),
            transforms.rotation(math.radians(self._value("turn"))),
            transforms.translation(self._value("x"), self._value("y")),
        )

    def draw(self) -> None:
        """Draw the picture at what the controls say."""
        self._pending = None
        with torch.inference_mode():
            image = self.net.synthesis(self.ws, transform=self.transform)
        pixels = shown_colours(to_uint8(image)[0].permute(1, 2, 0).cpu().numpy())
        data = io.BytesIO()
        Image.fromarray(pixels).save(data, "PNG", compress_level=1)
        self.picture.value = data.getvalue()

    def _make_controls(self, seed: int, psi: float) -> dict[str, Any]:
        widgets = self._widgets

        def slider(text: str, value: float, low: float, high: float, step: float) -> Any:
            return widgets.FloatSlider(
                value=value, min=low, max=high, step=step, description=text, readout_format=".2f"
            )

        controls = {
            "seed": widgets.BoundedIntText(value=seed, min=0, max=MOST_SEED, description="Seed"),
            "blend": slider("To the next", 0.0, 0.0, 1.0, 0.01),
            "psi": slider("Psi", psi, -1.0, 1.5, 0.01),
            "x": slider("Shift x", 0.0, -1.0, 1.0, 0.005),
            "y": slider("Shift y", 0.0, -1.0, 1.0, 0.005),
            "turn": slider("Turn, °", 0.0, -180.0, 180.0, 1.0),
            "scale": slider("Scale", 1.0, 0.5, 2.0, 0.01),
        }
        if self.net.c_dim:
            most = self.net.c_dim - 1
            controls["class"] = widgets.BoundedIntText(min=0, max=most, description="Class")
        controls["phase"] = widgets.IntSlider(max=WALK_STEPS, description="Drift", readout=False)
        return controls

    def _value(self, name: str) -> float:
        value: float = self._controls[name].value
        return value

    def _note_change(self, _change: object) -> None:
        """Draw soon: at once where nothing waits for its turn."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.draw()
            return
        if self._pending is None:
            self._pending = loop.call_later(COALESCE_S, self.draw)


def display_live(
    net: Generator | str | Path,
    *,
    seed: int = 0,
    psi: float = 0.7,
    width_px: int = 512,
    device: str = "cpu",
) -> LiveView:
    """Show a network in a notebook, with its picture under the hand.

    Args:
        net: A generator, or what `load_network` takes: a file, a run folder, a bundled name.
        seed: The seed that it begins with.
        psi: Truncation: 1 draws from everything learned, 0 is the mean picture.
        width_px: Width of the picture on the page.
        device: cpu, cuda or mps, where `net` has to be loaded.

    Returns:
        The view: its `ws` and `transform` are those of the picture, for `net.synthesis`.

    Raises:
        ValueError: ipywidgets are not installed, or there is no such network.
    """
    from IPython.display import display  # comes with ipywidgets

    view = LiveView(net, seed=seed, psi=psi, width_px=width_px, device=device)
    display(view.widget)
    return view


def _ipywidgets() -> Any:
    try:
        import ipywidgets
    except ImportError:
        raise ValueError(
            "a live view needs ipywidgets: pip install -r requirements-notebook.txt"
        ) from None
    return ipywidgets
