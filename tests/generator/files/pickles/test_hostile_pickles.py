"""Pickles made to do harm: nothing in them runs, and they cost little time and memory."""

from __future__ import annotations

import io
import math
import os
import pickle
import random
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from generator import NetworkFileError, load_network
from tests.generator.nvidia_files import Module, golden, named_modules, write_golden

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 15.0
"""Of the processor, at most, for any refusal; the slowest takes about 1 s."""
END = b"."


def proto(body: bytes, version: int = 4) -> bytes:
    return b"\x80" + bytes([version]) + body


def text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def name(module: str, attribute: str) -> bytes:
    return f"c{module}\n{attribute}\n".encode()


def call(module: str, attribute: str, *arguments: bytes) -> bytes:
    return name(module, attribute) + b"(" + b"".join(arguments) + b"tR"


def legacy_archive(count: int = 4, data: bytes = b"\0" * 16, kind: bytes = b"") -> bytes:
    """A storage in torch's legacy format, by hand."""
    kind = kind or name("torch", "FloatStorage")
    magic = proto(b"\x8a\x0a" + (0x1950A86A20F9469CFC6C).to_bytes(10, "little") + END, 2)
    version = proto(b"M\xe9\x03" + END, 2)
    system = proto(b"}" + text("little_endian") + b"\x88s" + END, 2)
    storage = b"(" + text("storage") + kind + text("0") + text("cpu")
    storage = proto(storage + b"J" + struct.pack("<i", count) + b"NtQ" + END, 2)
    keys = proto(b"]" + text("0") + b"a" + END, 2)
    return magic + version + system + storage + keys + struct.pack("<q", count) + data


def blob(data: bytes) -> bytes:
    return b"B" + struct.pack("<I", len(data)) + data


def tensor(archive: bytes, shape: bytes = b"K\x04\x85", strides: bytes = b"K\x01\x85") -> bytes:
    storage = call("torch.storage", "_load_from_bytes", blob(archive))
    hooks = call("collections", "OrderedDict")
    return call(
        "torch._utils", "_rebuild_tensor_v2", storage, b"K\0", shape, strides, b"\x89", hooks
    )


def module(parameters: bytes = b"", extra: bytes = b"") -> bytes:
    """A generator with the given parameters, as keys and values."""
    state = b"}(" + text("_parameters") + b"}(" + parameters + b"u" + extra + b"u"
    meta = b"}(" + text("type") + text("class") + text("class_name") + text("Generator")
    meta += text("state") + state + b"u"
    return call("torch_utils.persistence", "_reconstruct_persistent_obj", meta)


def network(body: bytes) -> bytes:
    return proto(b"}" + text("G_ema") + body + b"s" + END)


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "executed"


def refused(path: Path, data: bytes, match: str | None = None) -> str:
    """The message with which a file of these bytes is refused."""
    path.write_bytes(data)
    begin = time.process_time()
    with pytest.raises(NetworkFileError, match=match) as error:
        load_network(path)
    assert time.process_time() - begin < SECONDS
    message = str(error.value)
    assert "\n" not in message
    assert len(message) < 400
    return message


CALLS = [
    ("os", "system"),
    ("posix", "system"),
    ("nt", "system"),
    ("builtins", "eval"),
    ("builtins", "exec"),
    ("builtins", "getattr"),
    ("__builtin__", "eval"),
    ("subprocess", "Popen"),
    ("shutil", "copy"),
    ("pickle", "loads"),
    ("_pickle", "loads"),
    ("torch", "load"),
    ("torch._utils", "_import_dotted_name"),
    ("torch_utils.persistence", "persistent_class"),
    ("torch_utils.persistence", "exec"),
    ("dnnlib.util", "open_url"),
    ("numpy", "load"),
    ("numpy.core.multiarray", "fromfile"),
    ("codecs", "encode"),
    ("copyreg", "_reconstructor"),
    ("operator", "attrgetter"),
    ("importlib", "import_module"),
    ("collections", "OrderedDict.__init__.__globals__"),
    ("torch._utils._rebuild_tensor_v2", "__globals__"),
]


@pytest.mark.parametrize(("home", "attribute"), CALLS)
def test_functions_are_refused_by_name(
    home: str, attribute: str, tmp_path: Path, marker: Path
) -> None:
    argument = text(f"touch {marker}")
    by_line = call(home, attribute, argument)
    by_stack = text(home) + text(attribute) + b"\x93" + b"(" + argument + b"tR"
    # The words may also come out of the memo, in any order.
    by_memo = text(attribute) + b"q\x01" + text(home) + b"q\x020h\x02h\x01\x93(" + argument + b"tR"
    inside = module(text("weight") + by_line)
    for body in (by_line, by_stack, by_memo, inside):
        message = refused(tmp_path / "net.pkl", network(body), "nothing was executed")
        assert f"{home}.{attribute}" in message
    assert not marker.exists()


