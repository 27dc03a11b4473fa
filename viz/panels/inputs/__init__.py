"""The left column: networks, latent, truncation, transform, mixing, directions."""
