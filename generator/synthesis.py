"""Base of the synthesis networks: checks, precision, and where layers are tapped."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn

from generator.canvas import Canvas, canvas_step
from generator.layer_edits import LayerEdit
from generator.resume import Resume, State, stage_key
from ops.doubles import device_of_doubles

if TYPE_CHECKING:
    from generator.config import NetworkConfig
    from generator.layers import LayerInfo

Noise = Literal["const", "random", "none"]
Precision = Literal["fp32", "bf16"]
Tap = Callable[[str, Tensor], None]

DEFAULT_EMA_BETA = 0.999
"""Weight of the old value when tracked input magnitudes are updated."""


@dataclass(frozen=True)
class Drawing:
    """How one batch of pictures is to be drawn."""

    dtype: torch.dtype
    """Number type of activations and convolutions."""
    transform: Tensor | None
    """Inverse transform of the picture, [3, 3] or [N, 3, 3]."""
    noise: Noise
    tap: Tap | None
    ema_beta: float | None
    """Weight of the old input magnitudes; None leaves them alone."""
    edits: Mapping[str, LayerEdit] = field(default_factory=dict)
    """Edits of layers, by name."""
    canvas: Canvas | None = None
    """Another size than that of the picture."""
    resume: Resume | None = None
    """Where the picture may go on from the one before."""

    def begin(
        self, ws: Sequence[Tensor], stages: Sequence[tuple[Sequence[Tensor], Sequence[str]]]
    ) -> tuple[int, State | None]:
        """The stage to begin with and what enters it; (0, None) for the whole picture.

        Args:
            ws: Those that the input takes.
            stages: The ws of each stage and the names of its layers.
        """
        if self.resume is None:
            return 0, None
        matrix = None if self.transform is None else stage_key([self.transform])
        size = None if self.canvas is None else (self.canvas.height, self.canvas.width)
        # A library's convolution may add up in another order for another number of threads.
        setting = stage_key(ws), matrix, size, self.dtype, self.noise, torch.get_num_threads()
        keys = [stage_key(ws, map(self.edits.get, names)) for ws, names in stages]
        return self.resume.begin(setting, keys)

    def enter(self, stage: int, x: Tensor, image: Tensor | None = None) -> None:
        """Take note of what enters a stage."""
        if self.resume is not None:
            self.resume.enter(stage, (x, image))

    def samples(self, layer: LayerInfo) -> tuple[int, int] | None:
        """Height and width of a layer's output; None where they are those of the plan."""
        return None if self.canvas is None else self.canvas.samples(layer)

    def show(self, name: str, x: Tensor) -> None:
        """Hand a layer's output to whoever asked for it."""
        if self.tap is not None:
            self.tap(name, x)


