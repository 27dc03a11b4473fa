"""Window, Dear ImGui lifecycle, textures, theme and widgets, independent of what is shown.

Import this package (or any module of it) before `glfw` and `OpenGL`: it makes sure
that only one GLFW library is loaded, and that OpenGL's functions are found with and without a
display.
"""

import os

from systems.desktop import prepare_opengl

prepare_opengl()

# imgui_bundle brings its own GLFW, and the first GLFW loaded wins. Only this one works without a
# display. A program that has started this one may have left the path of another in the environment.
os.environ.pop("PYGLFW_LIBRARY", None)
import imgui_bundle  # noqa: E402, F401
