"""Writers of frames: H.264 in MP4, VP9 in WebM, ProRes in QuickTime, GIF, and folders of PNG.

Everything is written as it comes, so that what has been written can be played whenever it stops.
FFmpeg is loaded by the functions that need it: that takes a while, and a window starts without.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from errno import EIO
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from generator.files.atomic_files import replacing
from viz.storage.film_metadata import SESSION_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import av

    from viz.state.recording import Quality

Frame = NDArray[np.uint8]

CODECS: dict[str, tuple[str, dict[str, str]]] = {
    ".mp4": ("libx264", {"preset": "superfast"}),
    ".webm": (
        "libvpx-vp9",
        {"b": "0", "deadline": "realtime", "cpu-used": "6", "row-mt": "1"},
    ),
    ".mov": ("prores_ks", {"profile": "4444", "vendor": "apl0"}),
    ".gif": ("gif", {}),
}
CRF: dict[tuple[str, Quality], int] = {
    (".mp4", "small"): 26,
    (".mp4", "good"): 18,
    (".mp4", "best"): 10,
    (".webm", "small"): 34,
    (".webm", "good"): 20,
    (".webm", "best"): 8,
}
"""Constant rate factors: lower ones follow the frames more closely and take more room."""
KEY_S = 2
"""Seconds from one frame that is held in full to the next."""
HURRIED = {"preset": "ultrafast"}
"""H.264 for films that must keep up with the window."""
CONTAINER: dict[str, dict[str, str]] = {
    ".mp4": {
        # Whole fragments all along: a film that breaks off can be played as far as it got.
        "movflags": "frag_keyframe+empty_moov+default_base_moof+use_metadata_tags",
        "frag_duration": "500000",
    },
    ".mov": {
        # Every frame is held in full, so that fragments end by time alone.
        "movflags": "empty_moov+default_base_moof+use_metadata_tags",
        "frag_duration": "500000",
    },
    ".webm": {"cluster_time_limit": "1000"},
    ".gif": {},
}
FRAGMENTED = (".mp4", ".mov")
"""Endings of films that are written in fragments, and packed when they are complete."""
PIXELS: dict[str, tuple[str, str]] = {
    ".mp4": ("yuv420p", "yuv420p"),
    ".webm": ("yuv420p", "yuva420p"),
    ".mov": ("yuv444p10le", "yuva444p10le"),
}
"""Formats of pixels without and with opacity."""
KEEP_OPACITY = ("", ".png", ".webm", ".mov")
"""Endings of what keeps the opacity of frames: pictures, VP9 in WebM and ProRes 4444."""
GIF_FASTEST = 50
"""Highest rate of a GIF, in frames per second; browsers slow faster ones down to 10."""
BT709 = 1
"""Primaries, transfer curve and matrix of high-definition television, in H.273's numbering."""


class Writer(Protocol):
    """Takes frames, all of one size."""

    def add(self, frame: Frame, at: int | None = None) -> None:
        """Write [even height, even width, 3 or 4] uint8; `at`: its number, if some are left out."""

    def close(self) -> None:
        """Write what is still under way; twice is harmless."""


def encoder_options(path: Path, quality: Quality, *, hurried: bool) -> dict[str, str]:
    """Return the options of a film's encoder; empty for pictures."""
    suffix = path.suffix.lower()
    _codec, options = CODECS.get(suffix, ("", {}))
    crf = CRF.get((suffix, quality))
    hurry = HURRIED if hurried and suffix == ".mp4" else {}
    return {**options, **hurry, **({} if crf is None else {"crf": str(crf)})}


def writer_for(
    path: Path, *, fps: int, session: str, still: bool, options: dict[str, str]
) -> Writer:
    """Return the writer for a path: a film by its ending, PNG pictures in a new folder without one.

    Raises:
        ValueError: nothing is known to write with such an ending.
        OSError: it cannot be written there.
    """
    suffix = path.suffix.lower()
    if still:
        return StillWriter(path, session)
    if not suffix:
        return PictureWriter(path, session)
    if suffix == ".gif":
        return GifWriter(path, fps, session)
    return VideoWriter(path, fps, session, options)


@contextmanager
def _errors_of_files() -> Iterator[None]:
    """Inside it, an error that FFmpeg makes of its own is an OSError, as those of files are."""
    import av

    try:
        yield
    except av.FFmpegError as error:
        raise OSError(error.errno or EIO, error.strerror or str(error)) from None


