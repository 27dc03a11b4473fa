"""How the CPU kernels are compiled and kept."""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.cpu import build
from ops.cpu.jobs import PROTOTYPES, ResampleJob

pytestmark = pytest.mark.usefixtures("native")


def _swapped(structure: type[ctypes.Structure], first: str, second: str) -> type[ctypes.Structure]:
    exchanged = {first: second, second: first}
    fields = [(exchanged.get(name, name), kind) for name, kind in structure._fields_]
    return type(structure.__name__, (ctypes.Structure,), {"_fields_": fields})


def test_a_field_in_another_place_does_not_compile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The size alone would not tell: both fields are 64-bit integers."""
    monkeypatch.setattr(build, "SOURCE", "job.h")
    monkeypatch.setattr(build, "JOBS", (_swapped(ResampleJob, "mask_y", "mask_x"),))
    with pytest.raises(build.BuildError, match=r"ResampleJob\.mask_[xy] differs from Python's"):
        build._compile(build.find_compiler(), tmp_path, "kernels")


def test_the_build_is_named_after_all_that_makes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler = build.find_compiler()
    names = {build._fingerprint(compiler)}
    folder = tmp_path / "src"
    shutil.copytree(build.FOLDER, folder)
    monkeypatch.setattr(build, "FOLDER", folder)
    assert {build._fingerprint(compiler)} == names
    for path in sorted(folder.iterdir()):
        path.write_text(path.read_text() + "\n// changed\n")
        names.add(build._fingerprint(compiler))
    monkeypatch.setattr(build, "FLAGS", (("-O1",),))
    names.add(build._fingerprint(compiler))
    assert len(names) == 1 + len(list(folder.iterdir())) + 1


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library in a cache of its own. Its functions do nothing: it is compiled in no time."""
    functions = "".join(f"void {name}() {{}}\n" for name in PROTOTYPES)
    text = f'extern "C" {{\n{functions}}}\nchar much[65536] = {{1}};\n'
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: str(tmp_path / name))
    monkeypatch.setattr(build, "translation_unit", lambda: text)
    assert build.is_to_be_compiled()
    build.library.__wrapped__()
    assert not build.is_to_be_compiled()
    return _only_file(tmp_path)


def _only_file(cache: Path) -> Path:
    (path,) = (cache / "alias-free-visualizer" / "kernels").iterdir()
    return path


def _without_symbols(path: Path) -> None:
    """Put an intact library in its place that lacks what Python calls."""
    other = path.with_name("other.so")
    command = [build.find_compiler(), "-shared", "-x", "c++", "-", "-o", str(other)]
    subprocess.run(command, input="int nothing;", text=True, check=True)
    other.chmod(0o700)
    stem = path.stem.rpartition("-")[0]
    os.replace(other, path.with_name(f"{stem}-{build._digest(other.read_bytes())}.so"))
    path.unlink()


def _replace(path: Path, content: bytes) -> None:
    """Let a file have another content, but not for those who have it open, as this process has."""
    other = path.with_name("other")
    other.write_bytes(content)
    other.chmod(0o700)
    os.replace(other, path)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut short": lambda path: _replace(path, path.read_bytes()[:40_000]),
    "empty": lambda path: _replace(path, b""),
    "zero pages": lambda path: _replace(path, bytes(32768) + path.read_bytes()[32768:]),
    "symbols missing": _without_symbols,
    "writable by others": lambda path: path.chmod(0o722),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_library_is_built_anew(damage: str, cached: Path) -> None:
    """Loading it would end the process by SIGBUS or SIGSEGV."""
    intact = cached.read_bytes()
    DAMAGES[damage](cached)
    library = build.library.__wrapped__()
    assert all(hasattr(library, name) for name in PROTOTYPES)
    found = _only_file(cached.parents[2])
    assert found.read_bytes() == intact
    assert not found.stat().st_mode & 0o022


def test_a_link_is_not_followed(cached: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.so"
    os.replace(cached, elsewhere)
    cached.symlink_to(elsewhere)
    build.library.__wrapped__()
    assert elsewhere.exists()
    assert not _only_file(cached.parents[2]).is_symlink()


def test_an_intact_library_is_not_built_anew(cached: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_compile", lambda *arguments: pytest.fail("compiled"))
    build.library.__wrapped__()


def test_a_cache_that_others_can_write_is_closed_to_them(cached: Path) -> None:
    for folder in (cached.parent, cached.parents[1]):
        folder.chmod(0o777)
    build.library.__wrapped__()
    for folder in (cached.parent, cached.parents[1]):
        assert not folder.stat().st_mode & 0o022


def test_the_cache_of_another_user_is_refused_in_words(
    cached: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: cached.stat().st_uid + 1)
    with pytest.raises(
        build.BuildError, match=r"belongs to another user.*XDG_CACHE_HOME"
    ) as caught:
        build.library.__wrapped__()
    assert "\n" not in str(caught.value)
