"""The trainer's command line, `python -m train …`: a class for every command."""

import sys
from typing import Annotated

import tyro
from rich.console import Console

from generator.command_line import run_command
from train.commands.average import Average
from train.commands.curves import Curves
from train.commands.export import Export
from train.commands.grow import Grow
from train.commands.metrics import Metrics
from train.commands.prepare import Prepare
from train.commands.queue import Queue
from train.commands.run import Resume, Run, run_defaults
from train.commands.spectrum import Spectrum
from train.commands.submit import Submit
from train.commands.table import Table
from train.monitor.command import Monitor


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    return run_command(lambda: _run(given))


def _run(arguments: list[str]) -> int:
    run = Annotated[Run, tyro.conf.subcommand("run", default=run_defaults(arguments))]
    training: list[str] = []
    if arguments[:1] == ["submit"] and "--" in arguments:
        dashes = arguments.index("--")
        arguments, training = arguments[:dashes], arguments[dashes + 1 :]
    command = tyro.cli(
        Prepare
        | run
        | Resume
        | Metrics
        | Curves
        | Table
        | Spectrum
        | Export
        | Grow
        | Average
        | Submit
        | Queue
        | Monitor,
        prog="python -m train",
        description="Prepare data sets and train networks.",
        args=arguments,
        config=(tyro.conf.OmitArgPrefixes, tyro.conf.OmitSubcommandPrefixes),
    )
    console = Console(stderr=True)
    if isinstance(command, Submit):
        return command(console, training, entry=main)
    return command(console)
