"""The documents' commands fit the programs' own parsers, and their Python runs."""

from __future__ import annotations

import functools
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tyro

import train.command_line
import visualizer
import viz.recording.command_line
from generator import __main__ as generator_program

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAMS: dict[str, Callable[[], int]] = {
    "generator": generator_program.main,
    "train": train.command_line.main,
    "viz.recording": viz.recording.command_line.main,
}


def blocks(document: Path, language: str) -> Iterator[str]:
    pattern = rf"^```{language}\n(.*?)^```"
    yield from re.findall(pattern, document.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def orders() -> Iterator[tuple[str, list[str]]]:
    """Program and arguments of every command in the documents."""
    for document in DOCUMENTS:
        for block in blocks(document, "sh"):
            for line in block.replace("\\\n", " ").splitlines():
                words = shlex.split(line, comments=True)
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
    monkeypatch.setattr(train.command_line.tyro, "cli", of_classes)
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


def test_an_option_of_another_name_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_only(monkeypatch)
    for program, words in (("train", ["table", "--sample", "3"]), ("generator", ["liste"])):
        monkeypatch.setattr(sys, "argv", [program, *words])
        with pytest.raises(SystemExit):
            PROGRAMS[program]()
    assert len(ORDERS) > 30


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that has the bundled networks where the documents look for them."""
    (tmp_path / "generator").mkdir()
    (tmp_path / "generator/pretrained").symlink_to(ROOT / "generator/pretrained")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_python_of_the_api_runs(checkout: Path) -> None:
    namespace: dict[str, Any] = {}
    for block in blocks(ROOT / "docs/api.md", "python"):
        exec(compile(block, "docs/api.md", "exec"), namespace)
    assert (checkout / "fresh.safetensors").is_file()


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_commands_on_the_bundled_networks_run(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that need no pictures, no download and no window, as they stand in the documents."""
    done = 0
    for words in (words for program, words in ORDERS if program == "generator"):
        sources = [word for word in words if "pretrained" in word]
        if words[0] not in ("ablation", "list") and not sources:
            continue
        files = [sorted(map(str, checkout.glob(word))) for word in sources]
        named = [one for found in files for one in found]
        rest = [word for word in words[1:] if word not in sources]
        monkeypatch.setattr(sys, "argv", ["generator", words[0], *named, *rest])
        assert generator_program.main() == 0
        done += 1
    shutil.rmtree(checkout / "out", ignore_errors=True)
    assert done >= 4
