"""The visualizer's command line: opens the window, or draws without one."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from generator.command_line import run_command
from generator.version import VERSION
from viz.app.display import why_no_window
from viz.app.options import (
    Options,
    clip_path,
    clip_seconds,
    device_name,
    listening_address,
    screenshot_path,
    window_size,
    worker_command,
)

OUT = Path("out")


def main(arguments: list[str] | None = None) -> int:
    """Run the visualizer; returns the process's exit code."""
    return run_command(lambda: _run(arguments))


def _run(arguments: list[str] | None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["doctor"]:
        from viz.app.doctor import main as doctor

        return doctor(given[1:])
    if given[:1] == ["desktop"]:
        from viz.app.desktop_entry import main as desktop

        return desktop(given[1:])
    parsed = _parser().parse_args(given)
    if parsed.diagnose:
        from viz.app.diagnose import report

        for line in report():
            print(line, flush=True)
        return 0
    if parsed.listen is not None:
        from viz.app.desktop_entry import own_command
        from viz.worker.listening import listen

        return listen(parsed.listen, own_command(), parsed.root or [Path.cwd()])
    if parsed.serve:
        from viz.worker.serving import serve_standard_streams

        return serve_standard_streams(parsed.root or [Path.cwd()])
    options = Options(
        networks=tuple(parsed.networks),
        session=parsed.session,
        trust=parsed.trust,
        fresh=parsed.fresh,
        offscreen=parsed.offscreen,
        screenshot=parsed.screenshot,
        clip=parsed.clip,
        clip_seconds=parsed.clip_seconds,
        size=parsed.size,
        device=parsed.device,
        theme=parsed.theme,
        worker=parsed.worker or "",
    )
    has_target = options.screenshot is not None or options.clip is not None
    why_offscreen = "" if options.offscreen else why_no_window()
    shows_itself = not options.offscreen and not why_offscreen
    if not shows_itself and not has_target:
        options = replace(options, screenshot=OUT / "screenshot.png", clip=OUT / "visualizer.mp4")
    if why_offscreen:
        print(f"{why_offscreen}: drawing without one.")
        options = replace(options, offscreen=True)

    from viz.app.main import run

    code = run(options)
    for path in (options.screenshot, options.clip):
        if code == 0 and path is not None:
            print(f"wrote {path}")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python visualizer.py",
        description=__doc__,
        epilog="`python visualizer.py doctor` tries every part of the program and prints a report; "
        "`doctor --clear-caches` deletes what can be made or downloaded again. "
        "`desktop --install` puts it among the applications of a Linux desktop, `--remove` takes "
        "it away.",
    )
    add = parser.add_argument
    add("networks", nargs="*", metavar="NETWORK", help="files, run folders or bundled:NAME")
    add("--session", type=Path, metavar="FILE", help="open a saved session")
    add("--trust", action="store_true", help="read all networks that the session names")
    add(
        "--fresh",
        action="store_true",
        help="start as the first time: without session, layout and look of last time",
    )
    add("--offscreen", action="store_true", help="draw without any display")
    add("--screenshot", type=screenshot_path, metavar="PNG", help="write the window, and end")
    add("--clip", type=clip_path, metavar="MP4", help="film the window, and end")
    add("--clip-seconds", type=clip_seconds, default=4.0, metavar="S", help="its length (4)")
    add("--size", type=window_size, default=(1600, 900), metavar="WxH", help="window (1600x900)")
    add("--device", type=device_name, default="auto", help="auto, cpu, cuda, cuda:N or mps")
    add("--theme", choices=("dark", "light"))
    add(
        "--worker",
        type=worker_command,
        metavar="COMMAND",
        help="compute where this command starts a worker, as in "
        "'ssh gpu-box afv/.venv/bin/python afv/visualizer.py --serve', or where one listens, "
        "tcp://TOKEN@127.0.0.1:PORT",
    )
    add(
        "--listen",
        type=listening_address,
        metavar="127.0.0.1:PORT",
        help="with --serve: give workers to those who connect and know the token (AFV_TOKEN, or "
        "a new one, which is printed)",
    )
    add("--serve", action="store_true", help="be that worker: the standard streams are the line")
    add(
        "--root",
        type=Path,
        action="append",
        metavar="FOLDER",
        help="with --serve: open files in it only (the present folder); can be repeated",
    )
    add("--diagnose", action="store_true", help="print what a bug report needs, and end")
    version = f"Alias-Free Visualizer {VERSION}"
    add("--version", action="version", version=version, help="print the version, and end")
    return parser


if __name__ == "__main__":
    sys.exit(main())
