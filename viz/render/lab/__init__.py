"""The signal lab's arithmetic: ideal moves, the operations, and what they do to each other."""
