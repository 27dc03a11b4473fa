"""Window, Dear ImGui lifecycle, textures, theme and widgets; knows nothing of what it shows.

Import this package (or any module of it) before `glfw` and `OpenGL`: it sees to it that one GLFW
library is loaded and that OpenGL's functions are found with and without a display.
"""

import os
import sys

if sys.platform.startswith("linux"):
    # One way to find OpenGL's functions for X11, Wayland and no display at all; read by PyOpenGL
    # when it is first imported.
    os.environ.setdefault("PYOPENGL_PLATFORM", "egl")

# imgui_bundle brings its own GLFW, and the first one loaded wins: only this one can do without a
# display.
import imgui_bundle  # noqa: F401
