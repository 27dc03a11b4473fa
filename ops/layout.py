"""Structures that Python and kernels share, compared field by field when a kernel is compiled."""

import ctypes

# NVRTC has no offsetof, but it compares addresses within a constant.
_HEADER = """
#ifdef __CUDACC_RTC__
#define OVERLAY(type) \\
    union type##Overlay { type whole; unsigned char bytes[sizeof(type)]; }; \\
    constexpr type##Overlay type##_overlay{};
#define LIES_AT(type, field, offset) \\
    ((const void*)&type##_overlay.whole.field == (const void*)&type##_overlay.bytes[offset])
#else
#define OVERLAY(type)
#define LIES_AT(type, field, offset) (__builtin_offsetof(type, field) == offset)
#endif
"""


def assertions(*structures: type[ctypes.Structure]) -> str:
    """Return C++ that compiles only if its structures of the same names have the same layout.

    Args:
        structures: The Python side; the counterparts must already be declared.

    Returns:
        One `static_assert` for the size of each structure, and for the offset and size of each of
        its fields.
    """
    lines = [_HEADER]
    for structure in structures:
        name = structure.__name__
        lines.append(f"OVERLAY({name})")
        lines.append(
            f"static_assert(sizeof({name}) == {ctypes.sizeof(structure)}, "
            f'"{name} differs in size from Python\'s");'
        )
        for field, *_ in structure._fields_:
            place = getattr(structure, field)
            lines.append(
                f"static_assert(LIES_AT({name}, {field}, {place.offset}) && "
                f'sizeof({name}::{field}) == {place.size}, "{name}.{field} differs from '
                "Python's\");"
            )
    return "\n".join(lines) + "\n"
