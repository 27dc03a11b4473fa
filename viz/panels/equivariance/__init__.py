"""The Equivariance tab."""
