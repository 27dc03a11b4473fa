"""The trainer: data sets, discriminator, losses, training loop, run folders."""
