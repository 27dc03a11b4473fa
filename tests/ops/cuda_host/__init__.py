"""The CUDA kernels' sources, compiled for the CPU."""
