"""What an archive of `torch.save` is that holds no network which can be drawn, in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from generator.files.pickles.stored import StoredTensor

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_NAMES = 5000


def described_content(content: object) -> str:
    """Name the program that wrote an archive, or list what is in it."""
    if type(content) is not dict:
        return f"an archive of torch.save that holds {_kind(content)}, no network"
    if {"ema", "generator", "discriminator"} <= content.keys():
        return "the state of a training of this program; open its run folder"
    names = set(_names(content))
    if any(name.startswith(("init.init.0.", "feat_8.", "to_big.")) for name in names):
        return "a FastGAN network, which cannot be drawn here"
    held = ", ".join(f"{ascii(name)[1:-1]:.20}" for name in list(content)[:4])
    return f"an archive of torch.save, but no generator that is known here (it holds {held})"


def _names(content: dict[Any, Any]) -> Iterator[str]:
    """The names of tensors in a dict, and in the dicts within it."""
    left = _MOST_NAMES
    for name, value in content.items():
        for inner in value if type(value) is dict else (name,):
            if (left := left - 1) < 0:
                return
            yield str(inner).removeprefix("module.")


def _kind(content: object) -> str:
    if isinstance(content, StoredTensor):
        return "a tensor"
    return f"a {type(content).__name__}"
