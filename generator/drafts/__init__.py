"""Drafts: pictures of a large StyleGAN3 near one that was drawn, in a fraction of the time."""
