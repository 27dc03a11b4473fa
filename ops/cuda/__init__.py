"""CUDA kernels, compiled for the GPU at hand by NVRTC when a call first needs them."""
