"""Previews in few bytes."""

from __future__ import annotations

import pytest
from PIL import Image
from rich.color import ColorSystem

from sdxl_tui.tui.link import Link
from sdxl_tui.tui.painting.painter import Painter
from sdxl_tui.tui.widgets.coarse import coarse
from tests.tui.emulated import Emulator


def noise() -> Image.Image:
    """A preview in which no two pixels are alike."""
    return Image.frombytes("RGB", (128, 128), bytes(value * 7 % 251 for value in range(128 * 128 * 3)))


def sent(most: int) -> tuple[int, int]:
    """Bytes of a preview as it is painted, and the columns it has."""
    strips = coarse(noise(), 59, 30, most)
    terminal = Emulator(80, 40)
    painter = Painter(terminal, Link(), ColorSystem.TRUECOLOR, lambda seconds, call: None)
    painter.begin(80, 40)
    painter.take_whole((y, 0, list(strip)) for y, strip in enumerate(strips))
    while painter.is_behind:
        painter.pump()
    return terminal.bytes, strips[0].cell_length


@pytest.mark.parametrize("most", [30_000, 20_000, 10_000, 5_000, 4_000])
def test_a_preview_keeps_to_its_bytes(most: int) -> None:
    count, columns = sent(most)
    assert count <= 1.05 * most
    assert columns >= 14


def test_the_place_is_kept_while_there_is_room() -> None:
    assert sent(1 << 30)[1] == sent(20_000)[1] == 59
