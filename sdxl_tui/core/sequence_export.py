"""A sequence of frames as one file that plays anywhere: GIF, animated WebP or MP4."""

from __future__ import annotations

import errno
import itertools
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdxl_tui.core.animation import play_order
from sdxl_tui.core.disk import refused, sync_file, sync_folder
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.pictures import linked, temporary_file
from sdxl_tui.core.text import one_line

if TYPE_CHECKING:
    from PIL import Image

SLOWEST, FASTEST, FASTEST_GIF = 0.1, 60, 50
DEFAULT_FPS = 8.0
PALETTE_FRAMES = 64
"""At most so many frames, small, decide the 256 colours of a GIF: one palette for all, or it would flicker."""
PALETTE_SIDE = 96

_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EROFS, errno.EIO)
_FRAME_NUMBER = re.compile(r"_frame_\d+$")
_BT709 = 1
"""Its number for matrix, primaries and transfer alike (ITU-T H.273): what players take video of this size for."""


@dataclass(frozen=True)
class Format:
    """One row."""

    name: str
    description: str
    can_loop: bool


FORMATS: dict[str, Format] = {
    "gif": Format("GIF", "256 colours, plays everywhere", can_loop=True),
    "webp": Format("WebP", "all colours, in browsers", can_loop=True),
    "mp4": Format("MP4", "H.264 video: small; the player loops it", can_loop=False),
}
"""By the ending of the file."""


def export_path(first_frame: Path, ending: str) -> Path:
    """Return where the export of a sequence goes by itself: beside its frames, ``…_frames.gif``."""
    return first_frame.with_name(f"{_FRAME_NUMBER.sub('', first_frame.stem)}_frames.{ending}")


def export_sequence(
    frames: Sequence[Path],
    target: Path,
    *,
    fps: float = DEFAULT_FPS,
    loop: bool = True,
    ping_pong: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Path:
    """Write the frames, once through, as the format that ``target`` ends in; return where the file lies.

    It appears whole or not at all and never over another one: a taken name counts up. ``progress`` is told the frames
    written and how many there are; what it raises stops the export and leaves nothing behind. In a format that can
    loop, ``loop`` is written into the file. Raises UserError when a frame, the place or ``fps`` does not do.
    """
    ending = target.suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        known = ", ".join(f".{ending}" for ending in FORMATS)
        raise UserError(f"{one_line(target.name)} has no ending that says how to export it: {known}.")
    fastest = FASTEST_GIF if ending == "gif" else FASTEST
    if not math.isfinite(fps) or not SLOWEST <= fps <= fastest:
        raise UserError(f"{FORMATS[ending].name} shows from {SLOWEST} to {fastest} frames a second.")
    if not frames:
        raise UserError("There are no frames to export.")
    order = play_order(len(frames), ping_pong=ping_pong, loop=loop)
    shown = _Counted(frames, order, progress)
    temporary = temporary_file(target.parent, ending)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            _WRITERS[ending](temporary, shown, fps, loop)
            sync_file(temporary)
            path = _published(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(target.parent)
    except OSError as error:
        raise refused("The sequence is not exported", target.parent, error) from error
    return path


class _Counted:
    """The frames in the order they are shown, read one at a time, each reported when the next one is asked for."""

    def __init__(self, paths: Sequence[Path], order: Sequence[int], progress: Callable[[int, int], None]) -> None:
        self._paths, self._order, self._progress = paths, order, progress
        self.size = self._read(paths[0]).size

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[Image.Image]:
        for done, index in enumerate(self._order):
            self._progress(done, len(self._order))
            yield self._read(self._paths[index])
        self._progress(len(self._order), len(self._order))

    def sample(self, count: int) -> Iterator[Image.Image]:
        """At most ``count`` of the frames, evenly spread."""
        step = max(1, math.ceil(len(self._paths) / count))
        return map(self._read, self._paths[::step])

    def _read(self, path: Path) -> Image.Image:
        from PIL import Image

        try:
            with Image.open(path) as frame:
                image = frame.convert("RGB")
        except (OSError, SyntaxError, ValueError) as error:
            raise UserError(f"The frame {one_line(path.name)} is missing or damaged: nothing is exported.") from error
        size = getattr(self, "size", image.size)
        if image.size != size:
            raise UserError(
                f"The frame {one_line(path.name)} is {image.width}×{image.height} and the first one "
                f"{size[0]}×{size[1]}: the frames of a sequence have one size."
            )
        return image


def _write_gif(file: Path, frames: _Counted, fps: float, loop: bool) -> None:
    palette = _shared_palette(frames)
    images = (image.quantize(palette=palette) for image in frames)
    # A GIF counts in hundredths of a second: each frame ends where it should, rounded, so that nothing adds up.
    ends = [round(100 * number / fps) for number in range(len(frames) + 1)]
    milliseconds = [10 * (end - start) for start, end in itertools.pairwise(ends)]
    options = {"loop": 0} if loop else {}
    next(images).save(file, "GIF", save_all=True, append_images=images, duration=milliseconds, **options)


def _shared_palette(frames: _Counted) -> Image.Image:
    from PIL import Image

    small = []
    for image in frames.sample(PALETTE_FRAMES):
        image.thumbnail((PALETTE_SIDE, PALETTE_SIDE))
        small.append(image)
    sheet = Image.new("RGB", (small[0].width, sum(image.height for image in small)))
    for number, image in enumerate(small):
        sheet.paste(image, (0, number * small[0].height))
    return sheet.quantize(256, Image.Quantize.MEDIANCUT)


def _write_webp(file: Path, frames: _Counted, fps: float, loop: bool) -> None:
    container = {"loop": "0" if loop else "1"}
    _encode(file, frames, fps, "webp", container, "libwebp_anim", {"quality": "90"}, "bgra")


def _write_mp4(file: Path, frames: _Counted, fps: float, loop: bool) -> None:
    container = {"movflags": "+faststart"}
    _encode(file, frames, fps, "mp4", container, "libx264", {"crf": "16"}, "yuv420p")


def _encode(
    file: Path,
    frames: _Counted,
    fps: float,
    container_format: str,
    container_options: dict[str, str],
    codec: str,
    codec_options: dict[str, str],
    pixels: str,
) -> None:
    import av

    rate = Fraction(fps).limit_denominator(1000)
    try:
        with av.open(str(file), "w", format=container_format, options=container_options) as container:
            stream: Any = container.add_stream(codec, rate=rate, options=codec_options)
            stream.width, stream.height, stream.pix_fmt = *frames.size, pixels
            if pixels == "yuv420p":
                context = stream.codec_context
                context.colorspace = context.color_primaries = context.color_trc = _BT709
            for number, image in enumerate(frames):
                frame = av.VideoFrame.from_image(image).reformat(format=pixels, dst_colorspace="ITU709")
                frame.pts, frame.time_base = number, 1 / rate
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
    except (av.FFmpegError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in _DISK:
            raise OSError(error.errno, error.strerror) from error
        name = FORMATS[container_format].name
        raise UserError(f"{name} cannot be written here ({one_line(str(error))}): try another format.") from error


def _published(temporary: Path, target: Path) -> Path:
    for attempt in itertools.count(1):
        path = target if attempt == 1 else target.with_name(f"{target.stem}-{attempt}{target.suffix}")
        if linked(temporary, path):
            return path
    raise AssertionError("unreachable: the attempts never end")


_WRITERS: dict[str, Callable[[Path, _Counted, float, bool], None]] = {
    "gif": _write_gif,
    "webp": _write_webp,
    "mp4": _write_mp4,
}
