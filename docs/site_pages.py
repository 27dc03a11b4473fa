"""Pages of the site that are not in docs/: the README as its front page, and what it links to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File, Files

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig

ROOT = Path(__file__).parents[1]
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "LICENSE": "LICENSE.txt",
    "CITATION.cff": "CITATION.cff.txt",
    **{
        f"generator/pretrained/{path.name}": f"pretrained/{path.name}"
        for path in (ROOT / "generator/pretrained").iterdir()
        if path.suffix in (".md", ".png")
    },
}
"""Places in the repository, and on the site."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages."""
    for source, place in PAGES.items():
        path = ROOT / source
        content = path.read_bytes()
        if path.suffix == ".md":
            head = "---\nhide: [navigation]\n---\n\n" if place == "index.md" else ""
            content = (head + moved(content.decode())).encode()
        files.append(File.generated(config, place, content=content))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Point the links of docs/ at the repository's root to where things are on the site."""
    return re.sub(
        r"\]\(\.\./(?P<target>[^)#]+)",
        lambda link: f"]({PAGES.get(link['target'], link[0][2:])}",
        markdown,
    )


def moved(text: str) -> str:
    """Make the links of a page of the repository's root fit its place on the site."""

    def place(link: re.Match[str]) -> str:
        target, anchor = link["target"], link["anchor"] or ""
        return f"]({PAGES.get(target, target.removeprefix('docs/'))}{anchor})"

    return re.sub(r"\]\((?P<target>[^)#:]+)(?P<anchor>#[^)]*)?\)", place, text)