class SynthesisNetwork(nn.Module):
    """From intermediate latents to pictures."""

    layers: list[LayerInfo]
    """Every layer in drawing order, the input first."""

    def __init__(self, config: NetworkConfig, layers: list[LayerInfo], num_ws: int) -> None:
        super().__init__()
        self.layers = layers
        self.num_ws = num_ws
        self.w_dim = config.w_dim
        self.resolution = config.resolution

    def forward(
        self,
        ws: Tensor,
        *,
        transform: Tensor | Sequence[Sequence[float]] | None = None,
        canvas: tuple[int, int] | None = None,
        noise: Noise = "const",
        precision: Precision = "fp32",
        taps: Tap | None = None,
        update_ema: bool = False,
        ema_beta: float = DEFAULT_EMA_BETA,
        edits: Mapping[str, LayerEdit] | None = None,
        resume: Resume | None = None,
    ) -> Tensor:
        """Draw pictures.

        Args:
            ws: [N, num_ws, w_dim], one w for each layer.
            transform: Inverse transform of the picture, [3, 3] or [N, 3, 3], in fractions of its
                width and height, y down (see `generator.transforms`); of the trained size, also
                where the canvas has another. Of pictures that are no squares of a power of two
                both axes count in `resolution` pixels.
            canvas: Height and width in pixels to draw instead of the trained size, about the same
                centre: more of the plane that the input is defined on, in one pass. Multiples of
                `canvas_step`. Beyond the picture StyleGAN2's fixed noise repeats, and so does,
                mirrored, its learned constant.
            noise: StyleGAN2's per-pixel noise: fixed, drawn anew, or left out.
            precision: "fp32" (that of the weights), or "bf16" for activations and convolutions.
            taps: Called with name and output, [N, C, H, W], of each layer as it is drawn.
            update_ema: Track the magnitude of each layer's input (StyleGAN3, in training).
            ema_beta: Weight of the old magnitudes when they are updated.
            edits: What single layers do differently, by name; the input layer has no style.
            resume: The same object for pictures drawn one after the other lets those begin where
                they differ from the one before. For single pictures without gradients; where
                `taps` or random noise ask for every layer, all are drawn.

        Returns:
            [N, channels, height, width] of the picture, or [N, channels, *canvas], in the dtype of
            the weights, about -1 to 1. Differentiable to any order.

        Raises:
            ValueError: an argument has the wrong shape or an unknown value, or there is no memory
                for the canvas.
        """
        if ws.ndim != 3 or ws.shape[1:] != (self.num_ws, self.w_dim):
            raise ValueError(f"ws must be [N, {self.num_ws}, {self.w_dim}], got {list(ws.shape)}")
        if noise not in ("const", "random", "none"):
            raise ValueError(f"noise must be const, random or none, got {noise!r}")
        if precision not in ("fp32", "bf16"):
            raise ValueError(f"precision must be fp32 or bf16, got {precision!r}")
        if edits and (unknown := sorted(edits.keys() - self.styled_layers)):
            raise ValueError(f"no layer {unknown[0]!r} with a style; see `styled_layers`")
        weights = next(self.parameters())
        ws = ws.to(weights.dtype)
        dtype = torch.bfloat16 if precision == "bf16" else weights.dtype
        watched = taps is not None or update_ema or ws.shape[0] != 1 or torch.is_grad_enabled()
        drawing = Drawing(
            dtype=dtype,
            transform=_checked_transform(transform, ws),
            noise=noise,
            tap=taps,
            ema_beta=ema_beta if update_ema else None,
            edits=edits or {},
            canvas=self._checked_canvas(canvas, ws.shape[0], dtype),
            resume=None if watched or noise == "random" else resume,
        )
        return self.draw(ws.unbind(dim=1), drawing).to(weights.dtype)

    @property
    def styled_layers(self) -> set[str]:
        """Names of the layers that take a style: all but the input."""
        return {layer.name for layer in self.layers if layer.kernel}

    def style(self, layer: str, w: Tensor) -> Tensor:
        """The style that a layer makes of w [N, w_dim]: [N, in_channels]."""
        styled: Tensor = self.get_submodule(layer).get_submodule("affine")(w)
        return styled

    @property
    def canvas_step(self) -> int:
        """Heights and widths of canvases are multiples of so many pixels."""
        return canvas_step(self.layers, self.resolution)

    def _checked_canvas(
        self, size: tuple[int, int] | None, batch: int, dtype: torch.dtype
    ) -> Canvas | None:
        if size is None:
            return None
        canvas = Canvas.of(self.layers, self.resolution, size)
        if canvas.is_trained_size:
            return None
        canvas.check_memory(batch, dtype, next(self.parameters()).device)
        return canvas

    @abstractmethod
    def draw(self, ws: Sequence[Tensor], drawing: Drawing) -> Tensor:
        """[N, channels, H, W] from one [N, w_dim] for each layer that takes one."""


def _checked_transform(
    transform: Tensor | Sequence[Sequence[float]] | None, ws: Tensor
) -> Tensor | None:
    if transform is None:
        return None
    matrix = torch.as_tensor(transform)
    if matrix.dtype == torch.float64:  # stays: a place far from the origin needs it
        matrix = matrix.to(device_of_doubles(ws.device))
    else:
        matrix = matrix.to(ws)
    if matrix.shape not in ((3, 3), (1, 3, 3), (ws.shape[0], 3, 3)):
        raise ValueError(f"transform must be [3, 3] or [{len(ws)}, 3, 3], got {list(matrix.shape)}")
    return matrix
