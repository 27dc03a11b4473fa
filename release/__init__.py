"""What makes installable things of this repository: wheels, kernels without a compiler, an app."""
