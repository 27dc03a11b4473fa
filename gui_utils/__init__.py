"""Window, Dear ImGui lifecycle, textures, theme and widgets, independent of what is shown.

Import this package (or any module of it) before `glfw` and `OpenGL`: it makes sure
that only one GLFW library is loaded, and that OpenGL's functions are found with and without a
display.
"""

from systems.desktop import prepare_opengl

prepare_opengl()

# imgui_bundle brings its own GLFW, and the first GLFW loaded wins. Only this one works without a
# display.
import imgui_bundle  # noqa: E402, F401
