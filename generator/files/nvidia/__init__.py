"""NVIDIA's pickles, read without executing anything."""
