"""Micro pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from sdxl_tui.core.swatches import HEIGHT, WIDTH, read_swatch, swatch_of


@pytest.mark.parametrize("size", [(64, 64), (1024, 300), (1, 1), (7, 4)])
@pytest.mark.parametrize("kind", ["RGB", "RGBA", "L"])
def test_a_swatch_has_the_colour_of_its_picture(size: tuple[int, int], kind: str) -> None:
    image = Image.new("RGB", size, (250, 10, 120)).convert(kind)
    swatch = swatch_of(image)
    assert len(swatch) == WIDTH * HEIGHT * 3
    assert swatch == bytes(image.convert("RGB").getpixel((0, 0))) * (WIDTH * HEIGHT)


def test_its_rows_go_from_the_top(tmp_path: Path) -> None:
    image = Image.new("RGB", (70, 40), (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, 70, 20))
    image.save(tmp_path / "a.png")
    swatch = read_swatch(tmp_path / "a.png")
    assert swatch is not None
    assert swatch[:3] == b"\xff\0\0"
    assert swatch[-3:] == b"\0\0\xff"


@pytest.mark.parametrize("content", [None, b"", b"no picture", b"\x89PNG\r\n\x1a\n cut"])
def test_what_is_no_picture_has_none(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "a.png").write_bytes(content)
    assert read_swatch(tmp_path / "a.png") is None
