"""How the CPU kernels are compiled and kept."""

import ctypes
import shutil
from pathlib import Path

import pytest

from ops.cpu import build
from ops.cpu.jobs import ResampleJob

pytestmark = pytest.mark.usefixtures("native")


def _swapped(structure: type[ctypes.Structure], first: str, second: str) -> type[ctypes.Structure]:
    exchanged = {first: second, second: first}
    fields = [(exchanged.get(name, name), kind) for name, kind in structure._fields_]
    return type(structure.__name__, (ctypes.Structure,), {"_fields_": fields})


def test_a_field_in_another_place_does_not_compile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The size alone would not tell: both fields are 64-bit integers."""
    monkeypatch.setattr(build, "JOBS", (_swapped(ResampleJob, "mask_y", "mask_x"),))
    with pytest.raises(build.BuildError, match=r"ResampleJob\.mask_[xy] differs from Python's"):
        build._compile(build.find_compiler(), tmp_path / "kernels.so")


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
