"""The visualizer: state, render worker, panels and recording."""
