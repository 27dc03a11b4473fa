"""The training monitor: run folders as curves, pictures, log and settings, in Dear PyGui.

A process of its own, without PyTorch: it only reads run folders, which others write.
"""
