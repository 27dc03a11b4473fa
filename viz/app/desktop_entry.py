"""`desktop`: puts the program among the applications of a Linux desktop, and takes it away again.

Everything lies in the user's own folders, as the specifications of freedesktop.org have them: the
entry of the menu, its icon, and the kind of file that a double click opens with it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from systems.names import system
from systems.processes import command, is_app

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "alias-free-visualizer"
"""Of the files, and of the window for the desktop's bar."""
ICONS = Path(__file__).with_name("icon")
_PACKAGE = __name__.partition("viz.")[0].rstrip(".")
"""Package that the program was installed as; empty in the checkout."""

_ENTRY = """\
[Desktop Entry]
Type=Application
Version=1.0
Name=Alias-Free Visualizer
Comment=See what aliasing does inside a generative network
Exec={command} %F
Icon={name}
Terminal=false
Categories=Graphics;Science;Education;
Keywords=StyleGAN;StyleGAN2;StyleGAN3;aliasing;GAN;
MimeType=application/x-safetensors;
StartupWMClass={name}
"""
_MIME_TYPE = """\
<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="application/x-safetensors">
    <comment>Weights of a neural network</comment>
    <glob pattern="*.safetensors"/>
  </mime-type>
</mime-info>
"""


def main(arguments: list[str]) -> int:
    """Run `desktop --install` or `desktop --remove`; returns the process's exit code.

    Raises:
        ValueError: something else was asked for, or this is no Linux.
        OSError: a file cannot be written.
    """
    if arguments not in (["--install"], ["--remove"]):
        raise ValueError("desktop takes --install or --remove")
    if system() != "linux":
        raise ValueError("only desktops of Linux have such entries; elsewhere there is the app")
    folder = Path(platformdirs.user_data_dir())
    paths = install(folder) if arguments == ["--install"] else remove(folder)
    for path in paths:
        print(f"{'wrote' if path.exists() else 'removed'} {path}")
    _tell_the_desktop(folder)
    return 0


def install(folder: Path) -> list[Path]:
    """Write entry, icons and kind of file into a folder of data; returns their paths."""
    contents = {
        _entry(folder): _ENTRY.format(command=_quoted(own_command()), name=NAME).encode(),
        _mime_type(folder): _MIME_TYPE.encode(),
        **{path: icon.read_bytes() for path, icon in _icons(folder)},
    }
    for path, content in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return list(contents)


def remove(folder: Path) -> list[Path]:
    """Remove what `install` has written; returns the paths of what was there."""
    paths = [_entry(folder), _mime_type(folder), *(path for path, _icon in _icons(folder))]
    present = [path for path in paths if path.is_file()]
    for path in present:
        path.unlink()
    return present


def own_command() -> list[str]:
    """Make the command that starts this program as it was started, whatever the folder."""
    if is_app():
        return [sys.executable]
    if _PACKAGE:
        return command(_PACKAGE)
    return [sys.executable, str(Path(__file__).parents[2] / "visualizer.py")]


def _entry(folder: Path) -> Path:
    return folder / "applications" / f"{NAME}.desktop"


def _mime_type(folder: Path) -> Path:
    return folder / "mime/packages" / f"{NAME}.xml"


def _icons(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Yield where each icon goes, and where it comes from."""
    for icon in sorted(ICONS.glob("icon-*.png")):
        side = icon.stem.rpartition("-")[2]
        yield folder / f"icons/hicolor/{side}x{side}/apps/{NAME}.png", icon


def _quoted(words: list[str]) -> str:
    """Write a command as entries have it: quoted, % doubled, backslashes twice over."""
    quoted = []
    for word in words:
        for special in '\\"`$':
            word = word.replace(special, f"\\{special}")
        quoted.append('"' + word.replace("\\", "\\\\").replace("%", "%%") + '"')
    return " ".join(quoted)


def _tell_the_desktop(folder: Path) -> None:
    """Have the desktop read its folders again; without a program for that, it does so later."""
    for words in (
        ("update-desktop-database", folder / "applications"),
        ("update-mime-database", folder / "mime"),
        ("gtk-update-icon-cache", "-q", "-t", "-f", folder / "icons/hicolor"),
    ):
        if shutil.which(words[0]) and Path(words[-1]).is_dir():
            subprocess.run(words, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
