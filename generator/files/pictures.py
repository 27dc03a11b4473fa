"""Pictures decoded from files of anybody's: no format that starts programs, errors in one line."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import numpy as np
from PIL import Image, ImageCms, ImageOps

_FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")
"""Formats that Pillow tries, whatever a file is called: some of the others start programs."""
COLOURS = 3
"""Channels of pictures of which nothing else is said."""
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
"""Pillow's modes for grey, colours, and colours with opacity."""


@dataclass(frozen=True)
class Decoded:
    """A picture as the trainer sees it, and what it was before."""

    image: Image.Image
    """Upright as its camera noted it; RGB or grey on white where it is transparent, or RGBA."""
    mode: str = "RGB"
    """Pillow's mode of the file; RGBA where it is transparent."""
    had_profile: bool = False
    """True if its colours were converted from another profile than sRGB."""


def decode(file: IO[bytes], called: str, channels: int = COLOURS) -> Decoded:
    """Decode a picture, and say what it was before.

    Args:
        file: Holds it.
        called: What an error calls it.
        channels: 1 for grey, 3 for colours, 4 for colours and opacity.

    Raises:
        ValueError: It cannot be read, or is too large; the message names it.
    """
    with opened_picture(file, called) as picture:
        mode = "RGBA" if picture.mode == "RGB" and picture.has_transparency_data else picture.mode
        image, had_profile = _in_srgb(eight_bit(ImageOps.exif_transpose(picture)))
        return Decoded(with_channels(image, channels), mode, had_profile)


@contextmanager
def opened_picture(
    file: IO[bytes], called: str, passed_on: tuple[type[Exception], ...] = ()
) -> Iterator[Image.Image]:
    """Open a picture for the time of a `with` block.

    Args:
        file: Holds it.
        called: What an error calls it.
        passed_on: Errors that are the caller's to handle.

    Raises:
        ValueError: It is no picture, or too large.
    """
    try:
        with Image.open(file, formats=_FORMATS) as picture:
            yield picture
    except passed_on:
        raise
    except Image.DecompressionBombError as error:
        pixels = re.search(r"\((\d+) pixels\)", str(error))
        has = f"{int(pixels[1]) / 1e6:.0f} megapixels" if pixels else "too many pixels"
        most = 2 * (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000
        raise ValueError(f"{called} has {has}, at most {most} are read; shrink it") from None
    # A torn or foreign file surfaces as whatever its decoder stumbled on.
    except Exception:  # noqa: BLE001
        raise ValueError(f"{called} is not a whole picture; remove or replace it") from None


def eight_bit(picture: Image.Image) -> Image.Image:
    """Scale a grey picture of 16 bits to 8; Pillow's conversion would clip it to white."""
    if not picture.mode.startswith("I"):
        return picture
    return Image.fromarray(np.round(np.asarray(picture) / 257).astype(np.uint8))


def with_channels(picture: Image.Image, channels: int) -> Image.Image:
    """Convert to grey, RGB or RGBA.

    What is transparent shows white, not whatever colour lies beneath; with opacity it is black
    beneath, so that a network need not learn what nobody sees.
    """
    if channels != 4:
        return _flat(picture).convert(MODES[channels])
    clear = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    picture = picture.convert("RGBA")
    return Image.composite(picture, clear, picture.getchannel("A").point(lambda a: 255 * (a > 0)))


def _flat(picture: Image.Image) -> Image.Image:
    """Convert to RGB on white."""
    if not picture.has_transparency_data:
        return picture if picture.mode == "L" else picture.convert("RGB")
    sheet = Image.new("RGBA", picture.size, "white")
    sheet.alpha_composite(picture.convert("RGBA"))
    return sheet.convert("RGB")


def _in_srgb(picture: Image.Image) -> tuple[Image.Image, bool]:
    """Convert a picture with a colour profile to sRGB; returns whether that was needed.

    A profile that cannot be read, or that is for another kind of picture, is passed over.
    """
    stored = picture.info.get("icc_profile")
    if not stored:
        return picture, False
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(stored))
        space = profile.profile.xcolor_space.strip()
        if space not in _PROFILE_MODES or "sRGB" in ImageCms.getProfileDescription(profile):
            return picture, False
        alpha = None
        if picture.has_transparency_data:
            picture = picture.convert("RGBA")
            alpha = picture.getchannel("A")
        if not (space == "CMYK" and picture.mode != "CMYK"):
            colours = picture.convert(_PROFILE_MODES[space])
            srgb = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(colours, profile, srgb, outputMode="RGB")
            if converted is not None:
                if alpha is not None:
                    converted.putalpha(alpha)
                return converted, True
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        pass
    return picture, False


_PROFILE_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
"""Modes of Pillow for the colour spaces of profiles."""
