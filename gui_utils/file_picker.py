"""A file dialog for systems that do not offer one.

It lists folders and files of the right kind, filters the list as the user types, and opens with
Enter.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.floating import floating_window, is_dismissed
from gui_utils.labels import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gui_utils.widgets import Widgets

SIZE = (640, 440)


class FilePicker:
    """A file dialog, closed until `open` is called.

    Args:
        ui: The widgets to draw with.
        title: The window's title.
        suffixes: Suffixes of the files that can be chosen, with the dot.
        accepts_folder: Returns True for a folder that can be chosen itself.
    """

    def __init__(
        self,
        ui: Widgets,
        title: str,
        suffixes: Sequence[str],
        accepts_folder: Callable[[Path], bool] = lambda _folder: False,
    ) -> None:
        self._ui = ui
        self._title = title
        self._suffixes = tuple(suffixes)
        self._accepts_folder = accepts_folder
        self._folder = Path.cwd()
        self.typed = ""
        """The text in its field."""
        self._cursor = 0
        self._entries: list[Path] = []
        self.problem = ""
        """Reason why nothing could be opened, or empty."""
        self._appearing = False
        self.is_open = False

    def open(self, folder: Path | None = None) -> None:
        """Show the dialog in `folder`, or in the folder it showed last."""
        self.is_open = self._appearing = True
        self._go_to(folder or self._folder)

    def close(self) -> None:
        """Hide the dialog without choosing anything."""
        self.is_open = False

    def draw(self, recent: Sequence[str] = ()) -> Path | None:
        """Draw the dialog if it is open.

        Args:
            recent: Paths offered beside the list.

        Returns:
            The path chosen in this frame, after which the dialog is closed; None if there is none.
        """
        if not self.is_open:
            return None
        host, chosen = self._ui.host, None
        window = floating_window(host, self._title, SIZE, (0.9, 0.8), to_front=self._appearing)
        with window as (shown, self.is_open):
            if shown:
                chosen = self._draw_inside(recent)
            if is_dismissed(host):
                self.close()
        if chosen is not None:
            self.close()
        return chosen

    def _draw_inside(self, recent: Sequence[str]) -> Path | None:
        host = self._ui.host
        if self._ui.icon_button(icons.UP, "parent folder", tip="Go to the parent folder."):
            self._go_to(self._folder.parent)
        imgui.same_line()
        self._ui.dim(
            shortened(
                str(self._folder),
                imgui.get_content_region_avail().x,
                lambda text: imgui.calc_text_size(text).x,
            )
        )
        chosen = self._draw_field()
        if self.problem:
            self._ui.text(self.problem, host.palette.error)
        foot = imgui.get_frame_height_with_spacing()
        shown = self._shown()
        if imgui.begin_child("list", (0, -foot)):
            chosen = self._draw_recent(recent) or chosen
            chosen = self._draw_list(shown) or chosen
        imgui.end_child()
        return self._draw_buttons(shown) or chosen

    def _draw_field(self) -> Path | None:
        """Draw the text field; Enter takes the typed path, or the selected line of the list."""
        imgui.set_next_item_width(-1)
        if self._appearing:
            self._ui.host.give_keyboard()
            self._appearing = False
        entered, typed = imgui.input_text_with_hint(
            "##name",
            "Type to filter the list, or type a whole path; Enter opens",
            self.typed,
            imgui.InputTextFlags_.enter_returns_true,
        )
        if typed != self.typed:
            self.typed, self._cursor, self.problem = typed, 0, ""
        count = max(len(self._shown()), 1)
        writes = imgui.is_item_active()
        if writes and imgui.is_key_pressed(imgui.Key.down_arrow):
            self._cursor = (self._cursor + 1) % count
        if writes and imgui.is_key_pressed(imgui.Key.up_arrow):
            self._cursor = (self._cursor - 1) % count
        if not entered:
            return None
        self._ui.host.give_keyboard(-1)
        return self._enter()

    def _enter(self) -> Path | None:
        typed = self._typed_path
        if typed is not None:
            whole = typed.is_dir() and self._accepts_folder(typed)
            return typed if whole else self._take(typed)
        shown = self._shown()
        if not shown:
            self.problem = f"Nothing called “{self.typed}” here."
            return None
        return self._take(shown[min(self._cursor, len(shown) - 1)])

    def _draw_recent(self, recent: Sequence[str]) -> Path | None:
        found = [Path(one) for one in recent if Path(one).exists()]
        if not found or self.typed:
            return None
        chosen = None
        self._ui.dim("Recent")
        for path in found:
            if imgui.selectable(f"{icons.FILE}  {path.name}##recent {path}", False)[0]:
                chosen = path
            self._ui.tip(str(path))
        imgui.spacing()
        self._ui.dim("In this folder")
        return chosen

    def _draw_list(self, shown: list[Path]) -> Path | None:
        chosen = None
        if not shown and self._typed_path is not None:
            self._ui.dim("Enter opens what is typed.")
        elif not shown:
            self._ui.dim(f"No folders and no {' or '.join(self._suffixes)} files here.")
        right = imgui.get_cursor_pos_x() + imgui.get_content_region_avail().x
        for index, path in enumerate(shown):
            icon = icons.FOLDER if path.is_dir() else icons.FILE
            under_cursor = index == self._cursor
            if imgui.selectable(f"{icon}  {path.name}##{path}", under_cursor)[0]:
                self._cursor = index
                chosen = self._take(path)
            if path.is_file():
                size = f"{path.stat().st_size / 1e6:.1f} MB"
                imgui.same_line(right - imgui.calc_text_size(size).x)
                self._ui.text(size, self._ui.host.palette.dim)
        return chosen

    def _draw_buttons(self, shown: list[Path]) -> Path | None:
        host = self._ui.host
        width = host.px(96)
        chosen = None
        right = imgui.get_cursor_pos_x() + imgui.get_content_region_avail().x
        whole = self._accepts_folder(self._folder)
        if whole:
            if imgui.button("Open this folder"):
                chosen = self._folder
            imgui.same_line()
        imgui.set_cursor_pos_x(right - 2 * width - host.px(8))
        if imgui.button("Cancel", (width, 0)):
            self.close()
        imgui.same_line()
        imgui.begin_disabled(not shown and self._typed_path is None)
        if imgui.button("Open", (width, 0)):
            chosen = self._enter()
        imgui.end_disabled()
        return chosen

    @property
    def _typed_path(self) -> Path | None:
        """The file or folder whose path is typed, or pasted as other programs write it."""
        text = self.typed.strip().strip("\"'")
        if text.startswith("file://"):
            text = url2pathname(urlsplit(text).path)
        if not text:
            return None
        path = self._folder / os.path.expanduser(text)  # an absolute path stands for itself
        try:
            return path if path.exists() else None
        except (OSError, ValueError):  # too long, or no path at all
            return None

    def _shown(self) -> list[Path]:
        wanted = self.typed.lower()
        return [path for path in self._entries if wanted in path.name.lower()]

    def _take(self, path: Path) -> Path | None:
        """Choose a file, or go into a folder."""
        if path.is_dir():
            self._go_to(path)
            return None
        if path.suffix.lower() not in self._suffixes:
            self.problem = f"{path.name} is not a {' or '.join(self._suffixes)} file."
            return None
        return path

    def _go_to(self, folder: Path) -> None:
        self.typed, self._cursor, self.problem = "", 0, ""
        folder = folder.expanduser().resolve()
        try:
            found = [path for path in folder.iterdir() if not path.name.startswith(".")]
        except OSError as error:
            self.problem = f"{folder}: {error.strerror}"
            return
        self._folder = folder
        folders = sorted((p for p in found if p.is_dir()), key=lambda p: p.name.lower())
        files = sorted(
            (p for p in found if p.suffix in self._suffixes and p.is_file()),
            key=lambda p: p.name.lower(),
        )
        self._entries = folders + files
