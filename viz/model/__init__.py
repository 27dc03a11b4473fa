"""The window's model: all it knows besides the state; no ImGui, no tensors."""
