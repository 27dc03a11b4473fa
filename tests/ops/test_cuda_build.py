"""The CUDA kernels compile for every GPU, fit into it, and fail in words; no GPU is needed."""

import ctypes
import io
import os
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import ops
from generator import NetworkConfig, build_network
from generator.layers import plan_stylegan3
from ops import dispatch
from ops.cuda import arguments, build, usage, variants
from ops.cuda.kernels import CudaKernels, polyphase
from ops.cuda.variants import Variant
from ops.resampling import KernelsUnavailableError

pytest.importorskip("cuda.core")
pytestmark = pytest.mark.slow

TESTED = ["sm_75", "sm_90"]
OTHERS = [arch for arch in usage.LIMITS if arch not in TESTED]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path_factory.getbasetemp() / "cuda-cache"
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: str(folder / name))
    build._cache.cache_clear()


@pytest.mark.parametrize("precision", ["float32", "float16"])
@pytest.mark.parametrize("arch", TESTED)
def test_the_networks_kernels_compile_and_fit(arch: str, precision: str) -> None:
    _check(arch, precision)


@pytest.mark.soak
@pytest.mark.parametrize("precision", variants.PRECISIONS)
@pytest.mark.parametrize("arch", [*OTHERS, *TESTED])
def test_the_networks_kernels_compile_and_fit_everywhere(arch: str, precision: str) -> None:
    _check(arch, precision)


def _check(arch: str, precision: str) -> None:
    smallest = usage.LIMITS["sm_75"]
    for variant in variants.for_networks(precision):
        taken = usage.read(bytes(build.compiled(variant, arch).code), variant.kernel)
        assert taken.stack_bytes == 0, f"{variant} spills registers"
        assert taken.shared_bytes <= variants.SHARED_LIMIT
        assert taken.registers <= 255
        assert taken.registers * variant.threads <= smallest.registers
        assert taken.blocks(variant.threads, smallest) >= 1
        if variant.kernel == "filtered_lrelu":
            sizes = dict(variant.defines)
            predicted, _ = variants._filtered_lrelu_cost(
                sizes["UP"], sizes["DOWN"], sizes["UP_TAPS"], sizes["DOWN_TAPS"],
                bool(sizes["UP_PLANE"]), bool(sizes["DOWN_PLANE"]), *variant.tile,
            )  # fmt: skip
            # The compiler may align an array.
            assert predicted <= taken.shared_bytes <= predicted + 48


@pytest.mark.parametrize("arch", TESTED)
def test_usage_agrees_with_the_assembler(arch: str) -> None:
    from cuda.core import Program, ProgramOptions

    for variant in variants.for_networks("float32")[::6]:
        log = io.StringIO()
        options = ProgramOptions(
            arch=arch,
            std="c++17",
            ptxas_options=["-v"],
            define_macro=[(name, str(value)) for name, value in variant.defines],
        )
        code = Program(build.source(variant.kernel), "c++", options).compile("cubin", logs=log)
        found = usage.read(bytes(code.code), variant.kernel)
        assert found.registers == _number(r"Used (\d+) registers", log.getvalue())
        assert found.shared_bytes == _number(r"(\d+) bytes smem", log.getvalue())
        assert found.stack_bytes == _number(r"(\d+) bytes stack frame", log.getvalue())
        assert _number(r"(\d+) bytes spill stores", log.getvalue()) == 0


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    return int(found[1]) if found else 0


class Recorder:
    """A launcher that notes what is asked for, and has nothing."""

    def __init__(self) -> None:
        self.asked: set[Variant] = set()

    def prepare(self, variant: Variant, device: torch.device) -> None:
        self.asked.add(variant)
        raise KernelsUnavailableError("this launcher only listens")

    def launch(self, *arguments: Any) -> None:
        raise AssertionError("nothing was prepared")


