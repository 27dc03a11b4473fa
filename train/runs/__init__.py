"""Run folders, and the processes that write into them."""
