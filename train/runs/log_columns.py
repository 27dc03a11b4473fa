"""Columns of a training's log as plots show them: which belong together, and what they tell."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plot:
    """Columns of the log that are drawn in one plot."""

    key: str
    title: str
    curves: tuple[tuple[str, str], ...]
    """Names in the log, and what each is called."""
    tells: str
    """Meaning of the plot, in a sentence."""


PLOTS = (
    Plot("loss", "Losses", (("loss_g", "G"), ("loss_d", "D")), "They tell nothing about quality."),
    Plot(
        "scores",
        "Scores",
        (("real_score", "real"), ("fake_score", "generated")),
        "Means of the discriminator's output.",
    ),
    Plot(
        "signs",
        "Signs of the scores",
        (("real_sign", "real"), ("fake_sign", "generated")),
        "Near +1 and -1 the discriminator is sure of everything and has nothing left to teach.",
    ),
    Plot(
        "r1",
        "R1",
        (("r1", "R1"),),
        "How steep the discriminator is at real pictures; it must not grow without end.",
    ),
    Plot("augment", "Augmentation p", (("augment_p", "p"),), "Above 0.8 it shows in the pictures."),
    Plot(
        "magnitudes",
        "Magnitudes",
        (("magnitude_max", "largest"), ("magnitude_mean", "mean")),
        "Mean squares of the layers' inputs (StyleGAN3); they must not grow without end.",
    ),
    Plot("rate", "Rate, pictures/s", (("images_per_second", "rate"),), "How fast it trains."),
)
METRICS = Plot("metrics", "Metrics", (), "Of distances to the data set, lower is better.")
"""Their names are those of the files in the run folder."""
