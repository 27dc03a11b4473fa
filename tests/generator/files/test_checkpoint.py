"""Network files: round trips, run folders, and files that cannot be trusted."""

import base64
import io
import json
import os
import pickle
import struct
import zlib
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from generator import NetworkFileError, load_network, save_network, seed_z
from generator.files.checkpoint import FORMAT
from tests.generator.nvidia_files import write_golden


def read_header(path: Path) -> dict:
    data = path.read_bytes()
    return json.loads(data[8 : 8 + struct.unpack("<Q", data[:8])[0]])


def rewrite(path: Path, **changes: str | None) -> Path:
    """The file with its metadata changed; None leaves an entry out."""
    metadata = {**read_header(path)["__metadata__"], **changes}
    target = path.with_name("changed.safetensors")
    save_file(load_file(path), target, {k: v for k, v in metadata.items() if v is not None})
    return target


def changed_config(path: Path, **options: object) -> Path:
    config = json.loads(read_header(path)["__metadata__"]["config"])
    return rewrite(path, config=json.dumps(config | options))


@pytest.fixture
def saved(tiny, tmp_path) -> Path:
    path = tmp_path / "net.safetensors"
    save_network(path, tiny("stylegan3-t"), info={"kimg": 1.5})
    return path


def refused(path: Path, match: str) -> None:
    with pytest.raises(NetworkFileError, match=match) as error:
        load_network(path)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300


def test_round_trip_is_bit_exact(tiny, kind, tmp_path) -> None:
    net = tiny(kind, c_dim=2)
    net.mapping.w_avg.normal_()
    path = tmp_path / "net.safetensors"
    preview = Image.effect_noise((64, 64), 50).convert("RGB")
    save_network(path, net, info={"kimg": 12, "fid": [1.5, None]}, preview=preview)
    again = load_network(path)
    assert again.config == net.config
    assert again.info == {"kimg": 12, "fid": [1.5, None]}
    assert again.preview is not None
    assert again.preview.tobytes() == preview.tobytes()
    assert not again.training
    for name, tensor in net.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name
    z, c = seed_z([1], 16), torch.eye(2)[:1]
    with torch.no_grad():
        pictures = [g.synthesis(g.mapping(z, c)) for g in (net, again)]
    assert torch.equal(*pictures)