def test_reduce_chains(tmp_path: Path, marker: Path) -> None:
    class Chain:
        def __init__(self, inner: object) -> None:
            self.inner = inner

        def __reduce__(self) -> tuple[object, ...]:
            return (
                (os.system, (f"touch {marker}",)) if self.inner is None else (list, ([self.inner],))
            )

    for protocol in (2, 3, 4, 5):
        data = pickle.dumps({"G_ema": Chain(Chain(None))}, protocol=protocol)
        refused(tmp_path / "net.pkl", data, "nothing was executed")
    assert not marker.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"(" + text("touch x") + b"ios\nsystem\n",
        b"(cos\nsystem\n" + text("touch x") + b"o",
        b"\x82\x01",
        b"\x83\x01\x00",
        b"\x84\x01\0\0\0",
        b"Pabc\n",
        text("x") + b"Q",
        b"I1\n",
        b"\x8b\x04\0\0\0\0\0\0\0",
        name("collections", "OrderedDict") + b")}\x92",
    ],
)
def test_instructions_that_published_networks_do_not_use(body: bytes, tmp_path: Path) -> None:
    refused(tmp_path / "net.pkl", network(body))


def test_harmless_names_cannot_be_combined_into_harm(tmp_path: Path, marker: Path) -> None:
    command = text(f"touch {marker}")
    bodies = [
        # Names are no functions: they cannot be handed about and called.
        name("numpy", "ndarray") + b"(" + command + b"tR",
        call("_codecs", "encode", command, text("rot13")),
        call("_codecs", "encode", command, text("zlib")),
        call("torch_utils.persistence", "_reconstruct_persistent_obj", b"}"),
        call("collections", "OrderedDict") + b"(" + command + b"tR",
        call("builtins", "set", b"](" + b"]" + b"e"),
        name("numpy", "dtype") + text("O8") + b"\x85R",
        name("numpy", "dtype") + text("f4") + b"\x85R" + b"}b",
        b"}" + b")}s",
        module() + b"}b",
    ]
    for body in bodies:
        refused(tmp_path / "net.pkl", network(body))
    assert not marker.exists()


def test_source_text_is_never_looked_at(tmp_path: Path, marker: Path) -> None:
    """The source of a whole network touches the marker; it loads, the marker stays away."""
    path = write_golden(tmp_path / "net.pkl", "stylegan2")
    source = f"import pathlib; pathlib.Path({str(marker)!r}).touch()".ljust(3100)
    import tests.generator.nvidia_files as files

    data = path.read_bytes()
    assert data.count(files.SOURCE.encode()) == 1
    path.write_bytes(data.replace(files.SOURCE.encode(), source[: len(files.SOURCE)].encode()))
    load_network(path)
    assert not marker.exists()


@pytest.mark.slow
def test_nested_archives(tmp_path: Path, marker: Path) -> None:
    bomb = proto(call("os", "system", text(f"touch {marker}")) + END, 2)
    by_kind = legacy_archive(kind=call("os", "system", text(f"touch {marker}")))
    zipped = io.BytesIO()
    torch.save(torch.zeros(4), zipped)
    weights = {
        "pickle": bomb,
        "as the kind of storage": by_kind,
        "zip": zipped.getvalue(),
        "another pickle within": legacy_archive(kind=name("torch.storage", "_load_from_bytes")),
        "empty": b"",
        "too short": legacy_archive()[:-1],
        "too long": legacy_archive() + b"\0",
        "count larger than the data": legacy_archive(count=5),
        "count of gigabytes": legacy_archive(count=2**31 - 1),
        "negative count": legacy_archive(count=-1),
        "quantised": legacy_archive(kind=name("torch", "QInt8Storage")),
    }
    for case, archive in weights.items():
        path = write_golden(tmp_path / "net.pkl", "stylegan2", holds=("G_ema",))
        data = path.read_bytes()
        # The archive of one tensor is replaced: the length before it changes too.
        at = data.index(b"\x80\x02\x8a\x0al\xfc")
        length = struct.unpack("<I", data[at - 4 : at])[0]
        changed = data[: at - 4] + struct.pack("<I", len(archive)) + archive + data[at + length :]
        # Frames only say how much to read at once; theirs no longer fits.
        frame = changed.index(b"\x95")
        changed = changed[:frame] + changed[frame + 9 :]
        assert refused(path, changed), case
    assert not marker.exists()