@pytest.mark.filterwarnings("ignore:Pictures will be slow")
@pytest.mark.parametrize("kind", ["stylegan2", "stylegan3-t", "stylegan3-r"])
def test_networks_ask_for_nothing_else(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = set(variants.for_networks("float32"))
    if kind != "stylegan2":
        # The factors do not depend on the resolution: what a small network asks for, all do.
        sizes = {
            resolution: {
                (layer.up, layer.down, layer.radial)
                for layer in plan_stylegan3(NetworkConfig(kind=kind, resolution=resolution))
            }
            for resolution in (64, 256, 512, 1024)
        }
        assert all(found == sizes[64] for found in sizes.values())
    recorder = Recorder()
    monkeypatch.setitem(dispatch.RESAMPLING, "cpu", CudaKernels(recorder))
    monkeypatch.setitem(dispatch.POINTWISE, "cpu", CudaKernels(recorder))
    config = NetworkConfig(kind=kind, resolution=64, z_dim=8, w_dim=8, channel_base=64)
    net = build_network(config, seed=0)
    with torch.no_grad():
        net.synthesis(net.mapping(torch.zeros(1, 8)))
    assert recorder.asked
    assert recorder.asked <= listed


def test_compiled_kernels_are_kept() -> None:
    variant = variants.bias_act("lrelu", False, "float32")
    first = bytes(build.compiled(variant, "sm_75").code)
    cache: Any = build._cache()
    files = [path for path in Path(cache._root).rglob("*") if path.is_file()]
    assert files
    stamps = {path: path.stat().st_mtime_ns for path in files}
    assert bytes(build.compiled(variant, "sm_75").code) == first
    assert {path: path.stat().st_mtime_ns for path in files} == stamps


@pytest.mark.parametrize("size", [0, 20, 3000])
def test_a_damaged_object_is_compiled_anew(size: int) -> None:
    variant = variants.bias_act("lrelu", False, "float32")
    code = bytes(build.compiled(variant, "sm_75").code)
    cache: Any = build._cache()
    for path in Path(cache._root).rglob("*"):
        if path.is_file() and path.stat().st_size > len(code):
            os.truncate(path, size)
    assert bytes(build.compiled(variant, "sm_75").code) == code


def test_what_nvrtc_refuses_is_said_in_one_line() -> None:
    variant = variants.bias_act("lrelu", False, "float32")
    with pytest.raises(KernelsUnavailableError, match="NVRTC failed for bias_act") as caught:
        build.compiled(variant, "sm_20")
    assert "\n" not in str(caught.value)


def test_a_field_in_another_place_does_not_compile(monkeypatch: pytest.MonkeyPatch) -> None:
    """The size alone would not tell: both fields are floats."""
    names = [name for name, _ in arguments.BiasActArguments._fields_]
    swapped = {"alpha": "gain", "gain": "alpha"}
    kinds = dict(arguments.BiasActArguments._fields_)
    fields = [(swapped.get(name, name), kinds[name]) for name in names]
    structure = type("BiasActArguments", (ctypes.Structure,), {"_fields_": fields})
    monkeypatch.setitem(arguments.STRUCTURES, "bias_act", (structure,))
    with pytest.raises(KernelsUnavailableError, match=r"BiasActArguments\.(alpha|gain) differs"):
        build.compiled(variants.bias_act("lrelu", False, "float32"), "sm_75")


def test_without_kernels_pytorch_serves_and_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    kernels = CudaKernels(Recorder())
    monkeypatch.setitem(dispatch.RESAMPLING, "cpu", kernels)
    monkeypatch.setattr(dispatch, "_UNAVAILABLE", {})
    x, taps = torch.ones(1, 1, 4, 4), torch.ones(3) / 3
    with pytest.warns(RuntimeWarning, match="only listens") as caught:  # noqa: PT031
        for _ in range(3):
            y = ops.upfirdn2d(x, taps, padding=1)
    assert len(caught) == 1
    torch.testing.assert_close(y, ops.upfirdn2d(x, taps, padding=1, backend="reference"))
    with pytest.raises(ValueError, match="only listens"):
        ops.upfirdn2d(x, taps, padding=1, backend="native")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: ops.upfirdn2d(x.double(), None, backend="native"), "float64"),
        (lambda x: ops.upfirdn2d(x, None, up=(1, 2), backend="native"), "factors differ"),
        (lambda x: ops.upfirdn2d(x, torch.ones(1, 2), backend="native"), "not square"),
        (lambda x: ops.filtered_lrelu(x, up=3, backend="native"), "factors other than"),
        (lambda x: ops.filtered_lrelu(x, gain=-1.0, backend="native"), "gain is not positive"),
        (lambda x: ops.upfirdn2d(x, torch.ones(200), padding=99, backend="native"), "not fit"),
        (lambda x: ops.upfirdn2d(x, up=1000, filter=None, backend="native"), "factor is greater"),
        (lambda x: ops.filtered_lrelu(x, down=1000, backend="native"), "factor is greater"),
        (
            lambda x: ops.upfirdn2d(x.expand(2**16, 2**15, 8, 8), None, backend="native"),
            "more tiles than one launch",
        ),
    ],
)
def test_calls_that_pytorch_serves(
    call: Any, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(dispatch.RESAMPLING, "cpu", CudaKernels(Recorder()))
    with pytest.raises(ValueError, match=message):
        call(torch.zeros(1, 1, 8, 8))


def test_other_devices_take_pytorch() -> None:
    """As `mps` does: no kernels, no warning. The meta device has shapes only."""
    x, taps = torch.empty(2, 3, 8, 8, device="meta"), torch.ones(12)
    bias = torch.empty(3, device="meta")
    y = ops.filtered_lrelu(x, taps, taps, bias, up=2, down=2, padding=11)
    assert y.device.type == "meta"
    assert y.shape == (2, 3, 8, 8)
    assert ops.bias_act(x, bias, activation="lrelu").shape == x.shape
    with pytest.raises(ValueError, match="there is none for meta"):
        ops.filtered_lrelu(x, backend="native")


@pytest.mark.parametrize(("up", "taps"), [(1, 5), (2, 12), (3, 7), (4, 4), (4, 3)])
def test_polyphase_holds_every_tap_once(up: int, taps: int) -> None:
    filter: Tensor = torch.arange(1.0, taps + 1)
    table = polyphase(filter.numpy(), up, True, 2.0)
    assert table.shape == (2, up, -(-taps // up))
    for phase in range(up):
        for i in range(table.shape[2]):
            k = up - 1 - phase + up * i
            assert table[0, phase, i] == (k + 1 if k < taps else 0)
    plane = polyphase((filter[:, None] * 100 + filter[None, :]).numpy(), up, True, 1.0)
    turned = plane.transpose(2, 3, 0, 1)
    assert (plane // 100 == turned % 100).all()
