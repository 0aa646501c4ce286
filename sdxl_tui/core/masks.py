"""Masks: drawn from rectangles, kept as files, and widened into what is repainted and what is pasted."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sdxl_tui.core import paths
from sdxl_tui.core.disk import refused
from sdxl_tui.core.errors import UserError

if TYPE_CHECKING:
    from PIL import Image


class Rectangle(NamedTuple):
    """A part of a picture between two opposite corners, in pixels from its upper left one.

    Coordinates are of the lines between pixels: (0, 0, 2, 1) are the first two pixels of the first row.
    """

    left: int
    top: int
    right: int
    bottom: int


def draw_mask(size: tuple[int, int], rectangles: Iterable[Rectangle]) -> Image.Image:
    """Return a mask (mode L) of ``size`` that is white inside the rectangles; what sticks out of it is cut.

    Raises UserError when nothing of it is white.
    """
    from PIL import Image

    mask = Image.new("L", size, 0)
    for left, top, right, bottom in rectangles:
        mask.paste(255, (min(left, right), min(top, bottom), max(left, right), max(top, bottom)))
    if mask.getbbox() is None:
        raise UserError("Nothing is marked: draw a rectangle over what is to be repainted.")
    return mask


def store_mask(mask: Image.Image) -> Path:
    """Keep a drawn mask where a repeat of its job finds it, and return where: its name is its hash, equal ones are one.

    Raises UserError when the disk refuses.
    """
    buffer = io.BytesIO()
    mask.convert("1").save(buffer, "PNG")
    folder = paths.state_dir() / "masks"
    path = folder / f"{hashlib.sha256(buffer.getvalue()).hexdigest()[:16]}.png"
    if path.is_file():
        return path
    scratch = folder / f".{path.name}.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            scratch.write_bytes(buffer.getvalue())
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)
    except OSError as error:
        raise refused("The mask is not kept", folder, error) from error
    return path


def faded(mask: Image.Image, fade: int) -> Image.Image:
    """Return how much of the repainted picture each pixel shows (mode L, 255: all of it).

    What is white stays white, and falls off to nothing over ``fade`` pixels around it, farther out at corners.
    """
    from PIL import ImageFilter

    blur = fade // 2
    grown = _grown(mask, fade - blur)
    return grown.filter(ImageFilter.BoxBlur(blur)) if blur else grown


def cells(mask: Image.Image, fade: int, side: int) -> Image.Image:
    """Return the mask by latent cells of ``side`` pixels: a cell that white touches, or half of the fade, is white."""
    from PIL import Image

    small = (mask.width // side, mask.height // side)
    touched = _grown(mask, fade - fade // 2).resize(small, Image.Resampling.BOX)
    return touched.point(lambda value: 255 if value else 0).resize(mask.size, Image.Resampling.NEAREST)


def _grown(mask: Image.Image, pixels: int) -> Image.Image:
    """The mask with its white wider by ``pixels`` on every side, by ever longer shifts."""
    from PIL import ImageChops

    reach = 0
    while reach < pixels:
        step = min(2 * reach + 1, pixels - reach)
        for across, down in ((step, 0), (0, step)):
            box = (across, down, mask.width + across, mask.height + down)
            opposite = (-across, -down, mask.width - across, mask.height - down)
            mask = ImageChops.lighter(mask, ImageChops.lighter(mask.crop(box), mask.crop(opposite)))
        reach += step
    return mask
