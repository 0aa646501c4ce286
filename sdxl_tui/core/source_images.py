"""The pictures a job starts from: read from any file a user may name, or refused in one sentence."""

from __future__ import annotations

import hashlib
import io
import math
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.modes import INPAINT, starts_from_a_picture
from sdxl_tui.core.text import one_line
from sdxl_tui.core.words import shown_size

if TYPE_CHECKING:  # Pillow waits until there is a picture: the screen is painted before
    from PIL import Image, ImageFile

    from sdxl_tui.core.request import GenerationRequest

FORMATS = ("PNG", "JPEG", "MPO", "WEBP")
"""MPO is what phones write: a JPEG with further pictures behind it."""
SMALLEST_SIDE = 64
MOST_BYTES = 512 * 2**20
WHITE = 128
"""From here on a value of a mask counts as white."""

_SHAPE_TOLERANCE = 0.02
"""How far the aspects of a mask and its picture may be apart: a scaled copy is rounded to whole pixels."""


@dataclass(frozen=True)
class SourceImage:
    """A picture that was read whole."""

    image: Image.Image
    """Upright; an init image is RGB, a mask L with nothing but 0 and 255."""
    sha256: str
    """Of the file's bytes."""


def read_init(path: Path) -> SourceImage:
    """Return an init image; raise UserError in one sentence when it cannot be one.

    It is turned as its EXIF says. Transparent parts show white, as in A1111; 16 bits become 8; of several pictures in
    one file the first is taken.
    """
    image, digest = _read(path)
    if min(image.size) < SMALLEST_SIDE:
        raise UserError(
            f"{_name(path)} is {image.width}×{image.height} pixels: an init image has {SMALLEST_SIDE} or more on each "
            "side."
        )
    return SourceImage(_flat(image, "white").convert("RGB"), digest)


def read_mask(path: Path, init: SourceImage, init_path: Path) -> SourceImage:
    """Return the mask of an init image: 255 is repainted; raise UserError in one sentence when it cannot be one.

    It has the init image's shape, in any scale. Transparent parts are black.
    """
    image, digest = _read(path)
    shape = math.log(image.width / image.height) - math.log(init.image.width / init.image.height)
    if abs(shape) > _SHAPE_TOLERANCE:
        raise UserError(
            f"{_name(path)} is {image.width}×{image.height} and {_name(init_path)} {init.image.width}×"
            f"{init.image.height}: a mask has its picture's shape."
        )
    mask = _flat(image, "black").convert("L").point(lambda value: 255 if value >= WHITE else 0)
    if mask.getbbox() is None:
        raise UserError(f"{_name(path)} has no white: paint white what is to be repainted.")
    return SourceImage(mask, digest)


def check_sources(request: GenerationRequest) -> None:
    """Raise UserError when a file that a request starts from cannot be used."""
    if starts_from_a_picture(request.mode):
        assert request.init_image is not None, "a request with such a mode has one"
        init = read_init(request.init_image)
        if request.mode == INPAINT:
            assert request.mask_image is not None, "a request with such a mode has one"
            read_mask(request.mask_image, init, request.init_image)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes; raise UserError when it is not there or cannot be read."""
    return hashlib.sha256(_bytes(path)).hexdigest()


def fitted(image: Image.Image, width: int, height: int) -> Image.Image:
    """Return a picture or a mask in another size: scaled to cover it, and what sticks out cropped evenly.

    A picture that has the size is not resampled. In a mask every pixel that white touches is white.
    """
    from PIL import Image, ImageOps

    if image.mode != "L":
        return ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)
    touched = ImageOps.fit(image, (width, height), Image.Resampling.BOX)
    return touched.point(lambda value: 255 if value else 0)


def _read(path: Path) -> tuple[Image.Image, str]:
    from PIL import Image, UnidentifiedImageError

    data = _bytes(path)
    name = _name(path)
    try:
        image = Image.open(io.BytesIO(data))
        if image.format not in FORMATS:
            raise UserError(f"{name} is in the format {image.format}: save it as PNG, JPEG or WebP.")
        _load(image, name)
    except UnidentifiedImageError:
        if _is_cut_webp(data):
            raise UserError(f"{name} is cut short: copy it again.") from None
        raise UserError(f"{name} is not a picture that the lab can read: PNG, JPEG and WebP are.") from None
    except Image.DecompressionBombError:
        limit = 2 * (Image.MAX_IMAGE_PIXELS or 0) // 10**6
        raise UserError(f"{name} has more than {limit} million pixels: make it smaller first.") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        cut = "truncated" in str(error).lower() or _is_cut_webp(data)
        raise UserError(f"{name} is {'cut short' if cut else 'damaged'}: copy it again.") from error
    return _upright(image), hashlib.sha256(data).hexdigest()


def _load(image: ImageFile.ImageFile, name: str) -> None:
    """Decode all rows; when the file ends before, say after which one."""
    try:
        image.load()
    except OSError as error:
        if "truncated" not in str(error):
            raise
        image.tile = []  # what was decoded stays, and is not tried again
        box = image.getbbox()
        if box is None or image.info.get("progressive") or image.info.get("interlace"):
            raise
        raise UserError(f"{name} is cut short after row {box[3]} of {image.height}: copy it again.") from error


def _is_cut_webp(data: bytes) -> bool:
    is_webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    return is_webp and int.from_bytes(data[4:8], "little") + 8 > len(data)


def _bytes(path: Path) -> bytes:
    shown = one_line(str(path))
    try:
        state = path.stat()
        if stat.S_ISDIR(state.st_mode):
            raise UserError(f"{shown} is a folder: name one picture in it.")
        if not stat.S_ISREG(state.st_mode):
            raise UserError(f"{shown} is not a picture.")
        if state.st_size > MOST_BYTES:
            size = shown_size(state.st_size)
            raise UserError(f"{_name(path)} has {size}: {shown_size(MOST_BYTES)} are the most; make it smaller first.")
        return path.read_bytes()
    except PermissionError:
        raise UserError(f"{shown} may not be read: mend its rights.") from None
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"There is no file {shown}.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{shown} cannot be read: {reason}.") from error


def _upright(image: Image.Image) -> Image.Image:
    from PIL import ImageOps

    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # a damaged EXIF block, in whatever way: it says nothing then
        return image


def _flat(image: Image.Image, background: str) -> Image.Image:
    """An RGB or L picture of 8 bits, over ``background`` where it is transparent."""
    from PIL import Image

    if image.mode.startswith("I"):
        return image.point(lambda value: value * (1 / 257)).convert("L")
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image
    over = image.convert("RGBA")
    base = Image.new("RGBA", image.size, background)
    base.alpha_composite(over)
    return base.convert("RGB")


def _name(path: Path) -> str:
    return one_line(path.name)
