"""Networks in pickles and in archives of `torch.save`, read without executing anything."""
