"""Errors of network files."""


class NetworkFileError(ValueError):
    """A network file cannot be read; the message is one line for the user."""
