"""Goes on with a picture where it begins to differ from the one before."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from generator.layer_edits import LayerEdit

State = tuple[Tensor, Tensor | None]
"""State between two stages of a network: features, and StyleGAN2's picture so far."""

_LIMIT_BYTES = 256 * 2**20


class Resume:
    """Cache of what entered one stage of the last picture, for pictures that share all before it.

    Made for pictures drawn one after the other of which only later styles change: style mixing,
    late truncation, an offset on a layer. The first that changes from some stage on is drawn
    whole, and what enters that stage is kept; the next ones begin there for as long as nothing
    before it changes. Pictures are equal to those of a whole pass, to the last bit.

    Belongs to one network, whose weights must not change.

    Args:
        limit_bytes: A larger state is not kept.
    """

    def __init__(self, limit_bytes: int = _LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._setting: Hashable = None
        self._stages: Sequence[Hashable] = ()
        self._place = _NOWHERE
        self._state: State | None = None
        self._wanted = _NOWHERE

    def begin(self, setting: Hashable, stages: Sequence[Hashable]) -> tuple[int, State | None]:
        """The stage to begin with and what enters it; (0, None) for the whole picture.

        Args:
            setting: All that the input of the first stage depends on.
            stages: Per stage, all that its result depends on besides what enters it.
        """
        same = self._shared(stages) if setting == self._setting else _NOWHERE
        if self._place > same:
            self._place, self._state = _NOWHERE, None
        self._setting, self._stages = setting, stages
        self._wanted = same if same < len(stages) else self._place
        return max(self._place, 0), self._state

    def _shared(self, stages: Sequence[Hashable]) -> int:
        """How many stages at the start are as they were."""
        pairs = zip(self._stages, stages, strict=False)
        return len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))

    def enter(self, stage: int, state: State) -> None:
        """Take note of what enters a stage of the picture that `begin` announced."""
        if stage != self._wanted:
            return
        size = sum(x.numel() * x.element_size() for x in state if x is not None)
        if size <= self._limit_bytes:
            self._place, self._state = stage, state


_NOWHERE = -1


def stage_key(ws: Iterable[Tensor], edits: Iterable[LayerEdit | None] = ()) -> Hashable:
    """Whatever ws and edits, told apart to the last bit."""
    return (
        *(w.cpu().numpy().tobytes() for w in ws),
        *(None if edit is None else _edit_key(edit) for edit in edits),
    )


def _edit_key(edit: LayerEdit) -> Hashable:
    offset = edit.style_offset
    if isinstance(offset, Tensor):
        return edit.noise, edit.style_gain, offset.cpu().numpy().tobytes()
    return edit.noise, edit.style_gain, offset
