"""`python -m train`: readies the process, then hands over to `train.command_line`."""

import sys

if __name__ == "__main__":
    from train.threads import wait_passively

    wait_passively()
    from train.command_line import main  # PyTorch is loaded here

    sys.exit(main())
