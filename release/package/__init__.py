"""The Alias-Free Visualizer for other programs: `alias_free.ops`, `.generator`, `.train`, `.viz`.

Each is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from generator.version import VERSION as __version__  # noqa: N811 - the name that Python's tools know

if TYPE_CHECKING:
    import generator
    import ops
    import train
    import viz

__all__ = ["__version__", "generator", "ops", "train", "viz"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