@pytest.mark.parametrize(
    ("shape", "strides"),
    [
        ((1 << 39,), (0,)),
        ((4, 4), (4, 1)),
        ((4,), (1000,)),
        ((2,), (1 << 39,)),
        ((0, 1 << 39), (1, 1)),
    ],
)
def test_tensors_larger_than_their_data(
    shape: tuple[int, ...], strides: tuple[int, ...], tmp_path: Path
) -> None:
    def numbers(values: tuple[int, ...]) -> bytes:
        return b"(" + b"".join(b"\x8a\x06" + v.to_bytes(6, "little") for v in values) + b"t"

    from generator.files.pickles.pickle import open_pickle
    from generator.files.pickles.pickle_machine import PickleRefusedError

    path = tmp_path / "net.pkl"
    body = tensor(legacy_archive(), numbers(shape), numbers(strides))
    path.write_bytes(network(module(text("weight") + body)))
    stored = open_pickle(path).networks["G_ema"].tensors()["weight"]  # type: ignore[union-attr]
    try:
        assert stored.read().nbytes <= 16
    except PickleRefusedError:
        assert shape != (4,) or strides != (1,)


def test_cyclic_state(tmp_path: Path) -> None:
    with named_modules() as names:
        easy = names.EasyDict
        loop = Module("Generator", _init_kwargs=easy())
        loop.state["_modules"]["self"] = loop
        listed: list[object] = []
        listed.append(listed)
        # A module cannot hold itself before it is made; a dict in its state can.
        state = Module("Generator", _init_kwargs=easy(x=listed))
        data = pickle.dumps({"G_ema": state, "training_set_kwargs": easy(x=listed)}, protocol=4)
    refused(tmp_path / "net.pkl", data)
    # The state of a module in the memo, with the module put into it afterwards.
    inner = b"}q\x05(" + text("_modules") + b"}q\x06u"
    meta = b"}(" + text("type") + text("class") + text("class_name") + text("Generator")
    meta += text("state") + inner + b"u"
    looped = call("torch_utils.persistence", "_reconstruct_persistent_obj", meta)
    looped += b"q\x070h\x06" + text("a") + b"h\x07s0h\x06" + text("b") + b"h\x07s0h\x07"
    refused(tmp_path / "net.pkl", network(looped), "contain each other")


def of_one_hash(count: int, value: bytes) -> bytes:
    """Numbers, a value after each: Python's hash of them is the remainder by 2^61 - 1."""
    prime = (1 << 61) - 1
    numbers = (prime * index for index in range(1, count + 1))
    return b"".join(b"\x8a\x0a" + one.to_bytes(10, "little") + value for one in numbers)


def made_again_and_again(home: str, attribute: str, end: bytes) -> bytes:
    """One long list of texts, something after each, and tens of thousands of copies of it."""
    items = b"](" + b"".join(text(f"k{index}") + end for index in range(20_000)) + b"e"
    maker = name(home, attribute) + b"q\x020" + items + b"q\x010"
    return network(maker + b"](" + b"h\x02h\x01\x85R" * 60_000 + b"e")


def shared_parts() -> bytes:
    """Thousands of modules that are one and the same, with a hundred thousand tensors in it."""
    leaf = b"}(" + text("_parameters") + b"}(" + tensor(legacy_archive()) + b"q\x010"
    leaf += b"".join(text(f"p{index}") + b"h\x01" for index in range(100_000)) + b"uu"

    def made(state: bytes) -> bytes:
        meta = b"}(" + text("type") + text("class") + text("class_name") + text("Generator")
        meta += text("state") + state + b"u"
        return call("torch_utils.persistence", "_reconstruct_persistent_obj", meta)

    parts = b"".join(text(f"m{index}") + b"h\x02" for index in range(4000))
    root = made(b"}(" + text("_modules") + b"}(" + parts + b"uu")
    return network(made(leaf) + b"q\x020" + root)


