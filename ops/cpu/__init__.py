"""Native CPU kernels, compiled on first use by the system's C++ compiler."""
