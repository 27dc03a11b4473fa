"""What the window shows: each panel draws one part of the state, and changes nothing else."""
