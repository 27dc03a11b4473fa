"""Trained networks that judge pictures: features, and distances as people see them."""
