"""Instruments: spectra, filters, feature maps and equivariance of what is rendered."""
