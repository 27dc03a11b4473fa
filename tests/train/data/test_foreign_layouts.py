"""CIFAR's and MNIST's files, made here byte by byte, and what is refused."""

import gzip
import io
import pickle
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest

from train.data.dataset import ImageDataset
from train.data.foreign_layouts import open_pictures
from train.data.prepare import prepare_pictures


def random_bytes(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as file:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            file.addfile(entry, io.BytesIO(data))
    return path


@pytest.mark.parametrize("class_bytes", [1, 2])
def test_cifar_records_keep_pixels_and_the_finest_class(tmp_path, class_bytes):
    planes = random_bytes(6, 3, 32, 32)
    classes = np.arange(6, dtype=np.uint8)
    coarse = [np.full((6, 1), 9, np.uint8)] * (class_bytes - 1)
    records = np.concatenate([*coarse, classes[:, None], planes.reshape(6, -1)], axis=1)
    if class_bytes == 1:
        members = {
            "cifar-10-batches-bin/data_batch_1.bin": records[:4].tobytes(),
            "cifar-10-batches-bin/data_batch_2.bin": records[4:].tobytes(),
            "cifar-10-batches-bin/test_batch.bin": records[:1].tobytes(),
        }
    else:
        members = {
            "cifar-100-binary/train.bin": records.tobytes(),
            "cifar-100-binary/test.bin": records[:1].tobytes(),
        }
    source = archive(tmp_path / "cifar.tar.gz", members)
    data = ImageDataset.load(prepare_pictures(source, tmp_path / "set.zip").written.path)
    assert (data.images.numpy() == planes).all()
    assert data.labels.dense().argmax(1).tolist() == classes.tolist()
    with open_pictures(source, "test") as test:
        assert test.names == ["0.png"]
    for name, content in members.items():
        (tmp_path / Path(name).name).write_bytes(content)
    with open_pictures(tmp_path) as folder:
        assert len(folder.names) == 6


def idx(array: np.ndarray) -> bytes:
    head = bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.tobytes()


def test_mnist_gets_a_black_border_and_its_classes(tmp_path):
    digits = random_bytes(5, 28, 28)
    classes = np.array([3, 1, 4, 1, 5], np.uint8)
    with gzip.open(tmp_path / "train-images-idx3-ubyte.gz", "wb") as file:
        file.write(idx(digits))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(classes))
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(digits[:1]))
    prepared = prepare_pictures(tmp_path, tmp_path / "set.zip")
    assert prepared.converted == {"grey": 5}
    data = ImageDataset.load(prepared.written.path)
    assert (data.images[:, 1, 2:30, 2:30].numpy() == digits).all()
    assert int(data.images[..., :2].sum()) == int(data.images[..., 30:, :].sum()) == 0
    assert data.labels.dense().argmax(1).tolist() == classes.tolist()
    with open_pictures(tmp_path, "test") as test:
        assert (len(test.names), test.labels()) == (1, None)


def test_python_archives_databases_and_damage_are_refused_with_the_way_round(tmp_path):
    class Runs:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    evil = pickle.dumps(Runs())
    source = archive(tmp_path / "python.tar.gz", {"cifar-10-batches-py/data_batch_1": evil})
    with pytest.raises(ValueError, match=r"a pickle .* download the binary version"):
        prepare_pictures(source, tmp_path / "set.zip")
    assert not (tmp_path / "ran").exists()

    (tmp_path / "bedroom").mkdir()
    (tmp_path / "bedroom" / "data.mdb").touch()
    with pytest.raises(ValueError, match=r"LMDB .* data.py export"):
        prepare_pictures(tmp_path / "bedroom", tmp_path / "set.zip")

    with pytest.raises(ValueError, match="unpack it"):
        prepare_pictures(archive(tmp_path / "a.tar.gz", {"a/b.png": b"x"}), tmp_path / "set.zip")
    torn = archive(tmp_path / "torn.tar.gz", {"data_batch_1.bin": bytes(3072)})
    with pytest.raises(ValueError, match=r"data_batch_1\.bin .* not whole"):
        prepare_pictures(torn, tmp_path / "set.zip")

    short = tmp_path / "train-images-idx3-ubyte"
    short.write_bytes(idx(random_bytes(2, 8, 8))[:-1])
    with pytest.raises(ValueError, match="not whole: 127 of 128 bytes"):
        prepare_pictures(short, tmp_path / "set.zip")
    short.write_bytes(bytes((0, 0, 8, 3)) + struct.pack(">3I", 2**31, 2**31, 2**31))
    with pytest.raises(ValueError, match="claims to hold"):
        prepare_pictures(short, tmp_path / "set.zip")
