"""`python -m generator`: readies the process, then hands over to `generator.commands.main`."""

import sys


def main() -> int:
    """Run the command line of the process; returns the exit code."""
    from systems.machine import keep_freed_memory, wait_passively

    wait_passively()
    keep_freed_memory()
    from generator.commands.main import main as run  # PyTorch is loaded here

    return run()


if __name__ == "__main__":
    sys.exit(main())
