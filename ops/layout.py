"""Structures that Python and kernels share, compared field by field when a kernel is compiled."""

import ctypes


def assertions(structure: type[ctypes.Structure]) -> str:
    """Return C++ that compiles only if the structure of that name has the same layout.

    Args:
        structure: The Python side; its C++ counterpart has the same name and is already declared.

    Returns:
        One `static_assert` for the offset and size of each field, one for the size of the whole.
    """
    name = structure.__name__
    lines = []
    for field, *_ in structure._fields_:
        place = getattr(structure, field)
        lines.append(
            f"static_assert(__builtin_offsetof({name}, {field}) == {place.offset} && "
            f'sizeof({name}::{field}) == {place.size}, "{name}.{field} differs from Python\'s");'
        )
    lines.append(
        f"static_assert(sizeof({name}) == {ctypes.sizeof(structure)}, "
        f'"{name} has another size than Python\'s");'
    )
    return "\n".join(lines) + "\n"
