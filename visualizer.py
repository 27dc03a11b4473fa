"""The visualizer's command line: opens the window, or draws without one."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

from viz.options import Options

OUT = Path("out")


def main(arguments: list[str] | None = None) -> int:
    """Run the visualizer; returns the process's exit code."""
    parsed = _parser().parse_args(arguments)
    if parsed.diagnose:
        from viz.diagnose import report

        for line in report():
            print(line, flush=True)
        return 0
    options = Options(
        networks=tuple(parsed.networks),
        session=parsed.session,
        offscreen=parsed.offscreen,
        screenshot=parsed.screenshot,
        clip=parsed.clip,
        clip_seconds=parsed.clip_seconds,
        size=parsed.size,
        device=parsed.device,
        theme=parsed.theme,
    )
    has_target = options.screenshot is not None or options.clip is not None
    shows_itself = not options.offscreen and has_display()
    if not shows_itself and not has_target:
        options = replace(options, screenshot=OUT / "screenshot.png", clip=OUT / "visualizer.mp4")
    if not shows_itself and not options.offscreen:
        print("There is no display: drawing without one.")
        options = replace(options, offscreen=True)

    from viz.app import run

    code = run(options)
    for path in (options.screenshot, options.clip):
        if code == 0 and path is not None:
            print(f"wrote {path}")
    return code


def has_display() -> bool:
    """Whether windows can be shown here, as far as can be told without trying."""
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def window_size(text: str) -> tuple[int, int]:
    """`1600x900` as two numbers.

    Raises:
        argparse.ArgumentTypeError: it is not of that form, or out of range.
    """
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError(f"a size looks like 1600x900, got {text!r}")
    if not all(320 <= int(side) <= 7680 for side in (width, height)):
        raise argparse.ArgumentTypeError(f"a size must be 320 to 7680 pixels a side, got {text}")
    return int(width), int(height)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="visualizer.py", description=__doc__)
    add = parser.add_argument
    add("networks", nargs="*", metavar="NETWORK", help="files, run folders or bundled:NAME")
    add("--session", type=Path, metavar="FILE", help="open a saved session")
    add("--offscreen", action="store_true", help="draw without any display")
    add("--screenshot", type=Path, metavar="PNG", help="write the settled window, and end")
    add("--clip", type=Path, metavar="MP4", help="film the window, and end")
    add("--clip-seconds", type=float, default=4.0, metavar="S", help="length of the clip (4)")
    add("--size", type=window_size, default=(1600, 900), metavar="WxH", help="window (1600x900)")
    add("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    add("--theme", choices=("dark", "light"))
    add("--diagnose", action="store_true", help="print what a bug report needs, and end")
    return parser


if __name__ == "__main__":
    sys.exit(main())