def bombs() -> dict[str, bytes]:
    """Small files that ask for much."""
    doubling = b"]" + b"".join(b"q%c0](h%ch%ce" % (i, i, i) for i in range(1, 9))
    lots = 600_000
    return {
        "marks": proto(b"(" * 100_000),
        "stack": proto(b"N" * 100_000),
        "dup": proto(b"N" + b"2" * 100_000),
        "sets": proto(b"\x8f" * lots),
        "nesting": network(b")" + b"\x85" * lots),
        "nested lists": proto(b"]" * 100_000 + b"a" * 50_000 + END),
        "nested key": proto(b"}" + b")" + b"\x85" * 100_000 + b"Ns" + END),
        "doubling": network(doubling),
        "giant bytes": proto(b"\x8e" + struct.pack("<Q", 1 << 62)),
        "giant text": proto(b"\x8d" + struct.pack("<Q", (1 << 63) - 1)),
        "giant bytes of 32 bits": proto(b"B\xff\xff\xff\xff"),
        "giant frame": proto(b"\x95" + struct.pack("<Q", (1 << 64) - 1) + b"N."),
        "giant memo": network(b"Nr\xff\xff\xff\xff" * 1000),
        "giant number": network(b"\x8a\xff" + b"\x7f" * 255),
        "endless name": proto(b"c" + b"a" * 1_000_000),
        "texts": proto(text("a" * 1000) * 30_000 + END),
        "memo of nothing": proto(b"h\x01" + END),
        "pop of nothing": proto(b"0" + END),
        "nothing": proto(END),
        "no proto": b"N.",
        "protocol 6": b"\x80\x06N.",
        "buffers outside": b"\x80\x05\x97.",
        "protocol 0": b"\x80\x00N.",
        "wide": network(module(b"".join(text(f"p{i}") + b"N" for i in range(200_000)))),
        "keys of one hash": network(b"}(" + of_one_hash(100_000, b"N") + b"u"),
        "items of one hash": network(b"\x8f(" + of_one_hash(100_000, b"") + b"\x90"),
        "copied dicts": made_again_and_again("collections", "OrderedDict", b"N\x86"),
        "copied sets": made_again_and_again("builtins", "set", b""),
        "shared parts": shared_parts(),
    }


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.timeout(660)
def test_bombs_are_bounded_in_time_and_memory(tmp_path: Path) -> None:
    """In a process that has 700 MB beyond what it starts with."""
    for index, (label, data) in enumerate(bombs().items()):
        (tmp_path / f"{index:02d}-{label.replace(' ', '-')}.pkl").write_bytes(data)
    script = (
        "import resource, sys, time, pathlib\n"
        "from generator import NetworkFileError, load_network\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + (700 << 20),) * 2)\n"
        "for path in sorted(pathlib.Path(sys.argv[1]).glob('*.pkl')):\n"
        "    begin = time.process_time()\n"
        "    try:\n"
        "        load_network(path)\n"
        "        print('LOADED', path.name)\n"
        "    except NetworkFileError as error:\n"
        "        print('refused', path.name, round(time.process_time() - begin, 2), error)\n"
    )
    if sys.platform != "linux":
        pytest.skip("the bound on memory is set as Linux does it")
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=600,
        cwd=Path(__file__).parents[4],
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = done.stdout.splitlines()
    assert len(lines) == len(bombs()), done.stdout
    for line in lines:
        word, label, seconds = line.split()[:3]
        assert word == "refused", line
        assert float(seconds) < SECONDS, label


def small_file(folder: Path) -> bytes:
    """The first block of StyleGAN2, enough to go through every branch."""
    _, weights, _ = golden("stylegan2")
    kept = {
        key: value
        for key, value in weights.items()
        if not key.startswith("synthesis.") or ".b4." in key or ".b8." in key
    }
    options = {"img_resolution": 8}
    path = write_golden(
        folder / "small.pkl", "stylegan2", holds=("G_ema",), weights=kept, options=options
    )
    load_network(path)
    return path.read_bytes()


def test_truncated_files(tmp_path: Path) -> None:
    data = small_file(tmp_path)
    for end in (0, 1, 2, 10, *range(11, len(data), len(data) // 40), len(data) - 1):
        refused(tmp_path / "net.pkl", data[:end])


def fuzz(folder: Path, seed: int, *, most: int, seconds: float = math.inf) -> int:
    """Change valid files at random, so often or so long; returns how many were tried."""
    draw = random.Random(seed)
    original = small_file(folder)
    path, begin, tried = folder / "fuzzed.pkl", time.monotonic(), 0
    changes: list[Callable[[bytearray], None]] = [
        lambda data: data.__setitem__(draw.randrange(len(data)), draw.randrange(256)),
        lambda data: data.__delitem__(
            slice((at := draw.randrange(len(data))), at + draw.randrange(9))
        ),
        lambda data: data.insert(
            draw.randrange(len(data)), draw.choice(b"(.02NJKM]}e()tRbcqhsu\x93\x94")
        ),
        lambda data: data.extend(data[: draw.randrange(len(data))]),
    ]
    while tried < most and time.monotonic() - begin < seconds:
        data = bytearray(original)
        for _ in range(draw.choice((1, 1, 2, 5, 50))):
            draw.choice(changes)(data)
        path.write_bytes(data)
        started = time.process_time()
        refusal = ""
        try:
            load_network(path)
        except NetworkFileError as error:
            refusal = str(error)
        assert "\n" not in refusal
        assert time.process_time() - started < SECONDS
        tried += 1
    return tried


@pytest.mark.slow
def test_fuzz(tmp_path: Path) -> None:
    fuzz(tmp_path, seed=1, most=200)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_fuzz_for_minutes(tmp_path: Path) -> None:
    assert fuzz(tmp_path, int(time.time()), most=10**9, seconds=300.0) > 0