def test_saving_replaces_the_whole_file_or_nothing(tiny, saved, monkeypatch) -> None:
    before = saved.read_bytes()

    def fail(descriptor: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        save_network(saved, tiny("stylegan3-t", seed=1))
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_run_folder_means_its_newest_network(tiny, tmp_path) -> None:
    for kimg in (5, 999, 1000):
        save_network(
            tmp_path / f"network-{kimg:06d}.safetensors", tiny("stylegan2"), info={"kimg": kimg}
        )
    (tmp_path / "network-best.safetensors").write_text("no network")
    (tmp_path / "network-999999.safetensors").mkdir()
    assert load_network(tmp_path).info == {"kimg": 1000}
    empty = tmp_path / "empty"
    empty.mkdir()
    refused(empty, "no network")


def test_half_precision_files_load_as_float32(saved, tmp_path) -> None:
    target = tmp_path / "half.safetensors"
    halves = {name: tensor.half() for name, tensor in load_file(saved).items()}
    save_file(halves, target, read_header(saved)["__metadata__"])
    net = load_network(target)
    assert {parameter.dtype for parameter in net.parameters()} == {torch.float32}


@pytest.mark.parametrize("size", [0, 4, 8, 100, 3000, -1])
def test_truncated_file(saved, size) -> None:
    saved.write_bytes(saved.read_bytes()[:size])
    refused(saved, "damaged")


def test_missing_and_foreign_files(saved, tmp_path) -> None:
    refused(tmp_path / "nothing.safetensors", "there is no file")
    foreign = tmp_path / "foreign.safetensors"
    save_file({"x": torch.zeros(3)}, foreign)
    refused(foreign, "no network of this program")
    picture = tmp_path / "picture.png"
    Image.new("RGB", (4, 4)).save(picture)
    refused(picture, "no .safetensors, .pkl or .pt file")
    for ending in (".safetensors", ".PKL"):
        for beginning in (b"", b"<html>", b"version https://git-lfs", os.urandom(4096)):
            garbage = (tmp_path / "garbage").with_suffix(ending)
            garbage.write_bytes(beginning or b"\0")
            refused(garbage, "damaged or no network file")
    refused(tmp_path / ("long" * 200 + ".safetensors"), "damaged|no file")
    with pytest.raises(NetworkFileError, match="download"):
        load_network("https://example.org/net.safetensors")


def test_header_that_claims_to_be_huge(tmp_path) -> None:
    path = tmp_path / "huge.safetensors"
    path.write_bytes(struct.pack("<Q", 2**62) + b"{}")
    refused(path, "damaged")


def test_pickles_are_never_executed(tmp_path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple:
            return os.mkdir, (str(tmp_path / "exploded"),)

    for name, message in (("net.pkl", "nothing was executed"), ("net.safetensors", "damaged")):
        path = tmp_path / name
        path.write_bytes(pickle.dumps(Bomb()))
        refused(path, message)
    torch_file = tmp_path / "torch.safetensors"
    torch.save({"x": torch.zeros(1)}, torch_file)
    refused(torch_file, "damaged")
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"format": "something else"}, "no network of this program"),
        ({"version": "99"}, "version"),
        ({"version": "9" * 10_000}, "version"),
        ({"config": None}, "describes no usable network"),
        ({"config": "{"}, "describes no usable network"),
        ({"config": "[1]"}, "describes no usable network"),
        ({"config": "[" * 100_000}, "describes no usable network"),
        ({"config": '{"resolution": 1e999}'}, "resolution"),
        ({"config": '{"__class__": "os.system"}'}, "unknown network option"),
        ({"info": '"text"'}, "training figures"),
        ({"info": "{"}, "describes no usable network"),
        ({"info": '{"a":' * 20 + "1" + "}" * 20}, "levels"),
        ({"info": json.dumps(["x" * 1000] * 2000)}, "more training figures"),
        ({"config": '{"clamp": 1' + "0" * 400 + "}"}, "clamp"),
        ({"config": '{"clamp": NaN}'}, "clamp"),
        ({"preview": "not base64!"}, "preview"),
        ({"preview": "aGVsbG8="}, "preview"),
    ],
)
def test_nonsense_metadata(saved, changes, match) -> None:
    refused(rewrite(saved, **changes), match)


def test_figures_are_made_fit_to_be_shown(saved) -> None:
    """Half letters, a terminal's commands, and numbers that are none or endless."""
    info = r'{"a\u001b[2J\ud800": "b\n\u0000", "c": [NaN, -Infinity, 2.5, 1e999, true, null, 1%s]}'
    net = load_network(rewrite(saved, info=info % ("0" * 400)))
    assert net.info == {
        "a\ufffd[2J\ufffd": "b\ufffd\ufffd",
        "c": [None, None, 2.5, None, True, None, None],
    }
    save_network(saved, net, info=net.info)


def test_preview_of_absurd_size(saved) -> None:
    png = io.BytesIO()
    Image.new("1", (20_000, 10)).save(png, format="PNG")
    refused(rewrite(saved, preview=base64.b64encode(png.getvalue()).decode()), "too many")
    # 60,000 x 60,000 by the first chunk, which is all that there is.
    absurd = bytearray(png.getvalue()[:33])
    absurd[16:24] = struct.pack(">II", 60_000, 60_000)
    absurd[29:33] = struct.pack(">I", zlib.crc32(absurd[12:29]))
    absurd += png.getvalue()[33:]
    refused(rewrite(saved, preview=base64.b64encode(absurd).decode()), "preview")


def test_filters_that_cannot_be_designed(saved) -> None:
    refused(changed_config(saved, last_stopband_rel=1.0, first_stopband=8.0), "filters|shape")


def test_absurd_architecture_is_refused_before_it_is_built(saved, monkeypatch) -> None:
    def never(*args: object) -> None:
        raise AssertionError("the network was built")

    monkeypatch.setattr("generator.files.checkpoint.blank_network", never)
    for options in (
        {"channel_base": 1 << 20, "channel_max": 1 << 14},
        {"w_dim": 65536, "z_dim": 65536, "map_depth": 64},
        {"kind": "stylegan2", "resolution": 4096},
    ):
        refused(changed_config(saved, **options), "too small")


