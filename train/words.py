"""Numbers and nouns, as a person writes them."""


def counted(count: int, noun: str, plural: str = "") -> str:
    """Write a number with its noun: `1 picture`, `2,000 pictures`, `3 classes`.

    Args:
        count: How many.
        noun: For one.
        plural: For any other number; empty: the noun with an s.
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
