"""Memory of the monitor between its starts: window, tab, smoothing, hidden runs."""

import json
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import platformdirs

HIDDEN_KEPT = 200


@dataclass
class Memory:
    """Choices kept as JSON; a missing or damaged file gives the defaults."""

    width: int = 1280
    height: int = 800
    x: int = 80
    y: int = 60
    tab: str = "Curves"
    smoothing: float = 0.0
    against: str = "kimg"
    """Axis that the curves are drawn against: `kimg` or `hours`."""
    logarithmic: bool = False
    only_differences: bool = False
    plot_height: int = 240
    hidden: list[str] = field(default_factory=list)
    """Runs whose curves are not drawn."""

    @classmethod
    def load(cls, path: Path) -> "Memory":
        """Read the file; what does not fit is left at its default."""
        fresh = cls()
        try:
            stored = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            return fresh
        if not isinstance(stored, dict):
            return fresh
        known = {
            one.name: stored[one.name]
            for one in fields(cls)
            if type(stored.get(one.name)) is type(getattr(fresh, one.name))
        }
        memory = cls(**known)
        memory.width = min(max(memory.width, 640), 8192)
        memory.height = min(max(memory.height, 480), 8192)
        memory.x, memory.y = (min(max(at, 0), 8192) for at in (memory.x, memory.y))
        memory.smoothing = min(max(memory.smoothing, 0.0), 0.99)
        memory.plot_height = min(max(memory.plot_height, 120), 1000)
        memory.against = memory.against if memory.against in ("kimg", "hours") else "kimg"
        memory.hidden = [one for one in memory.hidden if isinstance(one, str)][:HIDDEN_KEPT]
        return memory

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all; a disk that does not let us is no reason to fail."""
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(asdict(self), indent=2), "utf-8")
            draft.replace(path)
        except OSError:
            draft.unlink(missing_ok=True)


def memory_file() -> Path:
    """Return where the choices are kept."""
    folder = Path(platformdirs.user_config_dir("alias-free-visualizer", appauthor=False))
    return folder / "monitor.json"
