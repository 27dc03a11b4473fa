"""Start of the app, which is its own Python: the visualizer, or another module of the package."""

import multiprocessing
import runpy
import sys
from importlib import import_module

MODULE_OPTION = "--module"  # as in systems.processes, which starts trainings this way


def main() -> int:
    """Run what the command line names: `--module alias_free.train …`, or the visualizer."""
    multiprocessing.freeze_support()  # the render worker is this program, too
    if sys.argv[1:2] == [MODULE_OPTION] and len(sys.argv) > 2:
        module = sys.argv[2]
        if module.partition(".")[0] != "alias_free":
            print(f"{module} is no part of the Alias-Free Visualizer", file=sys.stderr)
            return 2
        sys.argv[:3] = [module]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        return 0
    return int(import_module("alias_free.visualizer").main())


if __name__ == "__main__":
    sys.exit(main())
