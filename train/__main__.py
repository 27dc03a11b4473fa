"""`python -m train`: readies the process, then hands over to `train.commands.main`."""

import sys


def main() -> int:
    """Run the command line of the process; returns the exit code."""
    if sys.argv[1:2] == ["monitor"]:  # needs no PyTorch, and opens the quicker without
        from train.monitor.command import main as monitor

        return monitor(sys.argv[2:])
    if sys.argv[1:2] == ["queue"]:  # lasts long and needs none either
        from train.commands.queue import main as queue

        return queue(sys.argv[2:])

    from systems.machine import wait_passively

    wait_passively()
    from train.commands.main import main as run  # PyTorch is loaded here

    return run()


if __name__ == "__main__":
    sys.exit(main())
