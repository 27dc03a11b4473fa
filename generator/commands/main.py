"""The generator's command line, `python -m generator …`: a function for every command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tyro

from generator.command_line import run_command
from generator.commands.ablation import ablation
from generator.commands.dragging import drag_points
from generator.commands.equivariance import equivariance, layers
from generator.commands.files import convert, download, info, list_networks
from generator.commands.pictures import images, seams
from generator.commands.projection import project_pictures

if TYPE_CHECKING:
    from collections.abc import Callable

COMMANDS: dict[str, Callable[..., Any]] = {
    "ablation": ablation,
    "convert": convert,
    "download": download,
    "drag": drag_points,
    "equivariance": equivariance,
    "images": images,
    "info": info,
    "layers": layers,
    "list": list_networks,
    "project": project_pictures,
    "seams": seams,
}


def main() -> int:
    """Run the command on the command line; 1 when it could not be done."""
    return run_command(_run)


def _run() -> int:
    tyro.extras.subcommand_cli_from_dict(COMMANDS, prog="python -m generator")
    return 0
