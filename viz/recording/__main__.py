"""`python -m viz.recording`: readies the process, then runs `viz.recording.command_line`."""

import sys

if __name__ == "__main__":
    from train.memory import keep_freed_memory
    from train.threads import wait_passively

    wait_passively()
    keep_freed_memory()
    from viz.recording.command_line import main  # PyTorch is loaded here

    sys.exit(main())
