"""The Spectrum tab."""