class VideoWriter:
    """An MP4, WebM or QuickTime film that carries its session as metadata."""

    def __init__(self, path: Path, fps: int, session: str, options: dict[str, str]) -> None:
        import av
        from av.video.reformatter import VideoReformatter

        suffix = path.suffix.lower()
        codec, _options = CODECS[suffix]
        self._path = path
        self._open = True
        self._failed = False
        # FFmpeg's own files lose what does not fit any more while a film is finished. As good as
        # no buffer, so that hardly anything is lost when the process is killed.
        self._file = path.open("w+b", buffering=64)
        try:
            self._container = av.open(
                self._file, "w", format=suffix.removeprefix("."), options=CONTAINER[suffix]
            )
            if session and suffix != ".gif":
                self._container.metadata[SESSION_KEY] = session
            stream = self._container.add_stream(codec, rate=Fraction(fps))
        except BaseException:
            self._file.close()
            raise
        assert isinstance(stream, av.VideoStream)  # as all of CODECS are
        self._stream, self._fps = stream, fps
        self._stream.options = dict(options)
        self._stream.codec_context.gop_size = KEY_S * fps
        self._count = 0
        self._forms = ("rgb24", "yuv420p")
        self._reformatter = VideoReformatter()  # to make one takes longer than to convert a frame

    def add(self, frame: Frame, at: int | None = None) -> None:
        """Write one frame; its opacity is kept in WebM and QuickTime films alone."""
        if self._path.suffix.lower() not in KEEP_OPACITY:
            frame = frame[..., :3]
        if not self._count:
            self._begin(frame)
        video = self._converted(frame)
        video.pts = self._count if at is None else at
        video.time_base = Fraction(1, self._fps)
        self._count += 1
        self._mux(video)

    def close(self) -> None:
        """Finish the file."""
        if not self._open:
            return
        self._open = False
        with self._file, _errors_of_files():
            try:
                if self._count and not self._failed:
                    self._mux(None)
            finally:
                self._container.close()

    def _mux(self, frame: av.VideoFrame | None) -> None:
        """Encode a frame, or with None what the encoder holds back, and write what comes of it."""
        try:
            with _errors_of_files():
                self._container.mux(self._stream.encode(frame))
        except BaseException:
            self._failed = True  # PyAV crashes when it writes after a header that it could not
            raise

    def _begin(self, frame: Frame) -> None:
        context = self._stream.codec_context
        context.height, context.width = frame.shape[:2]
        suffix, clear = self._path.suffix.lower(), frame.shape[2] == 4
        self._forms = ("rgba" if clear else "rgb24", PIXELS[suffix][clear])
        context.pix_fmt = self._forms[1]
        if clear and suffix == ".webm":
            # Frames that are not shown cannot carry opacity.
            self._stream.options = {**self._stream.options, "auto-alt-ref": "0"}
        context.color_primaries = context.color_trc = context.colorspace = BT709
        if frame.shape[0] * frame.shape[1] < 1 << 16:
            context.thread_count = 1  # more would only wait for each other

    def _converted(self, frame: Frame) -> av.VideoFrame:
        import av
        from av.video.reformatter import Colorspace

        given, encoded = self._forms
        pixels = av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(frame), format=given)
        return self._reformatter.reformat(
            pixels, format=encoded, dst_colorspace=Colorspace.ITU709, threads=1
        )


