"""From a request to its result, with no window."""
