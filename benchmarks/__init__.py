"""Benchmarks: each prints a table of ratios measured in one run."""

from systems.machine import wait_passively

wait_passively()  # as the programs do, before PyTorch is loaded
