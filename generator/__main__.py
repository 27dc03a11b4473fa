"""The networks from the command line: `python -m generator --help` lists what can be done."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import tyro

from generator.commands.ablation import ablation
from generator.commands.equivariance import equivariance, layers
from generator.commands.files import convert, download, info, list_networks
from generator.commands.pictures import images, seams
from generator.commands.terminal import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

COMMANDS: dict[str, Callable[..., Any]] = {
    "ablation": ablation,
    "convert": convert,
    "download": download,
    "equivariance": equivariance,
    "images": images,
    "info": info,
    "layers": layers,
    "list": list_networks,
    "seams": seams,
}


def main() -> int:
    """Run the command on the command line; 1 when it could not be done."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that lacks a letter shows another one; the work is done all the same.
            stream.reconfigure(errors="replace")
    try:
        tyro.extras.subcommand_cli_from_dict(COMMANDS, prog="python -m generator")
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has seen enough; what is left goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ValueError, OSError) as error:
        print(f"error: {one_line(error)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
