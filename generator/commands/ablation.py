"""`python -m generator ablation`: configurations A to R, built and measured without training."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from rich.console import Console
from rich.progress import Progress, TaskID
from torch import Tensor
from tyro.conf import Positional

from generator.ablation.configurations import REFERENCE_CONTRAST, Measured, measure_variant
from generator.ablation.variants import chosen_variants
from generator.arguments import check_seed, check_whole
from generator.commands.terminal import make_folder, shown
from generator.equivariance.metrics import Score
from generator.network import to_uint8

_METRICS = {"eq_t": "EQ-T", "eq_t_frac": "EQ-T_frac", "eq_r": "EQ-R"}
_COLOURS = {"eq_t": "#1a6fb5", "eq_r": "#b35f00"}
_SUFFIXES = (".md", ".csv", ".png")
_ERROR_GAIN = 2.0


def ablation(
    variants: Positional[tuple[str, ...]] = (),
    *,
    resolution: int = 64,
    channel_base: int = 2048,
    channel_max: int = 64,
    latent: int = 128,
    samples: int = 100,
    seed: int = 0,
    out: Path = Path("out/ablation"),
) -> None:
    """Build the paper's configurations A to R with random weights and measure what each brings.

    Writes a table in Markdown and CSV, and a plot with pictures of the errors.

    Args:
        variants: Letters of the paper's configurations, or names such as "T, n = 4"; default: all.
        resolution: Width and height of the pictures, pixels.
        channel_base: Channels times resolution.
        channel_max: Most channels of any layer.
        latent: Numbers in z and in w.
        samples: Latents, each shifted and turned once.
        seed: Of the weights and of all other draws.
        out: Files to write, without an ending.
    """
    chosen = chosen_variants(variants)
    check_whole("--samples", samples, 1, 10**7)
    check_seed(seed)
    if not out.name:
        raise ValueError(f"--out is the beginning of the files' names, got the folder {out}")
    make_folder(out.parent)
    console = Console(stderr=True)
    found = []
    with Progress(console=console, transient=True) as progress:
        for variant in chosen:
            bar = progress.add_task(variant.name, total=samples)

            def show(done: int, _total: int, bar: TaskID = bar) -> None:
                progress.update(bar, completed=done)

            found.append(
                measure_variant(
                    variant,
                    samples=samples,
                    seed=seed,
                    progress=show,
                    resolution=resolution,
                    channel_base=channel_base,
                    channel_max=channel_max,
                    z_dim=latent,
                    w_dim=latent,
                )
            )
            progress.remove_task(bar)
    text = markdown(found)
    written = [out.with_name(out.name + suffix) for suffix in _SUFFIXES]
    written[0].write_text(text, encoding="utf-8")
    _write_csv(written[1], found)
    _plot(found).savefig(written[2], dpi=130)
    print(text)
    console.print(", ".join(map(shown, written)), highlight=False, soft_wrap=True)


def markdown(measured: Sequence[Measured]) -> str:
    """The table, the paper's figures beside one's own."""
    headings = ["configuration", "what changes"]
    for title in _METRICS.values():
        headings += [f"{title}, dB", "*paper*"]
    lines = [_line(headings), _line(["---", "---", *["--:"] * (len(headings) - 2)])]
    for one in measured:
        cells = [one.variant.name, one.variant.change]
        for metric in _METRICS:
            paper = getattr(one.variant.paper, metric, None)
            cells += [
                _score(getattr(one.equivariance, metric)),
                "–" if paper is None else f"*{paper:.2f}*",
            ]
        lines.append(_line(cells))
    first = measured[0]
    return (
        "\n".join(lines)
        + f"\n\nRandom weights, {first.picture.shape[-1]}², {first.equivariance.samples} latents, "
        f"seed {first.equivariance.seed}, 95 % intervals, for pictures with a standard deviation "
        f"of {REFERENCE_CONTRAST}. *paper*: trained on FFHQ-U at 256².\n"
    )


def _write_csv(path: Path, measured: Sequence[Measured]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        columns = ["configuration", "change"]
        for metric in _METRICS:
            columns += [f"{metric}_db", f"{metric}_low_db", f"{metric}_high_db"]
            columns += [f"{metric}_paper_db"]
        out.writerow([*columns, "parameters", "samples", "seed"])
        for one in measured:
            cells: list[object] = [one.variant.name, one.variant.change]
            for metric in _METRICS:
                score = getattr(one.equivariance, metric)
                paper = getattr(one.variant.paper, metric, None)
                cells += [score.db, score.low_db, score.high_db, paper]
            result = one.equivariance
            out.writerow([*cells, one.parameters, result.samples, result.seed])


def _plot(measured: Sequence[Measured]) -> Figure:
    """Decibels above; below each the picture, and what a shift and a turn leave."""
    count = len(measured)
    figure = Figure(figsize=(1.0 + 0.95 * count, 6.6), layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = figure.subfigures(2, 1, height_ratios=(1.15, 1))
    _plot_scores(upper.subplots(), measured)
    rows = lower.subplots(3, count, squeeze=False)
    titles = ("picture", f"shifted: error ×{_ERROR_GAIN:g}", f"turned: error ×{_ERROR_GAIN:g}")
    for row, title in zip(rows, titles, strict=True):
        row[0].set_ylabel(title, fontsize=7)
    for index, one in enumerate(measured):
        pictures = (one.picture, _ERROR_GAIN * one.shift_error, _ERROR_GAIN * one.turn_error)
        for axes, picture in zip(rows[:, index], pictures, strict=True):
            _show(axes, picture)
        rows[0, index].set_title(one.variant.name, fontsize=8)
    return figure


def _plot_scores(axes: Axes, measured: Sequence[Measured]) -> None:
    for place, (metric, colour) in enumerate(_COLOURS.items()):
        for index, one in enumerate(measured):
            score: Score = getattr(one.equivariance, metric)
            paper = getattr(one.variant.paper, metric, None)
            at = index + 0.4 * (place - 0.5)
            first = index == 0
            axes.bar(at, score.db, 0.36, color=colour, label=_METRICS[metric] if first else None)
            if paper is not None:
                axes.plot(at, paper, "kD", ms=4, mfc="white")
    axes.plot([], [], "kD", ms=4, mfc="white", label="paper, trained")
    names = [one.variant.name.replace(", ", "\n") for one in measured]
    axes.set_xticks(range(len(measured)), names)
    axes.set_xlim(-0.6, len(measured) - 0.4)
    axes.set_ylabel("dB, more is better")
    axes.grid(axis="y", alpha=0.25)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False, loc="upper left", ncols=3)


def _show(axes: Axes, picture: Tensor) -> None:
    axes.imshow(to_uint8(picture).permute(1, 2, 0).numpy(), interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _score(score: Score) -> str:
    if not math.isfinite(score.db):
        return "∞"
    return f"{score.db:.1f} ({score.low_db:.1f}…{score.high_db:.1f})"
