"""A finished network out of a run folder, with its card: what it learned from, how long, how well.

The network file is the newest averaged generator of the run, with the discriminator to train on
from; its metrics go into the file and, readable, into a Markdown card of the same name beside it.
"""

import math
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from generator import Generator, load_network, save_network
from generator.equivariance.metrics import EquivarianceResult, Score, measure
from generator.files.atomic_files import open_regular, write_atomically
from train.runs.folder import load_newest_state, states_in
from train.runs.lines import json_object, whole_lines

_COMPARED = 8
_COMPARED_SEED = 0
_PEAK_TO_PEAK = 2.0
_SAME_DB = 60.0
"""Above this nobody sees a difference: it is below a third of a step of 8-bit pictures."""
_SYSTEMS = {
    "stylegan2": "StyleGAN2",
    "stylegan3-t": "StyleGAN3-T",
    "stylegan3-r": "StyleGAN3-R",
}


def export(
    run: Path,
    out: Path,
    *,
    about_data: str,
    about_start: str = "",
    samples: int,
    seed: int = 0,
    half: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Measure the newest network of a run and write it with its card.

    Args:
        run: Run folder.
        out: Network file to write, ending in .safetensors; the card gets the ending .md.
        about_data: What the pictures are and under which licence, a sentence.
        about_start: What the run started from; empty: what its networks say of that themselves.
        samples: Latents the equivariance is measured on.
        seed: Decides those latents, shifts and angles.
        half: Store the weights in half precision, in half the space.
        progress: Called with samples done and in all.

    Returns:
        The card.

    Raises:
        ValueError: `out` has another ending, the run has no readable network, or its pictures in
            half precision would be less than 60 dB equal.
        OSError: `out` cannot be written, which is found out before measuring.
    """
    net = load_network(run)
    net.info |= {
        "data": Path(str(net.info.get("data", ""))).name,
        "about_data": about_data,
        "hours": round(training_hours(run), 2),
    }
    if about_start:
        net.info["about_start"] = about_start
    discriminator = load_newest_state(run)["discriminator"] if states_in(run) else None
    return write_measured(
        net,
        out,
        discriminator=discriminator,
        samples=samples,
        seed=seed,
        half=half,
        progress=progress,
    )


def write_measured(
    net: Generator,
    out: Path,
    *,
    discriminator: Mapping[str, Tensor] | None = None,
    samples: int,
    seed: int = 0,
    half: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Measure a network and write it with its card, as `export` does.

    Args:
        net: The network; its `info` says what it was trained on, and gets what is measured.
        out: Network file to write, ending in .safetensors; the card gets the ending .md.
        discriminator: Weights to be kept beside it.
        samples: Latents the equivariance is measured on.
        seed: Decides those latents, shifts and angles.
        half: Store the weights in half precision, in half the space.
        progress: Called with samples done and in all.

    Returns:
        The card.

    Raises:
        ValueError: `out` has another ending, or the network's pictures in half precision would be
            less than 60 dB equal.
        OSError: `out` cannot be written, which is found out before measuring.
    """
    if out.suffix != ".safetensors":
        raise ValueError(f"a network file ends in .safetensors, {out.name} does not")
    out.parent.mkdir(parents=True, exist_ok=True)
    # Measuring takes minutes: a folder that takes no files should show before.
    tempfile.TemporaryFile(dir=out.parent).close()
    if half:
        _round_to_half(net)
    scores = measure(net, samples=samples, seed=seed, progress=progress)
    net.info["equivariance"] = scores.to_json()
    info = net.info
    save_network(out, net, info=info, preview=net.preview, discriminator=discriminator, half=half)
    if net.preview is not None:
        net.preview.save(out.with_suffix(".png"))
    card = out.with_suffix(".md")
    write_atomically(
        card, card_text(out, net, info, scores, with_discriminator=discriminator is not None)
    )
    return card


@torch.no_grad()
def _round_to_half(net: Generator) -> None:
    """Round what a network has learned to half precision; its pictures must stay the same."""
    random = torch.Generator().manual_seed(_COMPARED_SEED)
    z = torch.randn(_COMPARED, net.z_dim, generator=random)
    c = torch.eye(net.c_dim)[torch.arange(_COMPARED) % net.c_dim] if net.c_dim else None
    before = net.synthesis(net.mapping(z, c), noise="const")
    for own in net.parameters():
        own.copy_(own.half())
    error = (net.synthesis(net.mapping(z, c), noise="const") - before).square().mean()
    db = 10 * math.log10(_PEAK_TO_PEAK**2 / max(float(error), 1e-20))
    if not db >= _SAME_DB:
        raise ValueError(
            f"in half precision its pictures would be {db:.1f} dB equal, less than {_SAME_DB:g}: "
            "leave --half out"
        )


def training_hours(run: Path) -> float:
    """Add up the hours of computation in the log of a run; pauses do not count."""
    seconds, step_before = 0.0, 0.0
    with open_regular(run / "log.jsonl", "rb") as log:
        for line in whole_lines(log):
            entry = json_object(line) or {}
            step, pace = entry.get("step"), entry.get("seconds_per_step")
            if isinstance(step, int | float) and isinstance(pace, int | float):
                seconds += (step - step_before) * pace
                step_before = step
    return seconds / 3600


def card_text(
    path: Path,
    net: Generator,
    info: dict[str, Any],
    scores: EquivarianceResult,
    *,
    with_discriminator: bool = False,
) -> str:
    """Write the card, in Markdown."""
    contents = "The averaged generator (EMA)" + (
        " and the discriminator, to train on from" if with_discriminator else " alone"
    )
    config = net.config
    parameters = sum(p.numel() for p in net.parameters()) / 1e6
    layers = "" if config.kind == "stylegan2" else f", {config.layers} layers"
    square = config.width == config.height
    size = f"{config.width}²" if square else f"{config.width} × {config.height}"
    start = ""
    if config.kind == "stylegan2":
        inputs = {"fourier": "Fourier features", "const": "a learned constant"}[config.input]
        start = f" from {inputs}, {'with' if _uses_noise(net) else 'without'} noise inputs"
    rows = [
        ("System", f"{_SYSTEMS[config.kind]}{start}, {size}{layers}"),
        (
            "Size",
            f"{parameters:.2f} M parameters, {path.stat().st_size / 1e6:.1f} MB; z and w "
            f"{config.z_dim}, channel base {config.channel_base}, at most {config.channel_max}",
        ),
        ("Data", _data_text(info)),
        ("Training", _training_text(info)),
        ("Settings", f"batch {info['batch']}, γ {info['gamma']:.3g}, seed {info['seed']}"),
        ("EQ-T", _score_text(scores.eq_t)),
        ("EQ-T_frac", _score_text(scores.eq_t_frac)),
        ("EQ-R", _score_text(scores.eq_r)),
        ("Measured on", f"{scores.samples} samples, seed {scores.seed}, ψ 1, fp32"),
    ]
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    return (
        f"# {path.stem}\n\n![Samples]({path.with_suffix('.png').name})\n\n"
        f"|   |   |\n|---|---|\n{table}\n\n"
        f"{contents}; intervals are 95 %.\n"
    )


def _data_text(info: dict[str, Any]) -> str:
    told = f"{info['pictures']:,} pictures, `{info['data']}`"
    return f"{about} ({told})" if (about := info.get("about_data")) else told


def _training_text(info: dict[str, Any]) -> str:
    text = f"{info['kimg']:.1f} kimg"
    if hours := info.get("hours"):
        text = f"{text}, {hours:.2f} h of computation"
    if source := info.get("grown_from"):
        return f"{text}, at half the size (`{source}`); grown from there without training"
    return f"{text}, from {start}" if (start := info.get("about_start")) else text


def _uses_noise(net: Generator) -> bool:
    """Return True if any layer of a StyleGAN2 has learned to add noise."""
    strengths = (p for name, p in net.named_parameters() if name.endswith("noise_strength"))
    return any(bool(strength.any()) for strength in strengths)


def _score_text(score: Score) -> str:
    if score.db == math.inf:
        return "∞ dB: no difference at all"
    return f"{score.db:.1f} dB ({score.low_db:.1f}…{score.high_db:.1f})"
