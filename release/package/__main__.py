"""`python -m alias_free`: the visualizer, as `afv` is."""

import sys

from alias_free.visualizer import main

if __name__ == "__main__":
    sys.exit(main())
