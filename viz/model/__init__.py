"""Everything the window knows besides the state; no ImGui, no tensors."""
