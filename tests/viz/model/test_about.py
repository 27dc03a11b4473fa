"""What the About window says."""

from __future__ import annotations

from importlib.metadata import version

from generator.version import VERSION
from viz.model.about import PROJECT, about_text, guide, parts


def test_the_version_is_that_of_the_project() -> None:
    assert f"version: {VERSION}\n" in (PROJECT / "CITATION.cff").read_text()
    assert f"## {VERSION}" in (PROJECT / "CHANGELOG.md").read_text()


def test_packages_and_fonts_have_a_licence() -> None:
    by_name = {one.name: one for one in parts()}
    assert by_name["torch"].version == version("torch")
    assert all(one.licence for one in by_name.values())
    assert by_name["Roboto"].licence == "Apache-2.0"


def test_the_text_to_copy_names_everything() -> None:
    text = about_text("Networks: cpu.")
    assert "Networks: cpu." in text
    assert f"numpy {version('numpy')} " in text


def test_the_guide_is_there() -> None:
    assert guide().is_file()
