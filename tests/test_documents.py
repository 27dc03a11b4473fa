"""The documents' commands fit the programs' own parsers, and their Python runs.

That the commands themselves run is shown by `test_documented_commands.py`.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tyro

import train.commands.main
import visualizer
import viz.recording.command_line
from generator.commands import main as generator_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAMS: dict[str, Callable[[], int]] = {
    "generator": generator_program.main,
    "train": train.commands.main.main,
    "viz.recording": viz.recording.command_line.main,
}


def blocks(document: Path, language: str) -> Iterator[str]:
    pattern = rf"^```{language}\n(.*?)^```"
    yield from re.findall(pattern, document.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def lines() -> Iterator[list[str]]:
    """The words of every command in the documents, whether in a block or within a sentence."""
    for document in DOCUMENTS:
        inline = re.findall(r"`(\.venv/bin/[^`]*)`", document.read_text("utf-8"))
        for block in (*blocks(document, "sh"), *inline):
            for line in block.replace("\\\n", " ").splitlines():
                yield shlex.split(line, comments=True)


def orders() -> Iterator[tuple[str, list[str]]]:
    """Program and arguments of every command of these programs in the documents."""
    for words in lines():
        if "…" in words:
            continue
        for index, word in enumerate(words):
            if word == "visualizer.py":
                yield word, words[index + 1 :]
            elif word == "-m" and words[index + 1] in PROGRAMS:
                yield words[index + 1], words[index + 2 :]


ORDERS = list(orders())


def parse_only(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the programs read their command lines and do nothing; returns what was understood."""
    understood: list[str] = []
    functions, cli = tyro.extras.subcommand_cli_from_dict, tyro.cli

    def idle(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        return functools.wraps(function)(lambda *args, **options: understood.append(name))

    def of_functions(commands: dict[str, Callable[..., Any]], **options: Any) -> Any:
        return functions({name: idle(name, one) for name, one in commands.items()}, **options)

    def of_classes(*args: Any, **options: Any) -> Any:
        command = cli(*args, **options)
        return lambda console: understood.append(type(command).__name__.lower()) or 0

    monkeypatch.setattr(tyro.extras, "subcommand_cli_from_dict", of_functions)
    monkeypatch.setattr(train.commands.main.tyro, "cli", of_classes)
    return understood


@pytest.mark.parametrize(("program", "words"), ORDERS, ids=[" ".join([p, *w]) for p, w in ORDERS])
def test_commands_are_understood(
    program: str, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if program == "visualizer.py":
        visualizer._parser().parse_args(words)
        return
    understood = parse_only(monkeypatch)
    monkeypatch.setattr(sys, "argv", [program, *words])
    assert not PROGRAMS[program]()
    assert len(understood) == 1


def test_every_module_that_is_to_be_run_exists() -> None:
    named = {words[words.index("-m") + 1] for words in lines() if "-m" in words}
    assert {"benchmarks.ops", "ops.selftest", "train"} <= named
    missing = [one for one in named if importlib.util.find_spec(one) is None]
    assert not missing


def test_an_option_of_another_name_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_only(monkeypatch)
    for program, words in (("train", ["table", "--sample", "3"]), ("generator", ["liste"])):
        monkeypatch.setattr(sys, "argv", [program, *words])
        with pytest.raises(SystemExit):
            PROGRAMS[program]()
    assert len(ORDERS) > 45


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that has the bundled networks where the documents look for them."""
    (tmp_path / "generator").mkdir()
    (tmp_path / "generator/pretrained").symlink_to(ROOT / "generator/pretrained")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_the_python_of_the_api_runs(checkout: Path) -> None:
    namespace: dict[str, Any] = {}
    for block in blocks(ROOT / "docs/api.md", "python"):
        exec(compile(block, "docs/api.md", "exec"), namespace)
    assert (checkout / "fresh.safetensors").is_file()


def dotted(node: ast.AST) -> str | None:
    """A chain of plain attributes as it is written, `generator.transforms.rotation`."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
        return f"{before}.{node.attr}"
    return None


def names_of_the_api() -> set[str]:
    """Everything of `generator` and `ops` that the document on the API uses."""
    found: set[str] = set()
    aliases = {"generator": "generator", "ops": "ops"}
    for block in blocks(ROOT / "docs/api.md", "python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and node.module:
                if node.module.partition(".")[0] not in ("generator", "ops"):
                    continue
                for name in node.names:
                    aliases[name.asname or name.name] = f"{node.module}.{name.name}"
            elif (chain := dotted(node)) and "." in chain:
                first, _, rest = chain.partition(".")
                if first in aliases:
                    found.add(f"{aliases[first]}.{rest}")
    return found | {name for name in aliases.values() if "." in name}


@pytest.mark.process
def test_the_api_is_reached_by_plain_attributes() -> None:
    """In a fresh program that imports the packages and none of their parts."""
    names = names_of_the_api()
    assert {"generator.equivariance.measure", "generator.load_network"} <= names
    for package in ("generator", "ops"):
        public = importlib.import_module(package).__all__
        names |= {f"{package}.{name}" for name in public}
    script = (
        "import sys, functools, generator, ops\n"
        "for name in sys.argv[1:]:\n"
        "    first, *rest = name.split('.')\n"
        "    functools.reduce(getattr, rest, globals()[first])\n"
    )
    # Each by itself too: one name must not be there only because of another.
    subprocess.run([sys.executable, "-c", script, *sorted(names)], cwd=ROOT, check=True)
    subprocess.run(
        [sys.executable, "-c", script, "generator.equivariance.measure"], cwd=ROOT, check=True
    )
