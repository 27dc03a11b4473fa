"""Names of kinds of networks and of their slots."""

LETTERS = "ABCD"
"""Letters of the slots on the stage."""
KIND_NAMES = {
    "stylegan2": "StyleGAN2",
    "stylegan3-t": "StyleGAN3-T",
    "stylegan3-r": "StyleGAN3-R",
}
