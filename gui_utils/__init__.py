"""Window, Dear ImGui lifecycle, textures, theme and widgets, independent of what is shown.

Import this package (or any module of it) before `glfw` and `OpenGL`: it makes sure
that only one GLFW library is loaded, and that OpenGL's functions are found with and without a
display.
"""

import os
import sys

if sys.platform.startswith("linux"):
    # EGL finds OpenGL's functions under X11, under Wayland and without a display. PyOpenGL reads
    # this variable when it is first imported.
    os.environ.setdefault("PYOPENGL_PLATFORM", "egl")

# imgui_bundle brings its own GLFW, and the first GLFW loaded wins. Only this one works without a
# display.
import imgui_bundle  # noqa: F401