def test_tensors_that_do_not_fit_the_architecture(saved, tmp_path) -> None:
    refused(changed_config(saved, channel_max=7), "tensor|shape")
    tensors, metadata = load_file(saved), read_header(saved)["__metadata__"]
    target = tmp_path / "changed.safetensors"
    name = "mapping.fc0.weight"
    save_file(tensors | {name: torch.zeros(16, 17)}, target, metadata)
    refused(target, "fc0.weight has the shape")
    save_file(tensors | {name: torch.zeros(16, 16, dtype=torch.int64)}, target, metadata)
    refused(target, "not floating")
    save_file(tensors | {"extra": torch.zeros(1)}, target, metadata)
    refused(target, "unknown tensor")
    save_file({key: value for key, value in tensors.items() if key != name}, target, metadata)
    refused(target, "lacks the tensor")


def test_no_weights_are_drawn_that_the_file_replaces(saved, monkeypatch) -> None:
    state = torch.get_rng_state()
    empty = torch.empty

    def filled(*size: object, **options: object) -> torch.Tensor:
        return empty(*size, **options).fill_(torch.nan)

    monkeypatch.setattr(torch, "empty", filled)
    net = load_network(saved)
    assert all(tensor.isfinite().all() for tensor in net.state_dict().values())
    assert torch.equal(torch.get_rng_state(), state)


def test_only_json_can_be_saved_along(tiny, tmp_path) -> None:
    path = tmp_path / "net.safetensors"
    with pytest.raises(ValueError, match="info"):
        save_network(path, tiny("stylegan2"), info={"net": object()})
    with pytest.raises(ValueError, match="preview"):
        save_network(path, tiny("stylegan2"), preview=Image.new("RGB", (2000, 20)))
    with pytest.raises(ValueError, match="info"):
        save_network(path, tiny("stylegan2"), info={"net": "x" * (2 << 20)})
    assert not path.exists()


def test_format_name_is_stable(saved) -> None:
    assert read_header(saved)["__metadata__"]["format"] == FORMAT == "alias-free-visualizer network"


def test_endings_are_read_in_capital_letters_too(saved) -> None:
    expected = load_network(saved).config
    capitals = saved.rename(saved.with_name("NET.SAFETENSORS"))
    assert load_network(capitals).config == expected
    pickled = write_golden(saved.with_name("X.PKL"), "stylegan2", holds=("G_ema",))
    assert load_network(pickled).kind == "stylegan2"


@pytest.mark.parametrize("name", ["net.pt", "net.PTH", "net.ckpt", "net.pkl"])
def test_archives_of_torch_are_named(name: str, tmp_path) -> None:
    path = tmp_path / name
    contents = {
        "no generator that is known here .it holds weights": {"weights": torch.zeros(3)},
        "holds a tensor, no network": torch.zeros(3),
        "holds a list": [1, 2],
        "FastGAN": {"g": {"module.init.init.0.weight_orig": torch.zeros(3)}, "g_ema": []},
        "open its run folder": {"generator": {}, "ema": {}, "discriminator": {}},
    }
    for told, content in contents.items():
        torch.save(content, path)
        refused(path, told)


def with_header(path: Path, header: bytes) -> Path:
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    return path


def test_headers_are_bounded_before_they_are_parsed(saved, monkeypatch) -> None:
    """Whatever they are long of: options, training figures, other texts, tensors, or blanks."""

    def never(*args: object, **options: object) -> None:
        raise AssertionError("it was parsed")

    monkeypatch.setattr("generator.files.checkpoint.safe_open", never)
    large = b"{}," * (3 << 20)
    for header in (
        b'{"__metadata__":{"config":"[' + large + b'{}]"}}',
        b'{"__metadata__":{"x":"' + b" " * (9 << 20) + b'"}}',
        b" " * (9 << 20) + b"{}",
    ):
        refused(with_header(saved, header), "header of")
    tensors = (f'"{i}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}' for i in range(20_000))
    refused(with_header(saved, b"{" + ",".join(tensors).encode() + b"}"), "more tensors")
    figures = (f'"{i}":"\\\\"' for i in range(90_000))
    header = b'{"__metadata__":{' + ",".join(figures).encode() + b"}}"
    refused(with_header(saved, header), "more tensors")


def test_options_are_bounded(saved) -> None:
    refused(rewrite(saved, config="[" + "{}," * 100_000 + "{}]"), "more options")