class GifWriter(VideoWriter):
    """A GIF whose colours are chosen anew when they no longer fit; its session is a comment."""

    def __init__(self, path: Path, fps: int, session: str) -> None:
        if fps > GIF_FASTEST:
            raise ValueError(f"a GIF shows at most {GIF_FASTEST} frames a second, got {fps}")
        super().__init__(path, fps, session, {})
        self._session = session
        self._colours: Image.Image | None = None
        self._table = np.zeros((256, 3), np.uint8)
        self._worst = 0.0

    def close(self) -> None:
        """Finish the file."""
        was_open = self._open
        super().close()
        if was_open and self._count and self._session:
            _append_comment(self._path, f"{SESSION_KEY}\n{self._session}".encode())

    def _begin(self, frame: Frame) -> None:
        context = self._stream.codec_context
        context.height, context.width = frame.shape[:2]
        context.pix_fmt = "pal8"

    def _converted(self, frame: Frame) -> av.VideoFrame:
        import av

        image = Image.fromarray(frame)
        indices, error = self._indexed(image, frame)
        if error > self._worst:
            self._colours = image.quantize(256, Image.Quantize.MEDIANCUT)
            colours = bytes(self._colours.getpalette("RGB") or ())
            self._table = np.zeros((256, 3), np.uint8)
            self._table[: len(colours) // 3] = np.frombuffer(colours, np.uint8).reshape(-1, 3)
            indices, error = self._indexed(image, frame)
            self._worst = 1.5 * error + 1
        palette = np.full((256, 4), 255, np.uint8)
        palette[:, 1:] = self._table  # alpha, red, green, blue
        pair: Any = (indices, palette)  # as PyAV documents, though its types do not
        return av.VideoFrame.from_ndarray(pair, format="pal8")

    def _indexed(self, image: Image.Image, frame: Frame) -> tuple[NDArray[np.uint8], float]:
        """Return the frame in the colours chosen last, and its mean error in levels of 255."""
        if self._colours is None:
            return np.zeros(frame.shape[:2], np.uint8), float("inf")
        indices = np.asarray(image.quantize(palette=self._colours, dither=Image.Dither.NONE))
        off = self._table[indices[::2, ::2]].astype(np.int16) - frame[::2, ::2]
        return indices, float(np.abs(off).mean())


NUMBERED = "{:05d}.png"
"""Names of the pictures of a film in a folder."""


def is_numbered(path: Path) -> bool:
    """Return whether a file has the name of a numbered picture of a film."""
    return (
        path.stem.isascii() and path.stem.isdigit() and path.name == NUMBERED.format(int(path.stem))
    )


class PictureWriter:
    """Frames as PNG pictures in a folder of their own, numbered, each with the session."""

    def __init__(self, folder: Path, session: str) -> None:
        folder.mkdir()
        self._folder = folder
        self._session = session
        self.bytes_written = 0
        self._count = 0

    def add(self, frame: Frame, at: int | None = None) -> None:
        """Write one frame."""
        path = self._folder / NUMBERED.format(self._count)
        write_png(path, frame, self._session)
        self.bytes_written += path.stat().st_size
        self._count += 1

    def close(self) -> None:
        """Do nothing: every picture is complete already."""


class StillWriter:
    """One PNG picture: the last frame that is added."""

    def __init__(self, path: Path, session: str) -> None:
        self._path = path
        self._session = session

    def add(self, frame: Frame, at: int | None = None) -> None:
        """Write one frame."""
        write_png(self._path, frame, self._session)

    def close(self) -> None:
        """Do nothing: the picture is complete already."""


def write_png(path: Path, pixels: Frame, session: str) -> None:
    """Write a picture, [height, width, 3 or 4] uint8, all at once, with its session as text.

    Raises:
        OSError: it cannot be written; then nothing is left.
    """
    chunks = PngInfo()
    if session:
        chunks.add_itxt(SESSION_KEY, session, zip=True)
    with replacing(path) as file:
        Image.fromarray(pixels).save(file, format="PNG", pnginfo=chunks)


def repacked(path: Path, to: Path) -> None:
    """Rewrite a film of fragments as one that begins with its table of contents; encode nothing.

    What does not fit on the disk may be missing from it: count its frames.

    Raises:
        OSError: it cannot be written.
    """
    import av

    options = {"movflags": "faststart+use_metadata_tags"}
    # FFmpeg reads what it has written by the name of the file, which is no address.
    target_name = f"file:{to}"
    kind = path.suffix.lower().removeprefix(".")
    with (
        _errors_of_files(),
        path.open("rb") as file,
        av.open(file, "r", format=kind) as source,
        av.open(target_name, "w", format=kind, options=options) as target,
    ):
        session = source.metadata.get(SESSION_KEY)
        if session:
            target.metadata[SESSION_KEY] = session
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)


def cut_to_fragments(path: Path) -> None:
    """Cut off a film of fragments what follows the last whole one."""
    whole, at, size = 0, 0, path.stat().st_size
    with path.open("r+b") as file:
        while at + 8 <= size:
            file.seek(at)
            length, kind = int.from_bytes(file.read(4), "big"), file.read(4)
            if length < 8:
                break
            at += length
            if at <= size and kind in (b"moov", b"mdat"):
                whole = at
        file.truncate(whole)


def count_frames(path: Path) -> int:
    """Count the frames of a complete film without decoding them; fewer where it breaks off."""
    import av

    count = 0
    with suppress(av.FFmpegError, OSError), _opened(path) as film:
        for packet in film.demux(video=0):
            count += packet.size > 0
    return count


def playable_frames(path: Path) -> int:
    """Count the frames that can be decoded of a film that may break off."""
    import av

    count = 0
    with suppress(av.FFmpegError, OSError, IndexError), _opened(path) as film:
        film.streams.video[0].codec_context.options = {"err_detect": "explode"}
        for _frame in film.decode(video=0):
            count += 1
    return count


@contextmanager
def _opened(path: Path) -> Iterator[av.container.InputContainer]:
    """Open a film for reading, as the format that its ending names."""
    import av

    kind = path.suffix.lower().removeprefix(".")
    with path.open("rb") as file, av.open(file, "r", format=kind) as film:
        yield film


def _append_comment(path: Path, text: bytes) -> None:
    """Put a comment before the end of a complete GIF.

    Raises:
        OSError: the GIF is not complete, or there is no room for the comment.
    """
    blocks = [text[at : at + 255] for at in range(0, len(text), 255)]
    comment = b"\x21\xfe" + b"".join(bytes([len(one)]) + one for one in blocks) + b"\0"
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b";":
            raise OSError(EIO, "the GIF has no end")
        file.seek(-1, os.SEEK_END)
        file.write(comment + b";")
