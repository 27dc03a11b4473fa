"""Files of networks: our own, run folders, published ones, and those of other programs."""
