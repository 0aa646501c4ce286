"""A picture's file is a PNG that others read back, the same bytes however many threads made it."""

from __future__ import annotations

import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy
import pytest
from PIL import Image

from sdxl_tui.core import png
from sdxl_tui.core.png import Encoding


def noise(width: int, height: int) -> numpy.ndarray:
    return numpy.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=numpy.uint8)


def photograph(width: int, height: int) -> numpy.ndarray:
    """Soft shapes of many sizes with the grain that a VAE leaves."""
    rng = numpy.random.default_rng(7)
    picture = numpy.zeros((height, width, 3))
    for cells in (4, 16, 64, 256):
        small = rng.uniform(0, 255, (cells, cells, 3)).astype(numpy.uint8)
        picture += numpy.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)) / cells
    picture += rng.normal(0, 1.5, picture.shape)
    return numpy.clip(picture * 255 / picture.max(), 0, 255).astype(numpy.uint8)


def chunks(file: bytes) -> list[tuple[bytes, bytes]]:
    """Type and data of every chunk, its checksum found right."""
    found, at = [], len(png.SIGNATURE)
    while at < len(file):
        [length] = struct.unpack_from(">I", file, at)
        kind, data = file[at + 4 : at + 8], file[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", file, at + 8 + length)[0] == zlib.crc32(kind + data)
        found.append((kind, data))
        at += 12 + length
    return found


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (3000, 1), (7, 5), (64, 64), (333, 1025), (1344, 768), (4096, 64)])
@pytest.mark.parametrize("kind", [noise, photograph])
def test_pillow_reads_back_the_very_pixels(kind, size: tuple[int, int]) -> None:
    pixels = kind(*size)
    with Image.open(io.BytesIO(Encoding(pixels).file([]))) as picture:
        assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", size)
        assert numpy.array_equal(numpy.asarray(picture), pixels)


def test_every_filter_is_used_and_read_back() -> None:
    pixels = photograph(90, 90)
    pixels[:30] = noise(1, 30)
    pixels[30:60] = noise(90, 1)
    file = Encoding(pixels).file([])
    rows = zlib.decompress(b"".join(data for kind, data in chunks(file) if kind == b"IDAT"))
    assert set(rows[:: 1 + 90 * 3]) == {1, 2, 3}
    assert numpy.array_equal(numpy.asarray(Image.open(io.BytesIO(file))), pixels)


def test_it_is_one_whole_stream_with_the_texts_before_it() -> None:
    file = Encoding(photograph(512, 700)).file([(b"tEXt", b"a\0b"), (b"iTXt", b"c\0\0\0\0\0d")])
    found = chunks(file)
    kinds = [kind for kind, _ in found]
    assert kinds[:3] == [b"IHDR", b"tEXt", b"iTXt"]
    assert kinds[-1] == b"IEND"
    assert set(kinds[3:-1]) == {b"IDAT"}
    stream = zlib.decompressobj()
    rows = stream.decompress(b"".join(data for kind, data in found if kind == b"IDAT"))
    assert len(rows) == 700 * (1 + 512 * 3)
    assert stream.eof
    assert not stream.unused_data


def test_many_threads_make_the_same_bytes_as_one() -> None:
    pixels = photograph(1024, 1024)
    with ThreadPoolExecutor(8) as pool:
        apart, alone = Encoding(pixels, pool.submit), Encoding(pixels)
        assert apart.file([]) == alone.file([])
        assert apart.pixels_sha256 == alone.pixels_sha256


@pytest.mark.parametrize("kind", [noise, photograph])
def test_a_file_is_hardly_larger_than_pillows_quickest(kind) -> None:
    pixels, quickest = kind(1024, 768), io.BytesIO()
    Image.fromarray(pixels).save(quickest, "PNG", compress_level=1)
    assert len(Encoding(pixels).file([])) < 1.05 * len(quickest.getvalue())


def test_what_lies_apart_in_memory_is_the_same_picture() -> None:
    pixels = photograph(64, 48)
    turned = numpy.ascontiguousarray(pixels[::-1])[::-1]
    assert Encoding(turned).file([]) == Encoding(pixels).file([])
    assert Encoding(turned).pixels_sha256 == Encoding(pixels).pixels_sha256
