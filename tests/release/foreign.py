"""Kernels of another system, called through an emulator as if they were this system's."""

from __future__ import annotations

import ctypes
import struct
import subprocess
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

LANES = 16


class ForeignLibrary:
    """Stands in for the loaded library: every call is a run of the driver.

    Args:
        command: Runs the driver, up to the library's path.
        library: The kernels.
        folder: For the files of the calls.
    """

    def __init__(self, command: list[str], library: str, folder: Path) -> None:
        self._command, self._library, self._file = command, library, folder / "job"
        self.calls = 0

    def afv_tiles(self, job: Any) -> int:
        return self._call("afv_tiles", job._obj, {})

    def afv_resample(self, job: Any) -> int:
        return self._call("afv_resample", job._obj, self._resample_sizes(job._obj)) & 0xFF

    def afv_elementwise(self, job: Any) -> int:
        return self._call("afv_elementwise", job._obj, _elementwise_sizes(job._obj)) & 0xFF

    def _resample_sizes(self, job: Any) -> dict[str, int]:
        element = 2 if job.precision else 4
        per_image = 4 * job.n * job.c
        y = element * job.n * job.c * job.out_h * job.out_w
        return {
            "x": element * job.n * job.c * job.h * job.w,
            "y": y,
            "partner": y,
            "mask": 4 * job.n * -(-job.c // LANES) * job.mask_h * job.mask_w,
            "bias": 4 * job.c,
            "in_gain": per_image,
            "out_gain": per_image,
            "sums": 4 * 2 * LANES * self._call("afv_tiles", job, {}) if job.sums else 0,
            "clamped": 4,
            **{f"up_{axis}": 4 * job.up_size for axis in "xy"},
            **{f"down_{axis}": 4 * job.down_size for axis in "xy"},
            "up_2d": 4 * job.up_size**2,
            "down_2d": 4 * job.down_size**2,
        }

    def _call(self, name: str, job: ctypes.Structure, sizes: dict[str, int]) -> int:
        self.calls += 1
        given = {field: size for field, size in sizes.items() if getattr(job, field)}
        stored = [struct.pack("<q", ctypes.sizeof(job)), bytes(job), struct.pack("<q", len(given))]
        for field, size in given.items():
            stored.append(struct.pack("<qq", getattr(type(job), field).offset, size))
            stored.append(ctypes.string_at(getattr(job, field), size))
        self._file.write_bytes(b"".join(stored))
        command = [*self._command, self._library, name, self._file.name]
        run = subprocess.run(
            command, cwd=self._file.parent, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, f"{run.returncode}: {run.stderr}"
        made = self._file.read_bytes()
        at = 8
        for field, size in given.items():
            ctypes.memmove(getattr(job, field), made[at : at + size], size)
            at += size
        assert at == len(made)
        return int(struct.unpack("<q", made[:8])[0])


def _elementwise_sizes(job: Any) -> dict[str, int]:
    assert not job.sums
    images = (2 if job.precision else 4) * job.images * job.rows * job.channels * job.inner
    apart = job.inner > 1
    stretches = job.images * job.channels if apart else job.images
    length = job.inner if apart else job.rows * job.channels
    return {
        "x": images,
        "y": images,
        "mask": 4 * stretches * -(-length // LANES),
        "bias": 4 * job.channels,
        "in_gain": 4 * job.images * job.channels,
        "out_gain": 4 * job.images * job.channels,
        "clamped": 4,
    }
