"""The Recording, Timeline and Slit scan tabs."""
