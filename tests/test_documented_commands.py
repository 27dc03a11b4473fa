"""The documents' commands run: as they stand, on small pictures, for fewer samples and steps."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.generator.nvidia_files import write_golden
from tests.test_documents import ORDERS, PROGRAMS, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

BUNDLED = "generator/pretrained/relief-stylegan3-t.safetensors"
STAND_INS = {
    "NETWORK": BUNDLED,
    "NET.safetensors": BUNDLED,
    "mine.safetensors": BUNDLED,
    "stylegan3-r-ffhqu-256x256": "network.pkl",
    "training-runs/00003-x": "runs/relief-t",
    "relief-stylegan3-t": "runs/relief-t",
    "FOLDER_OR_ZIP": "pictures",
    "PICTURE": "pictures/0.png",
}
"""For what readers put in themselves, and for what would be downloaded."""
SMALLER = {
    "--samples": "2",
    "--seeds": "0-1",
    "--canvas": "64x128",
    "--frames": "12",
    "--walk": "radius=0.5,period=12",
    "--leg": "0.2",
}
"""Where these options are given."""
TINY = {
    "--kimg": "0.008",
    "--batch": "4",
    "--precision": "fp32",
    "--threads": "1",
    "--layers": "6",
    "--z-dim": "8",
    "--w-dim": "8",
    "--channel-base": "64",
    "--channel-max": "8",
    "--d-channel-base": "64",
    "--d-channel-max": "8",
}
SIZES = ("--layers", "--z-dim", "--w-dim", "--channel-base", "--channel-max")
ADDED: dict[tuple[str, str], dict[str, str]] = {
    ("generator", "ablation"): {
        "--resolution": "16",
        "--channel-base": "64",
        "--channel-max": "8",
        "--latent": "8",
        "--samples": "1",
    },
    ("generator", "equivariance"): {"--samples": "1"},
    ("generator", "layers"): {"--samples": "1"},
    ("train", "grow"): {"--samples": "1"},
    ("generator", "project"): {
        "--candidates": "8",
        "--poses": "4",
        "--search-steps": "3",
        "--refinements": "0",
        "--layer-steps": "2",
    },
    ("train", "run"): TINY,
    ("train", "export"): {"--samples": "2"},
    ("train", "metrics"): {"--samples": "5"},
    ("train", "curves"): {"--samples": "5"},
    ("train", "table"): {"--samples": "2", "--pictures": "8"},
    **{
        ("viz.recording", command): {"--frames": "12"}
        for command in ("compare", "slit-scan", "walk", "layers", "spectrum")
    },
}
"""Given or not."""
SLOW = {
    ("train", "table"),
    ("train", "curves"),
    ("train", "metrics"),
    ("generator", "convert"),
}
"""More than a second or two each; those of the recorder and the visualizer are, too."""


def why_not(program: str, words: list[str]) -> str:
    """Say why a command cannot be run here; empty if it can."""
    if words[:1] == ["download"] or words[:2] == ["prepare", "relief"]:
        return "downloads"
    if words[:1] == ["submit"]:
        return "wants a cluster"
    windowless = words[:1] == ["--offscreen"] or words == ["--diagnose"]
    if words[:1] == ["monitor"] or (program == "visualizer.py" and not windowless):
        return "opens a window"
    if "fid" in words:
        return "wants the Inception weights"
    if "--runtime" in words:
        return "wants onnxruntime-web"
    if "out/session.json" in words:
        return "wants a session that somebody saved"
    return ""


def shrunk(program: str, words: list[str]) -> list[str]:
    """The same command on the stand-ins, small."""
    words = [STAND_INS.get(word, word) for word in words]
    options = {option: value for option, value in SMALLER.items() if option in words}
    options |= ADDED.get((program, words[0]), {})
    if program == "train" and any("stylegan2" in word or "ablation" in word for word in words):
        options = {option: value for option, value in options.items() if option != "--layers"}
    if words[0] == "resume" and "--kimg" in words:
        options["--kimg"] = "0.016"
    if "--grow-from" in words:  # the network that grows decides the sizes
        options = {option: value for option, value in options.items() if option not in SIZES}
        options["--d-channel-base"] = "128"
    for option, value in options.items():
        if option in words:
            words[words.index(option) + 1] = value
        else:
            words += [option, value]
    return [
        name
        for word in words
        for name in (sorted(map(str, Path().glob(word))) if "*" in word else [word])
    ]


def run(program: str, words: list[str]) -> int:
    """Run a command in this process, beside what the commands before it have written."""
    if "--out" in words:
        place = words.index("--out") + 1
        made = Path(words[place])
        if made.exists() and made != Path("out"):
            words[place] = str(made.with_name(f"again-{made.name}"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [program, *words])
        return PROGRAMS[program]()


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the documents name: bundled networks, data sets, two trainings."""
    folder = tmp_path_factory.mktemp("workplace")
    (folder / "generator").mkdir()
    (folder / "generator/pretrained").symlink_to(ROOT / "generator/pretrained")
    (folder / "pictures").mkdir()
    random = np.random.default_rng(0)
    for index in range(12):
        coarse = Image.fromarray(random.integers(0, 256, (8, 8, 3), dtype=np.uint8))
        coarse.resize((64, 64)).save(folder / "pictures" / f"{index}.png")
    for name, kind in (("network", "stylegan3-t"), ("stylegan2", "stylegan2")):
        write_golden(folder / f"{name}.pkl", kind, holds=("G_ema",))
    with contextlib.chdir(folder):
        for name in ("relief-64-train", "relief-64-heldout", "mine"):
            assert run("train", ["prepare", "pictures", "--out", f"data/{name}.zip"]) == 0
        shutil.copytree("pictures", "large")
        for path in Path("large").iterdir():
            with Image.open(path) as picture:
                picture.resize((128, 128)).save(path)
        assert run("train", ["prepare", "large", "--out", "data/relief-128-train.zip"]) == 0
        for kind in ("t", "r"):
            order = ["run", "--config", f"stylegan3-{kind}", "--data", "data/relief-64-train.zip"]
            assert run("train", shrunk("train", [*order, "--out", f"runs/relief-{kind}"])) == 0
        newest = max(Path("runs/relief-t").glob("network-*.safetensors")).name
        score = {"metric": "kid_effnet", "results": {"kid_effnet": 0.1}, "snapshot_pkl": newest}
        Path("runs/relief-t/metric-kid_effnet.jsonl").write_text(json.dumps(score) + "\n")
    return folder


def cases() -> Iterator[Any]:
    seen = set()
    for program, words in ORDERS:
        name = " ".join([program, *words])
        if name in seen or why_not(program, words):
            continue
        seen.add(name)
        slow = program not in ("generator", "train") or (program, words[0]) in SLOW
        yield pytest.param(program, words, id=name, marks=[pytest.mark.soak] if slow else [])


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("program", "words"), list(cases()))
def test_commands_run(
    program: str, words: list[str], workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workplace)
    if program == "visualizer.py":
        words = [STAND_INS.get(word, word) for word in words]
        done = subprocess.run([sys.executable, str(ROOT / program), *words], timeout=500)
        assert done.returncode == 0
        return
    threads = torch.get_num_threads()
    try:
        assert run(program, shrunk(program, words)) == 0
    finally:
        torch.set_num_threads(threads)


def test_most_of_the_documents_commands_are_run() -> None:
    assert sum(not why_not(program, words) for program, words in ORDERS) > 0.7 * len(ORDERS)
