"""The status line: what there is to tell, what is being read, the state of the worker."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

log = logging.getLogger(__name__)

BRIEF_S = 15.0
"""Time after which a notice ends that tells of something done."""
READ_S = 3.0
"""Time for which a notice is told beside newer ones; after it, it makes way for the next."""
KEPT_S = 60.0
"""The same for errors and for what was made; an error ends after it in any case."""
MOST = 8
"""Largest number of notices: of more, the oldest go."""
WorkerState = Literal["starting", "ready", "stopped"]


def _draw_nothing() -> None:
    """Stand in for a window where there is none."""


@dataclass(eq=False)
class Notice:
    """Something that is told."""

    text: str
    is_error: bool = False
    made: Path | None = None
    """File that it tells of; it can be opened from there."""
    about: str = ""
    """Subject: a newer notice of the same replaces it; empty for none."""
    holds: Callable[[], bool] | None = None
    """Returns False once what it tells is over; None: time ends it."""
    told_at_s: float = math.nan
    """When it was first told; not a number until then."""
    lasts_s: float = BRIEF_S
    """Time after which it ends."""
    kept_s: float = READ_S
    """Time for which newer ones do not replace it."""


@dataclass
class Status:
    """Content of the status bar."""

    notices: list[Notice] = field(default_factory=list)
    """What is told, the newest last."""
    loading: str = ""
    """Network that is being read; empty if none is."""
    loading_fraction: float | None = None
    """Fraction of it that has been read, 0…1; None while unknown."""
    worker: WorkerState = "starting"
    redraw: Callable[[], None] = field(default=_draw_nothing, repr=False)
    """Called when there is something new to draw."""
    _now_s: float = field(default=math.nan, repr=False)

    @property
    def message(self) -> str:
        """Return the newest notice; empty without any."""
        return self.notices[-1].text if self.notices else ""

    @property
    def is_error(self) -> bool:
        """Return True if the newest notice is an error."""
        return bool(self.notices) and self.notices[-1].is_error

    @property
    def made(self) -> Path | None:
        """Return the file that the newest notice tells of; None without one."""
        return self.notices[-1].made if self.notices else None

    def show(
        self, message: str, *, holds: Callable[[], bool] | None = None, about: str = ""
    ) -> None:
        """Tell of something that has been done, or that lasts.

        Args:
            message: What is told; nothing if empty.
            holds: Returns False once what it tells is over, which ends it; without it, time does.
            about: Subject; a newer notice of the same replaces it.
        """
        lasts_s = BRIEF_S if holds is None else math.inf
        self._put(Notice(message, about=about, holds=holds, lasts_s=lasts_s))

    def show_lasting(self, message: str, made: Path | None = None) -> None:
        """Tell of something until there is something newer; it may be a file that was made."""
        self._put(Notice(message, made=made, lasts_s=math.inf, kept_s=KEPT_S))

    def show_error(self, message: str, *, about: str = "") -> None:
        """Tell what went wrong; with a subject until that works again, else for a while."""
        log.info("told: %s", message)
        lasts_s = math.inf if about else KEPT_S
        self._put(Notice(message, is_error=True, about=about, lasts_s=lasts_s, kept_s=lasts_s))

    def end(self, about: str) -> None:
        """End what is told of a subject: it is over."""
        self._keep([one for one in self.notices if one.about != about])

    def clear(self) -> None:
        """End everything that is told."""
        self._keep([])

    def end_what_is_over(self, now_s: float) -> float:
        """Take away what no longer holds; returns when to look again, in `now_s`'s time."""
        self._now_s = now_s
        for one in self.notices:
            if math.isnan(one.told_at_s):
                one.told_at_s = now_s
        self._keep(
            [
                one
                for one in self.notices
                if now_s < one.told_at_s + one.lasts_s and (one.holds is None or one.holds())
            ]
        )
        return min((one.told_at_s + one.lasts_s for one in self.notices), default=math.inf)

    def _put(self, notice: Notice) -> None:
        if not notice.text or any(_is_told_again(one, notice) for one in self.notices):
            return
        others = [one for one in self.notices if not self._makes_way(one, notice)]
        self.notices = [*others, notice][-MOST:]
        self.redraw()

    def _makes_way(self, old: Notice, new: Notice) -> bool:
        """Return True if a notice is replaced by a new one."""
        if old.text == new.text or (old.about and old.about == new.about):
            return True
        # What it tells may no longer hold by now; what has been read makes way.
        if old.holds is not None and not old.holds():
            return True
        return self._now_s - old.told_at_s > old.kept_s

    def _keep(self, notices: list[Notice]) -> None:
        if len(notices) != len(self.notices):
            self.notices = notices
            self.redraw()


def _is_told_again(old: Notice, new: Notice) -> bool:
    """Return True for an error that lasts and is found anew with every picture."""
    return new.is_error and bool(new.about) and (old.text, old.about) == (new.text, new.about)
