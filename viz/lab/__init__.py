"""The signal lab's plain data: what is asked of the worker, what comes back, and the signals."""
