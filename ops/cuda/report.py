"""`python -m ops.cuda.report`: what every kernel takes of a GPU, with no GPU needed."""

import argparse

from rich.console import Console
from rich.table import Table

from ops.cuda import build, usage, variants


def main() -> None:
    """Compile what the networks need and print what each kernel takes."""
    parser = argparse.ArgumentParser(prog="python -m ops.cuda.report", description=__doc__)
    parser.add_argument("--arch", nargs="+", default=["sm_75", "sm_90"], choices=usage.LIMITS)
    parser.add_argument(
        "--precision", nargs="+", default=["float32", "float16"], choices=variants.PRECISIONS
    )
    arguments = parser.parse_args()
    for arch in arguments.arch:
        table = Table("kernel", title=f"{arch}: per thread, per block, per multiprocessor")
        for column in ("registers", "stack B", "shared B", "blocks", "threads"):
            table.add_column(column, justify="right")
        for precision in arguments.precision:
            for variant in variants.for_networks(precision):
                code = build.compiled(variant, arch).code
                taken = usage.read(bytes(code), variant.kernel)
                blocks = taken.blocks(variant.threads, usage.LIMITS[arch])
                table.add_row(
                    str(variant),
                    str(taken.registers),
                    str(taken.stack_bytes),
                    str(taken.shared_bytes),
                    str(blocks),
                    str(blocks * variant.threads),
                )
        Console(width=160).print(table)


if __name__ == "__main__":
    main()
