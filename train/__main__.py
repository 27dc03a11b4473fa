"""`python -m train`: readies the process, then hands over to `train.commands.main`."""

import sys

if __name__ == "__main__":
    if sys.argv[1:2] == ["monitor"]:  # needs no PyTorch, and opens the quicker without
        from train.monitor.command import main as monitor

        sys.exit(monitor(sys.argv[2:]))
    if sys.argv[1:2] == ["queue"]:  # lasts long and needs none either
        from train.commands.queue import main as queue

        sys.exit(queue(sys.argv[2:]))

    from train.threads import wait_passively

    wait_passively()
    from train.commands.main import main  # PyTorch is loaded here

    sys.exit(main())
