"""A finished network out of a run folder, with its card: what it learned from, how long, how well.

The network file is the newest averaged generator of the run; its metrics go into the
file and, readable, into a Markdown card of the same name beside it.
"""

import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from generator import Generator, load_network, save_network
from generator.equivariance.metrics import EquivarianceResult, Score, measure
from generator.files.atomic_files import open_regular, write_atomically
from train.runs.lines import json_object, whole_lines

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
    samples: int,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Measure the newest network of a run and write it with its card.

    Args:
        run: Run folder.
        out: Network file to write, ending in .safetensors; the card gets the ending .md.
        about_data: What the pictures are and under which licence, a sentence.
        samples: Latents the equivariance is measured on.
        seed: Decides those latents, shifts and angles.
        progress: Called with samples done and in all.

    Returns:
        The card.

    Raises:
        ValueError: `out` has another ending, or the run has no readable network.
        OSError: `out` cannot be written, which is found out before measuring.
    """
    if out.suffix != ".safetensors":
        raise ValueError(f"a network file ends in .safetensors, {out.name} does not")
    net, hours = load_network(run), training_hours(run)
    out.parent.mkdir(parents=True, exist_ok=True)
    # Measuring takes minutes: a folder that takes no files should show before.
    tempfile.TemporaryFile(dir=out.parent).close()
    scores = measure(net, samples=samples, seed=seed, progress=progress)
    info = {
        **net.info,
        "data": Path(str(net.info.get("data", ""))).name,
        "about_data": about_data,
        "hours": round(hours, 2),
        "equivariance": scores.to_json(),
    }
    save_network(out, net, info=info, preview=net.preview)
    if net.preview is not None:
        net.preview.save(out.with_suffix(".png"))
    card = out.with_suffix(".md")
    write_atomically(card, card_text(out, net, info, scores))
    return card


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


def card_text(path: Path, net: Generator, info: dict[str, Any], scores: EquivarianceResult) -> str:
    """Write the card, in Markdown."""
    config = net.config
    parameters = sum(p.numel() for p in net.parameters()) / 1e6
    layers = "" if config.kind == "stylegan2" else f", {config.layers} layers"
    start = ""
    if config.kind == "stylegan2":
        inputs = {"fourier": "Fourier features", "const": "a learned constant"}[config.input]
        start = f" from {inputs}, {'with' if _uses_noise(net) else 'without'} noise inputs"
    rows = [
        ("System", f"{_SYSTEMS[config.kind]}{start}, {config.resolution}²{layers}"),
        (
            "Size",
            f"{parameters:.2f} M parameters, {path.stat().st_size / 1e6:.1f} MB; z and w "
            f"{config.z_dim}, channel base {config.channel_base}, at most {config.channel_max}",
        ),
        ("Data", f"{info['about_data']} ({info['pictures']:,} pictures, `{info['data']}`)"),
        ("Training", f"{info['kimg']:.1f} kimg, {info['hours']:.2f} h of computation"),
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
        "The averaged generator (EMA) alone; intervals are 95 %.\n"
    )


def _uses_noise(net: Generator) -> bool:
    """Return True if any layer of a StyleGAN2 has learned to add noise."""
    strengths = (p for name, p in net.named_parameters() if name.endswith("noise_strength"))
    return any(bool(strength.any()) for strength in strengths)


def _score_text(score: Score) -> str:
    if score.db == math.inf:
        return "∞ dB: no difference at all"
    return f"{score.db:.1f} dB ({score.low_db:.1f}…{score.high_db:.1f})"
