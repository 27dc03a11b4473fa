"""Where the lab's signals come from, files included."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from viz.protocol import lab_signals
from viz.protocol.lab import Samples, Signal
from viz.render.lab import source
from viz.render.lab.source import signal_of


def outside(plane: np.ndarray, band: float) -> float:
    """Share of the energy beyond a frequency, in any direction."""
    frequency = np.fft.fftfreq(len(plane))
    power = np.abs(np.fft.fft2(plane)) ** 2
    return power[np.hypot(frequency, frequency[:, None]) > band + 1e-9].sum() / power.sum()


@pytest.mark.parametrize("kind", ["impulse", "zone plate", "noise"])
@pytest.mark.parametrize("band", [0.1, 0.3])
def test_signals_keep_within_their_band(kind: str, band: float) -> None:
    plane = signal_of(Signal(kind=kind, side=64, band=band), "shift").numpy()
    assert outside(plane, band) < 1e-20
    assert 0.5 < np.abs(plane).max() < 2


def test_what_is_turned_fits_the_grid_in_every_direction() -> None:
    signal = Signal(kind="noise", side=32)
    assert outside(signal_of(signal, "shift").numpy(), 0.5) > 0.1
    assert outside(signal_of(signal, "turn").numpy(), 0.5) < 1e-20


def test_a_sine_has_whole_periods_in_its_direction() -> None:
    assert lab_signals.sine_bins(64, 0.2, 0.0) == (13, 0)
    assert lab_signals.sine_bins(64, 0.25, np.pi / 2) == (0, -16), "up is against y"
    row = lab_signals.sine(64, 0.25, 0.0)[0]
    np.testing.assert_allclose(row[:5], [0, 1, 0, -1, 0], atol=1e-12)


def test_a_zone_plate_is_as_fast_as_its_band_in_the_middle_of_a_side() -> None:
    rings = lab_signals.zone_plate(512, 0.25)
    row = rings[256, 256 + 160 : 256 + 200]  # at 180 px: 2 · 0.25 · 180 / 512 c/px
    crossings = np.count_nonzero(np.diff(np.sign(row)))
    assert crossings == pytest.approx(2 * 40 * 2 * 0.25 * 180 / 512, abs=1.5)


def test_faded_pictures_have_no_seam() -> None:
    ramp = np.tile(np.linspace(-1.0, 1.0, 64), (64, 1))
    seam = lab_signals.faded(ramp)
    assert abs(seam[:, 0] - seam[:, -1]).max() < 0.02
    np.testing.assert_allclose(seam[8:-8, 8:-8], ramp[8:-8, 8:-8])


def test_the_middle_is_square_and_even() -> None:
    assert lab_signals.middle(np.zeros((37, 90)), 64).shape == (36, 36)
    assert lab_signals.middle(np.arange(36.0).reshape(6, 6), 2).tolist() == [[14, 15], [20, 21]]


def test_samples_are_compared_by_value() -> None:
    values = np.linspace(-1, 1, 16, dtype=np.float32).reshape(4, 4)
    assert Samples.of(values) == Samples.of(values.copy())
    assert Samples.of(values) != Samples.of(-values)
    np.testing.assert_array_equal(Samples.of(values).array, values)
    assert len({Samples.of(values), Samples.of(values)}) == 1


def picture(path: Path, size: tuple[int, int] = (90, 60)) -> str:
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    pixels[:, size[0] // 2 :] = 255
    Image.fromarray(pixels).save(path)
    return str(path)


def test_a_picture_from_a_file(tmp_path: Path) -> None:
    for suffix in (".png", ".jpg", ".webp"):
        file = picture(tmp_path / f"halves{suffix}")
        plane = signal_of(Signal(kind="picture", side=32, file=file), "shift").numpy()
        assert plane.shape == (32, 32)
        assert plane[16, 6] == pytest.approx(-1, abs=0.05)
        assert plane[16, 25] == pytest.approx(1, abs=0.05)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "one.png"
    Image.new("L", (40, 40), 255).save(path)
    first = source.read_picture(path, 8, path.stat().st_size, 1)
    Image.new("L", (40, 40), 0).save(path)
    second = source.read_picture(path, 8, path.stat().st_size, 2)
    assert first[0, 0] == 1
    assert second[0, 0] == -1


def test_bad_files_are_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\nnonsense")
    good = picture(tmp_path / "good.png")
    cut = tmp_path / "cut.png"
    cut.write_bytes(Path(good).read_bytes()[:80])
    cases = {str(bad): "bad.png", str(tmp_path / "no.png"): "no.png cannot be read"}
    for file, told in (cases | {str(cut): "cut.png"}).items():
        with pytest.raises(ValueError, match=told) as raised:
            signal_of(Signal(kind="picture", side=16, file=file), "shift")
        assert "\n" not in str(raised.value)
    monkeypatch.setattr(source, "LARGEST_PICTURE", 1000)
    with pytest.raises(ValueError, match="megapixels"):
        signal_of(Signal(kind="picture", side=18, file=good), "shift")
    with pytest.raises(ValueError, match="nothing to take"):
        signal_of(Signal(kind="channel", side=16), "shift")


def test_grey_of_sixteen_bits_keeps_its_shades(tmp_path: Path) -> None:
    shades = np.linspace(0, 65535, 16 * 16).reshape(16, 16).astype(np.uint16)
    path = tmp_path / "deep.png"
    Image.fromarray(shades).save(path)
    plane = source.read_picture(path, 16, path.stat().st_size, 0)
    # rounded to 8 bits: half a step of 2 / 255
    np.testing.assert_allclose(plane, shades / 32767.5 - 1, atol=1.01 / 255)
